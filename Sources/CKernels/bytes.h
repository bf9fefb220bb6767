// Vectors of 8-bit and 32-bit integers and the few operations that byte kernels are written in. Included by bytes_*.c once,
// inside the target attribute; whatever needs an instruction of its own is chosen here by GB_SET_*.
#define GB_INLINE static inline __attribute__((always_inline))
#define GB_KERNEL static __attribute__((noinline))
#define GB_UNROLL _Pragma("clang loop unroll(full)")
#define GB_ROLLED _Pragma("clang loop unroll(disable)")
// A product and a sum are rounded one after the other, whether or not the processor could do both at once.
#pragma clang fp contract(off)

#define GB_BYTES (4 * GB_LANES)
#if GB_LANES == 16 || defined(__aarch64__)
#define GB_PEAK_SUMS 16
#else
#define GB_PEAK_SUMS 10
#endif
typedef int32_t gb_i __attribute__((vector_size(GB_BYTES)));
typedef int32_t gb_unaligned_i __attribute__((vector_size(GB_BYTES), aligned(1)));
typedef float gb_f __attribute__((vector_size(GB_BYTES)));
typedef float gb_unaligned_f __attribute__((vector_size(GB_BYTES), aligned(1)));
typedef uint8_t gb_narrow __attribute__((vector_size(GB_LANES)));
typedef uint8_t gb_bytes __attribute__((vector_size(GB_BYTES)));
typedef uint8_t gb_unaligned_bytes __attribute__((vector_size(GB_BYTES), aligned(1)));
typedef uint8_t gb_unaligned_narrow __attribute__((vector_size(GB_LANES), aligned(1)));

GB_INLINE gb_i load_bytes(const void *p) { return *(const gb_unaligned_i *)p; }
GB_INLINE gb_f load_floats(const float *p) { return *(const gb_unaligned_f *)p; }
GB_INLINE void store_floats(float *p, gb_f v) { *(gb_unaligned_f *)p = v; }
// One byte a lane.
GB_INLINE gb_i widen(const uint8_t *p) { return __builtin_convertvector(*(const gb_unaligned_narrow *)p, gb_i); }
// Four bytes in every lane.
GB_INLINE gb_i splat_four(const uint8_t *p) {
    int32_t four;
    __builtin_memcpy(&four, p, 4);
    return four - (gb_i){0};
}
GB_INLINE gb_f to_floats(gb_i v) { return __builtin_convertvector(v, gb_f); }

