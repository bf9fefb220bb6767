/* Included once per instruction set, with KERNEL(name) giving each copy its own names. All sums are exact integers, so
 * every copy gives the same bytes. */

/* Four bytes as four integers: one pixel and the first byte of the next. */
static inline i32x4 KERNEL(load)(const uint8_t *from) {
    u8x4 bytes;
    memcpy(&bytes, from, sizeof bytes);
    return __builtin_convertvector(bytes, i32x4);
}

static inline void KERNEL(store)(i32x4 sum, uint8_t *to) {
    const i32x4 value = __builtin_elementwise_min(__builtin_elementwise_max(sum >> precision, (i32x4)0), (i32x4)255);
    const u8x4 bytes = __builtin_convertvector(value, u8x4);
    memcpy(to, &bytes, sizeof bytes);
}

/* Four rows at once: the sums of one row alone would wait for each other. `from` points to column `first` of each.
 * Reads and writes one byte past the last pixel. */
static void KERNEL(columns)(
    const uint8_t *const from[4], const graft_image_axis *axis, size_t first, uint8_t *to, size_t to_stride) {
    for (size_t x = 0; x < axis->outputs; x++) {
        const size_t start = ((size_t)axis->starts[x] - first) * 3, count = (size_t)axis->counts[x];
        const int32_t *weights = axis->weights + x * axis->capacity;
        const uint8_t *a = from[0] + start, *b = from[1] + start, *c = from[2] + start, *d = from[3] + start;
        i32x4 sum_a = half, sum_b = half, sum_c = half, sum_d = half;
        for (size_t t = 0; t < count; t++) {
            const int32_t weight = weights[t];
            sum_a += KERNEL(load)(a + 3 * t) * weight;
            sum_b += KERNEL(load)(b + 3 * t) * weight;
            sum_c += KERNEL(load)(c + 3 * t) * weight;
            sum_d += KERNEL(load)(d + 3 * t) * weight;
        }
        KERNEL(store)(sum_a, to + 3 * x);
        KERNEL(store)(sum_b, to + to_stride + 3 * x);
        KERNEL(store)(sum_c, to + 2 * to_stride + 3 * x);
        KERNEL(store)(sum_d, to + 3 * to_stride + 3 * x);
    }
}

/* One output row from `count` input rows. Reads and writes whole blocks only within `size`. */
static void KERNEL(rows)(
    const uint8_t *from, size_t stride, const int32_t *weights, size_t count, size_t size, uint8_t *to) {
    size_t x = 0;
    for (; x + 32 <= size; x += 32) {
        i32x16 low = half, high = half;
        for (size_t t = 0; t < count; t++) {
            u8x16 bytes[2];
            memcpy(bytes, from + t * stride + x, sizeof bytes);
            low += __builtin_convertvector(bytes[0], i32x16) * weights[t];
            high += __builtin_convertvector(bytes[1], i32x16) * weights[t];
        }
        low = __builtin_elementwise_min(__builtin_elementwise_max(low >> precision, (i32x16)0), (i32x16)255);
        high = __builtin_elementwise_min(__builtin_elementwise_max(high >> precision, (i32x16)0), (i32x16)255);
        const u8x16 bytes[2] = {__builtin_convertvector(low, u8x16), __builtin_convertvector(high, u8x16)};
        memcpy(to + x, bytes, sizeof bytes);
    }
    for (; x < size; x++) {
        int32_t sum = half;
        for (size_t t = 0; t < count; t++) sum += from[t * stride + x] * weights[t];
        sum >>= precision;
        to[x] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
    }
}
