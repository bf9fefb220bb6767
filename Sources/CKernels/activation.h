// The elementwise functions on one vector. sigmoid and silu are right to about 3e-7 relative.

// 1 + exp(-x). exp2 of the fraction is the minimax polynomial of degree 5 for |f| <= 1/2.
GK_INLINE gk_v one_plus_exp_minus(gk_v x) {
    gk_v t = larger(splat(-126.f), x * splat(-1.44269504088896f));
#if defined(GK_SET_AVX512)
    const gk_v whole = (gk_v)_mm512_roundscale_ps((__m512)t, 0);
#else
    t = smaller(splat(126.f), t);
    const gk_v magic = splat(12582912.f);  // 1.5 * 2^23: adding it rounds to an integer
    const gk_v shifted = t + magic;
    const gk_v whole = shifted - magic;
#endif
    const gk_v f = t - whole;
    gk_v p = multiply_add(splat(1.327647042e-3f), f, splat(9.675541618e-3f));
    p = multiply_add(p, f, splat(5.550713281e-2f));
    p = multiply_add(p, f, splat(2.402211972e-1f));
    p = multiply_add(p, f, splat(6.931469671e-1f));
    p = multiply_add(p, f, splat(1.f));
#if defined(GK_SET_AVX512)
    return (gk_v)_mm512_scalef_ps((__m512)p, (__m512)whole) + splat(1.f);
#else
    return (gk_v)((gk_i)p + ((gk_i)shifted << 23)) + splat(1.f);
#endif
}

// A division holds up as many multiply-adds (four, on Zen 4) as an estimate of the reciprocal with a Newton step, and is
// exact.
GK_INLINE gk_v sigmoid(gk_v x) { return splat(1.f) / one_plus_exp_minus(x); }
GK_INLINE gk_v silu(gk_v x) { return x / one_plus_exp_minus(x); }
GK_INLINE gk_v relu(gk_v x) { return larger(splat(0.f), x); }
GK_INLINE gk_v relu6(gk_v x) { return smaller(splat(6.f), larger(splat(0.f), x)); }
GK_INLINE gk_v hard_sigmoid(gk_v x) { return relu6(x + splat(3.f)) * splat(1.f / 6.f); }
GK_INLINE gk_v hard_swish(gk_v x) { return x * hard_sigmoid(x); }

// Applies `kind` to `count` vectors at `p`, for the functions that are too rare to stand in every tile.
GK_KERNEL void activate_rare(float *p, long count, gk_activation kind) {
    GK_ROLLED for (long i = 0; i < count; i++, p += GK_LANES) {
        store(p, kind == GK_SIGMOID ? sigmoid(load(p)) : hard_sigmoid(load(p)));
    }
}

// Applies `kind` to an array of vectors in registers. The switch stands outside the loop.
#define GK_EACH(array, count, function) \
    GK_UNROLL for (int e_ = 0; e_ < (count); e_++)(array)[e_] = function((array)[e_])
#define GK_ACTIVATE(array, count, kind)                                                \
    switch (kind) {                                                                    \
    case GK_NONE: break;                                                               \
    case GK_RELU: GK_EACH(array, count, relu); break;                                  \
    case GK_RELU6: GK_EACH(array, count, relu6); break;                                \
    case GK_SILU: GK_EACH(array, count, silu); break;                                  \
    case GK_HARD_SWISH: GK_EACH(array, count, hard_swish); break;                      \
    case GK_HARD_SIGMOID:                                                              \
    case GK_SIGMOID: {                                                                 \
        float spilled_[(count) * GK_LANES];                                            \
        GK_UNROLL for (int e_ = 0; e_ < (count); e_++) store(spilled_ + e_ * GK_LANES, (array)[e_]); \
        activate_rare(spilled_, count, kind);                                          \
        GK_UNROLL for (int e_ = 0; e_ < (count); e_++)(array)[e_] = load(spilled_ + e_ * GK_LANES);  \
    } break;                                                                           \
    }
