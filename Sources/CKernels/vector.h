// Vectors of GK_LANES floats and the few operations that kernels are written in. Included by isa_*.c once, inside the
// target attribute; whatever needs an instruction of its own is chosen here by GK_SET_*.
#define GK_INLINE static inline __attribute__((always_inline))
#define GK_KERNEL static __attribute__((noinline))
#define GK_UNROLL _Pragma("clang loop unroll(full)")
#define GK_ROLLED _Pragma("clang loop unroll(disable)")

typedef float gk_v __attribute__((vector_size(GK_LANES * 4)));
typedef float gk_unaligned __attribute__((vector_size(GK_LANES * 4), aligned(4)));
typedef int32_t gk_i __attribute__((vector_size(GK_LANES * 4)));

GK_INLINE gk_v load(const float *p) { return *(const gk_unaligned *)p; }
GK_INLINE void store(float *p, gk_v v) { *(gk_unaligned *)p = v; }

// `x - {0}` folds into a broadcast; `{0} + x` would cost an addition.
GK_INLINE gk_v splat(float x) { return x - (gk_v){0}; }

#if defined(GK_SET_BASELINE) && !defined(__aarch64__)
GK_INLINE gk_v multiply_add(gk_v a, gk_v b, gk_v c) { return a * b + c; }
#else
GK_INLINE gk_v multiply_add(gk_v a, gk_v b, gk_v c) { return __builtin_elementwise_fma(a, b, c); }
#endif

// The second operand's NaN comes through, as in PyTorch.
#if defined(GK_SET_AVX512)
GK_INLINE gk_v smaller(gk_v a, gk_v b) { return (gk_v)_mm512_min_ps((__m512)a, (__m512)b); }
GK_INLINE gk_v larger(gk_v a, gk_v b) { return (gk_v)_mm512_max_ps((__m512)a, (__m512)b); }
#elif defined(GK_SET_AVX2)
GK_INLINE gk_v smaller(gk_v a, gk_v b) { return (gk_v)_mm256_min_ps((__m256)a, (__m256)b); }
GK_INLINE gk_v larger(gk_v a, gk_v b) { return (gk_v)_mm256_max_ps((__m256)a, (__m256)b); }
#elif defined(__x86_64__)
GK_INLINE gk_v smaller(gk_v a, gk_v b) { return (gk_v)_mm_min_ps((__m128)a, (__m128)b); }
GK_INLINE gk_v larger(gk_v a, gk_v b) { return (gk_v)_mm_max_ps((__m128)a, (__m128)b); }
#elif defined(__aarch64__)
GK_INLINE gk_v smaller(gk_v a, gk_v b) { return (gk_v)vminq_f32((float32x4_t)a, (float32x4_t)b); }
GK_INLINE gk_v larger(gk_v a, gk_v b) { return (gk_v)vmaxq_f32((float32x4_t)a, (float32x4_t)b); }
#else
GK_INLINE gk_v smaller(gk_v a, gk_v b) { return __builtin_elementwise_min(a, b); }
GK_INLINE gk_v larger(gk_v a, gk_v b) { return __builtin_elementwise_max(a, b); }
#endif

// Lane i is `v`'s lane `lanes[i]`.
#if defined(GK_SET_AVX512)
GK_INLINE gk_v permuted(gk_v v, gk_i lanes) { return (gk_v)_mm512_permutexvar_ps((__m512i)lanes, (__m512)v); }
#elif defined(GK_SET_AVX2)
GK_INLINE gk_v permuted(gk_v v, gk_i lanes) { return (gk_v)_mm256_permutevar8x32_ps((__m256)v, (__m256i)lanes); }
#elif defined(__aarch64__)
GK_INLINE gk_v permuted(gk_v v, gk_i lanes) {
    return (gk_v)vqtbl1q_u8((uint8x16_t)v, (uint8x16_t)(lanes * 0x04040404 + 0x03020100));
}
#else
GK_INLINE gk_v permuted(gk_v v, gk_i lanes) {
    gk_v result;
    GK_UNROLL for (int i = 0; i < GK_LANES; i++) result[i] = v[lanes[i]];
    return result;
}
#endif

// All bits of the first `count` lanes.
GK_INLINE gk_i first_lanes(long count) {
    gk_i mask;
    GK_UNROLL for (int i = 0; i < GK_LANES; i++) mask[i] = i < count ? -1 : 0;
    return mask;
}
GK_INLINE gk_v where(gk_i mask, gk_v value) { return (gk_v)((gk_i)value & mask); }
// The sum of the lanes, in one order.
GK_INLINE float lane_sum(gk_v v) {
    float lanes[GK_LANES];
    store(lanes, v);
    GK_UNROLL for (int half = GK_LANES / 2; half > 0; half /= 2)
        GK_UNROLL for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
    return lanes[0];
}
// The largest lane, or NaN if there is one.
GK_INLINE float lane_largest(gk_v v) {
    float lanes[GK_LANES];
    store(lanes, v);
    GK_UNROLL for (int half = GK_LANES / 2; half > 0; half /= 2)
        GK_UNROLL for (int i = 0; i < half; i++) {
            const float other = lanes[i + half];
            lanes[i] = other > lanes[i] || other != other ? other : lanes[i];
        }
    return lanes[0];
}

#if GK_HALVES
// The first half of a vector, for columns that fill no more of their last one.
typedef float gk_half __attribute__((vector_size(GK_LANES * 2)));
typedef float gk_unaligned_half __attribute__((vector_size(GK_LANES * 2), aligned(4)));
GK_INLINE gk_half load_half(const float *p) { return *(const gk_unaligned_half *)p; }
GK_INLINE gk_half first_half(gk_v v) { return __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7); }
// One broadcast serves the whole vector and its half: the compiler would make two.
GK_INLINE gk_v in_register(gk_v v) {
    __asm__("" : "+v"(v));
    return v;
}
GK_INLINE gk_v with_zeros(gk_half v) {
    return __builtin_shufflevector(v, (gk_half){0}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
#endif
