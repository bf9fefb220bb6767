// The elementwise functions on one vector, and their derivatives. Right to about 3e-7 relative. A function is added with its
// slope here and a line in CKernels.h.

// 2^t for t from -126 up; up to 126 but for AVX-512. The fraction's power is the minimax polynomial of degree 5 for |f| <= 1/2.
GK_INLINE gk_v power_of_two(gk_v t) {
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
    return (gk_v)_mm512_scalef_ps((__m512)p, (__m512)whole);
#else
    return (gk_v)((gk_i)p + ((gk_i)shifted << 23));
#endif
}

// 2^(x * factor); what is below 2^-126 is that.
GK_INLINE gk_v exponential(gk_v x, const float factor) {
    return power_of_two(larger(splat(-126.f), x * splat(factor)));
}

#define GK_LOG2_E 1.44269504088896f
GK_INLINE gk_v one_plus_exp_minus(gk_v x) { return exponential(x, -GK_LOG2_E) + splat(1.f); }

// A division holds up as many multiply-adds (four, on Zen 4) as an estimate of the reciprocal with a Newton step, and is
// exact.
GK_INLINE gk_v sigmoid(gk_v x) { return splat(1.f) / one_plus_exp_minus(x); }
GK_INLINE gk_v silu(gk_v x) { return x / one_plus_exp_minus(x); }
GK_INLINE gk_v relu(gk_v x) { return larger(splat(0.f), x); }
GK_INLINE gk_v relu6(gk_v x) { return smaller(splat(6.f), larger(splat(0.f), x)); }
GK_INLINE gk_v hard_sigmoid(gk_v x) { return relu6(x + splat(3.f)) * splat(1.f / 6.f); }
GK_INLINE gk_v hard_swish(gk_v x) { return x * hard_sigmoid(x); }
// sqrt(8 / pi) (x + 0.044715 x^3): gelu_tanh(x) = x sigmoid of it.
GK_INLINE gk_v gelu_tanh(gk_v x) {
    const gk_v inner = multiply_add(x * x, splat(1.5957691216f * 0.044715f), splat(1.5957691216f)) * x;
    return x / one_plus_exp_minus(inner);
}
GK_INLINE gk_v quick_gelu(gk_v x) { return x / one_plus_exp_minus(x * splat(1.702f)); }
GK_INLINE gk_v absolute(gk_v x) { return (gk_v)((gk_i)x & 0x7fffffff); }
// The normal distribution's tail, P(X > u) for u >= 0: exp(-u^2 / 2) times a polynomial of 1 / (1 + 0.3 u), fitted to 1.5e-7
// relative up to 14. `bell` receives exp(-u^2 / 2).
GK_INLINE gk_v normal_tail(gk_v u, gk_v *bell) {
    const gk_v t = splat(1.f) / multiply_add(u, splat(0.3f), splat(1.f));
    gk_v p = multiply_add(splat(3.567473463e-02f), t, splat(-1.572028915e-01f));
    p = multiply_add(p, t, splat(2.063531363e-01f));
    p = multiply_add(p, t, splat(-5.368327207e-02f));
    p = multiply_add(p, t, splat(1.285614166e-01f));
    p = multiply_add(p, t, splat(9.991355854e-02f));
    p = multiply_add(p, t, splat(1.207539451e-01f));
    p = multiply_add(p, t, splat(1.196292995e-01f));
    *bell = exponential(u * u, -0.5f * GK_LOG2_E);
    return p * t * *bell;
}
// x P(X <= x)
GK_INLINE gk_v gelu(gk_v x) {
    gk_v bell;
    const gk_v u = smaller(splat(20.f), absolute(x));
    return larger(splat(0.f), x) - u * normal_tail(u, &bell);
}

GK_INLINE gk_v slope_relu(gk_v v) { return where((gk_i)(v > splat(0.f)), splat(1.f)); }
GK_INLINE gk_v slope_relu6(gk_v v) {
    return where((gk_i)(v > splat(0.f)) & (gk_i)(v < splat(6.f)), splat(1.f));
}
GK_INLINE gk_v slope_silu(gk_v v) {
    const gk_v s = sigmoid(v);
    return multiply_add(v * s, splat(1.f) - s, s);
}
GK_INLINE gk_v slope_sigmoid(gk_v v) {
    const gk_v s = sigmoid(v);
    return s * (splat(1.f) - s);
}
GK_INLINE gk_v slope_hard_sigmoid(gk_v v) {
    return where((gk_i)(v > splat(-3.f)) & (gk_i)(v < splat(3.f)), splat(1.f / 6.f));
}
// As PyTorch: 0 up to -3, 1 from 3 on.
GK_INLINE gk_v slope_hard_swish(gk_v v) {
    const gk_v inside = multiply_add(v, splat(1.f / 3.f), splat(0.5f));
    return where((gk_i)(v > splat(-3.f)) & (gk_i)(v < splat(3.f)), inside)
           + where((gk_i)(v >= splat(3.f)), splat(1.f));
}
GK_INLINE gk_v slope_gelu(gk_v x) {
    gk_v bell;
    const gk_v tail = normal_tail(smaller(splat(20.f), absolute(x)), &bell);
    const gk_i positive = (gk_i)(x > splat(0.f));
    const gk_v below = where(positive, splat(1.f) - tail) + where(~positive, tail);
    return multiply_add(x * bell, splat(0.3989422804f), below);
}
GK_INLINE gk_v slope_gelu_tanh(gk_v x) {
    const gk_v squared = x * x;
    const gk_v s = sigmoid(multiply_add(squared, splat(1.5957691216f * 0.044715f), splat(1.5957691216f)) * x);
    const gk_v inner = multiply_add(squared, splat(3 * 1.5957691216f * 0.044715f), splat(1.5957691216f));
    return multiply_add(x * s * (splat(1.f) - s), inner, s);
}
GK_INLINE gk_v slope_quick_gelu(gk_v x) {
    const gk_v s = sigmoid(x * splat(1.702f));
    return multiply_add(x * splat(1.702f) * s, splat(1.f) - s, s);
}

// Applies `kind` to `count` vectors at `p`, for the functions that are too rare to stand in every tile.
#define GK_RARE_CASE(number, function, text)                                                        \
    case number:                                                                                    \
        GK_ROLLED for (long i = 0; i < count; i++) store(p + i * GK_LANES, function(load(p + i * GK_LANES))); \
        break;
GK_KERNEL void activate_rare(float *p, long count, gk_activation kind) {
    switch (kind) {
        GK_RARE_ACTIVATIONS(GK_RARE_CASE)
    default: break;
    }
}

// Applies `kind` to an array of vectors in registers. The switch stands outside the loop.
#define GK_COMMON_CASE(number, function, text)                                              \
    case number:                                                                            \
        GK_UNROLL for (int e_ = 0; e_ < count; e_++) array[e_] = function(array[e_]);       \
        break;
GK_INLINE void activate_tile(gk_v *array, const int count, gk_activation kind) {
    switch (kind) {
    case GK_NONE: break;
        GK_COMMON_ACTIVATIONS(GK_COMMON_CASE)
    default: {
        float spilled[count * GK_LANES];
        GK_UNROLL for (int e_ = 0; e_ < count; e_++) store(spilled + e_ * GK_LANES, array[e_]);
        activate_rare(spilled, count, kind);
        GK_UNROLL for (int e_ = 0; e_ < count; e_++) array[e_] = load(spilled + e_ * GK_LANES);
    }
    }
}