#if defined(GB_SET_AVX512)
#define GB_WIDE(v) ((__m512i)(v))
GB_INLINE gb_i dot(gb_i sum, gb_i a, gb_i b) { return (gb_i)_mm512_dpbusd_epi32(GB_WIDE(sum), GB_WIDE(a), GB_WIDE(b)); }
#define GB_PAIRS
// Not the intrinsic, of which clang makes a product and a sum.
GB_INLINE gb_i dot_pairs(gb_i sum, gb_i a, gb_i b) {
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    return sum;
}
GB_INLINE gb_i rounded(gb_f v) { return (gb_i)_mm512_cvtps_epi32((__m512)v); }
GB_INLINE gb_i low_bytes(gb_i a, gb_i b) { return (gb_i)_mm512_unpacklo_epi8(GB_WIDE(a), GB_WIDE(b)); }
GB_INLINE gb_i high_bytes(gb_i a, gb_i b) { return (gb_i)_mm512_unpackhi_epi8(GB_WIDE(a), GB_WIDE(b)); }
GB_INLINE gb_i low_pairs(gb_i a, gb_i b) { return (gb_i)_mm512_unpacklo_epi16(GB_WIDE(a), GB_WIDE(b)); }
GB_INLINE gb_i high_pairs(gb_i a, gb_i b) { return (gb_i)_mm512_unpackhi_epi16(GB_WIDE(a), GB_WIDE(b)); }
#elif defined(GB_SET_AVX2)
#define GB_WIDE(v) ((__m256i)(v))
#define GB_PAIRS
#if defined(GB_VNNI)
GB_INLINE gb_i dot_pairs(gb_i sum, gb_i a, gb_i b) {
    __asm__("%{vex%} vpdpwssd %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
    return sum;
}
GB_INLINE gb_i dot(gb_i sum, gb_i a, gb_i b) {
    return (gb_i)_mm256_dpbusd_avx_epi32(GB_WIDE(sum), GB_WIDE(a), GB_WIDE(b));
}
#else
GB_INLINE gb_i dot_pairs(gb_i sum, gb_i a, gb_i b) {
    return (gb_i)_mm256_add_epi32(GB_WIDE(sum), _mm256_madd_epi16(GB_WIDE(a), GB_WIDE(b)));
}
// vpmaddubsw would saturate: even and odd bytes are multiplied as 16 bits.
GB_INLINE gb_i dot(gb_i sum, gb_i a, gb_i b) {
    const __m256i even = _mm256_madd_epi16(
        _mm256_and_si256(GB_WIDE(a), _mm256_set1_epi16(255)), _mm256_srai_epi16(_mm256_slli_epi16(GB_WIDE(b), 8), 8));
    const __m256i odd = _mm256_madd_epi16(_mm256_srli_epi16(GB_WIDE(a), 8), _mm256_srai_epi16(GB_WIDE(b), 8));
    return sum + (gb_i)even + (gb_i)odd;
}
#endif
GB_INLINE gb_i rounded(gb_f v) { return (gb_i)_mm256_cvtps_epi32((__m256)v); }
GB_INLINE gb_i low_bytes(gb_i a, gb_i b) { return (gb_i)_mm256_unpacklo_epi8(GB_WIDE(a), GB_WIDE(b)); }
GB_INLINE gb_i high_bytes(gb_i a, gb_i b) { return (gb_i)_mm256_unpackhi_epi8(GB_WIDE(a), GB_WIDE(b)); }
GB_INLINE gb_i low_pairs(gb_i a, gb_i b) { return (gb_i)_mm256_unpacklo_epi16(GB_WIDE(a), GB_WIDE(b)); }
GB_INLINE gb_i high_pairs(gb_i a, gb_i b) { return (gb_i)_mm256_unpackhi_epi16(GB_WIDE(a), GB_WIDE(b)); }
#elif defined(__x86_64__)
#define GB_WIDE(v) ((__m128i)(v))
#define GB_PAIRS
GB_INLINE gb_i dot_pairs(gb_i sum, gb_i a, gb_i b) {
    return (gb_i)_mm_add_epi32(GB_WIDE(sum), _mm_madd_epi16(GB_WIDE(a), GB_WIDE(b)));
}
GB_INLINE gb_i dot(gb_i sum, gb_i a, gb_i b) {
    const __m128i even = _mm_madd_epi16(
        _mm_and_si128(GB_WIDE(a), _mm_set1_epi16(255)), _mm_srai_epi16(_mm_slli_epi16(GB_WIDE(b), 8), 8));
    const __m128i odd = _mm_madd_epi16(_mm_srli_epi16(GB_WIDE(a), 8), _mm_srai_epi16(GB_WIDE(b), 8));
    return sum + (gb_i)even + (gb_i)odd;
}
GB_INLINE gb_i rounded(gb_f v) { return (gb_i)_mm_cvtps_epi32((__m128)v); }
GB_INLINE gb_i low_bytes(gb_i a, gb_i b) { return (gb_i)_mm_unpacklo_epi8(GB_WIDE(a), GB_WIDE(b)); }
GB_INLINE gb_i high_bytes(gb_i a, gb_i b) { return (gb_i)_mm_unpackhi_epi8(GB_WIDE(a), GB_WIDE(b)); }
GB_INLINE gb_i low_pairs(gb_i a, gb_i b) { return (gb_i)_mm_unpacklo_epi16(GB_WIDE(a), GB_WIDE(b)); }
GB_INLINE gb_i high_pairs(gb_i a, gb_i b) { return (gb_i)_mm_unpackhi_epi16(GB_WIDE(a), GB_WIDE(b)); }
#else
typedef uint8_t gb_u8 __attribute__((vector_size(16)));
typedef int8_t gb_s8 __attribute__((vector_size(16)));
typedef uint16_t gb_u16 __attribute__((vector_size(16)));
#if defined(__aarch64__)
#if defined(GB_I8MM)
GB_INLINE gb_i dot(gb_i sum, gb_i a, gb_i b) { return (gb_i)vusdotq_s32((int32x4_t)sum, (uint8x16_t)a, (int8x16_t)b); }
#elif defined(GB_DOTPROD)
GB_INLINE gb_i dot(gb_i sum, gb_i a, gb_i b) {
    const int8x16_t low = (int8x16_t)veorq_u8((uint8x16_t)a, vdupq_n_u8(128)), half = vdupq_n_s8(64);
    const int32x4_t more = vdotq_s32(vdotq_s32((int32x4_t)sum, half, (int8x16_t)b), half, (int8x16_t)b);
    return (gb_i)vdotq_s32(more, low, (int8x16_t)b);
}
#else
GB_INLINE gb_i dot(gb_i sum, gb_i a, gb_i b) {
    const uint8x16_t x = (uint8x16_t)a;
    const int8x16_t y = (int8x16_t)b;
    // A product fits 16 bits, two of them do not.
    const int16x8_t low = vmulq_s16(vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(x))), vmovl_s8(vget_low_s8(y)));
    const int16x8_t high = vmulq_s16(vreinterpretq_s16_u16(vmovl_high_u8(x)), vmovl_high_s8(y));
    return sum + (gb_i)vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high));
}
#endif
GB_INLINE gb_i rounded(gb_f v) { return (gb_i)vcvtnq_s32_f32((float32x4_t)v); }
#else
GB_INLINE gb_i dot(gb_i sum, gb_i a, gb_i b) {
    const gb_u8 x = (gb_u8)a;
    const gb_s8 y = (gb_s8)b;
    GB_UNROLL for (int i = 0; i < 16; i++) sum[i / 4] += (int32_t)x[i] * y[i];
    return sum;
}
GB_INLINE gb_i rounded(gb_f v) { return __builtin_convertvector(__builtin_elementwise_roundeven(v), gb_i); }
#endif
GB_INLINE gb_i low_bytes(gb_i a, gb_i b) {
    return (gb_i)__builtin_shufflevector(
        (gb_u8)a, (gb_u8)b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
GB_INLINE gb_i high_bytes(gb_i a, gb_i b) {
    return (gb_i)__builtin_shufflevector(
        (gb_u8)a, (gb_u8)b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
GB_INLINE gb_i low_pairs(gb_i a, gb_i b) {
    return (gb_i)__builtin_shufflevector((gb_u16)a, (gb_u16)b, 0, 8, 1, 9, 2, 10, 3, 11);
}
GB_INLINE gb_i high_pairs(gb_i a, gb_i b) {
    return (gb_i)__builtin_shufflevector((gb_u16)a, (gb_u16)b, 4, 12, 5, 13, 6, 14, 7, 15);
}
#endif

#if defined(GB_VBMI)
GB_INLINE __m512i mapped(__m512i v, const uint8_t *table) {
    const __m512i low = _mm512_permutex2var_epi8(_mm512_loadu_si512(table), v, _mm512_loadu_si512(table + 64));
    const __m512i high = _mm512_permutex2var_epi8(_mm512_loadu_si512(table + 128), v, _mm512_loadu_si512(table + 192));
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(v), low, high);
}
#endif

// What is in memory through a table, where that is not done before it is stored.
#if defined(GB_VBMI)
#define map_stored(p, count, table) ((void)0)
#else
GB_KERNEL void map_bytes(uint8_t *p, long count, const uint8_t *table) {
    GB_ROLLED for (long i = 0; i < count; i += 4) {
        p[i] = table[p[i]];
        p[i + 1] = table[p[i + 1]];
        p[i + 2] = table[p[i + 2]];
        p[i + 3] = table[p[i + 3]];
    }
}
GB_INLINE void map_stored(uint8_t *p, long count, const uint8_t *table) {
    if (table) map_bytes(p, count, table);
}
#endif

// `width` (4, 2 or 1) vectors plus `zero`, saturated, through the table if there is one, as `width * GB_LANES` bytes.
GB_INLINE void store_packed(uint8_t *out, const gb_i *v, const int width, long zero, const uint8_t *table) {
#if defined(GB_SET_AVX512)
    if (width == 4) {
        const __m512i add = _mm512_set1_epi16((short)zero);
        const __m512i first = _mm512_adds_epi16(_mm512_packs_epi32(GB_WIDE(v[0]), GB_WIDE(v[1])), add);
        const __m512i second = _mm512_adds_epi16(_mm512_packs_epi32(GB_WIDE(v[2]), GB_WIDE(v[3])), add);
        __m512i bytes = _mm512_packus_epi16(first, second);
#if defined(GB_VBMI)
        if (table) bytes = mapped(bytes, table);
#endif
        _mm512_storeu_si512(out, bytes);
    } else if (width == 2) {
        const __m512i sum = _mm512_adds_epi16(
            _mm512_packs_epi32(GB_WIDE(v[0]), GB_WIDE(v[1])), _mm512_set1_epi16((short)zero));
        __m256i bytes = _mm512_cvtusepi16_epi8(_mm512_max_epi16(sum, _mm512_setzero_si512()));
#if defined(GB_VBMI)
        if (table) bytes = _mm512_castsi512_si256(mapped(_mm512_castsi256_si512(bytes), table));
#endif
        _mm256_storeu_si256((__m256i *)out, bytes);
    } else {
        const __m512i sum = _mm512_add_epi32(GB_WIDE(v[0]), _mm512_set1_epi32((int)zero));
        __m128i bytes = _mm512_cvtusepi32_epi8(_mm512_max_epi32(sum, _mm512_setzero_si512()));
#if defined(GB_VBMI)
        if (table) bytes = _mm512_castsi512_si128(mapped(_mm512_castsi128_si512(bytes), table));
#endif
        _mm_storeu_si128((__m128i *)out, bytes);
    }
#elif defined(GB_SET_AVX2)
    const __m256i add = _mm256_set1_epi16((short)zero);
    if (width == 4) {
        const __m256i first = _mm256_adds_epi16(_mm256_packs_epi32(GB_WIDE(v[0]), GB_WIDE(v[1])), add);
        const __m256i second = _mm256_adds_epi16(_mm256_packs_epi32(GB_WIDE(v[2]), GB_WIDE(v[3])), add);
        _mm256_storeu_si256((__m256i *)out, _mm256_packus_epi16(first, second));
    } else {
        const __m256i sum = _mm256_adds_epi16(_mm256_packs_epi32(GB_WIDE(v[0]), GB_WIDE(v[width - 1])), add);
        const __m256i bytes = _mm256_packus_epi16(sum, sum);
        if (width == 2)
            _mm_storeu_si128((__m128i *)out, _mm256_castsi256_si128(_mm256_permute4x64_epi64(bytes, 8)));
        else
            _mm_storel_epi64(
                (__m128i *)out, _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(
                                    bytes, _mm256_setr_epi32(0, 4, 0, 4, 0, 4, 0, 4))));
    }
#elif defined(__x86_64__)
    const __m128i add = _mm_set1_epi16((short)zero);
    const __m128i first = _mm_adds_epi16(_mm_packs_epi32(GB_WIDE(v[0]), GB_WIDE(v[width > 1])), add);
    const __m128i second =
        width == 4 ? _mm_adds_epi16(_mm_packs_epi32(GB_WIDE(v[width - 2]), GB_WIDE(v[width - 1])), add) : first;
    const __m128i bytes = _mm_packus_epi16(first, second);
    if (width == 4) _mm_storeu_si128((__m128i *)out, bytes);
    else if (width == 2) _mm_storel_epi64((__m128i *)out, bytes);
    else __builtin_memcpy(out, &bytes, 4);
#else
    for (int j = 0; j < width; j++)
        for (int i = 0; i < GB_LANES; i++) {
            const int32_t value = v[j][i] + (int32_t)zero;
            out[j * GB_LANES + i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
#endif
    map_stored(out, width * GB_LANES, table);
}

// Four vectors plus `zero`, saturated, in the order of their numbers.
GB_INLINE void store_in_order(uint8_t *out, const gb_i *v, long zero) {
#if defined(GB_SET_AVX512)
    const __m512i add = _mm512_set1_epi16((short)zero);
    const __m512i first = _mm512_adds_epi16(_mm512_packs_epi32(GB_WIDE(v[0]), GB_WIDE(v[1])), add);
    const __m512i second = _mm512_adds_epi16(_mm512_packs_epi32(GB_WIDE(v[2]), GB_WIDE(v[3])), add);
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_storeu_si512(out, _mm512_permutexvar_epi32(order, _mm512_packus_epi16(first, second)));
#elif defined(GB_SET_AVX2)
    const __m256i add = _mm256_set1_epi16((short)zero);
    const __m256i first = _mm256_adds_epi16(_mm256_packs_epi32(GB_WIDE(v[0]), GB_WIDE(v[1])), add);
    const __m256i second = _mm256_adds_epi16(_mm256_packs_epi32(GB_WIDE(v[2]), GB_WIDE(v[3])), add);
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    _mm256_storeu_si256((__m256i *)out, _mm256_permutevar8x32_epi32(_mm256_packus_epi16(first, second), order));
#else
    store_packed(out, v, 4, zero, 0);
#endif
}

// `width * GB_LANES` bytes as vectors of numbers, in the order that `store_packed` puts right again.
GB_INLINE void spread(const uint8_t *p, gb_i *v, const int width) {
    const gb_i zero = {0};
    if (width == 4) {
        const gb_i bytes = load_bytes(p), low = low_bytes(bytes, zero), high = high_bytes(bytes, zero);
        v[0] = low_pairs(low, zero);
        v[1] = high_pairs(low, zero);
        v[2] = low_pairs(high, zero);
        v[3] = high_pairs(high, zero);
    } else if (width == 2) {
        typedef uint8_t half __attribute__((vector_size(2 * GB_LANES), aligned(1)));
        typedef uint16_t words __attribute__((vector_size(GB_BYTES)));
        const gb_i pairs = (gb_i)__builtin_convertvector(*(const half *)p, words);
        v[0] = low_pairs(pairs, zero);
        v[1] = high_pairs(pairs, zero);
    } else {
        v[0] = widen(p);
    }
}
