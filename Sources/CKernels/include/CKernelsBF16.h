// Products of bfloat16 with sums in float32.
//
// Where a kernel of float32 has a float, these have a pair of bfloat16: the value of the even place in the low half, that of the odd
// one in the high half, 0 where the depth ends. A step of the depth adds the odd places' product to the sum and then the even
// places'; denormal numbers may count as 0.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/// The kernels of one instruction set. Lanes and panels are those of the set of float32 that they go with.
typedef struct {
    const char *name;
    long lanes, panel;
    /// As in `gk_table`: segments and panels are of pairs, and so are `depth` and `pixel_stride`. Bias, residual and what is made
    /// are float32.
    void (*gemm)(const gk_gemm *, long first_panel, long end_panel);
    void (*gemv)(const gk_gemm *, long first_panel, long end_panel);
    /// Rounds `channels` floats of every pixel to the nearest, ties to even, and writes half as many pairs, rounded up.
    void (*round)(const float *from, long from_stride, float *to, long to_stride, long pixels, long channels);
    /// Products between registers, for `graft bench`: `result` is a vector of any pairs. Returns the number of multiply-adds.
    long (*peak_products)(long rounds, float *result);
} gk_bf16_table;

/// How many sets were compiled in, best first; the last is the baseline.
long gk_bf16_set_count(void);
const gk_bf16_table *gk_bf16_set(long index);
/// Whether this processor can run it.
int gk_bf16_set_runs(long index);

#ifdef __cplusplus
}
#endif
