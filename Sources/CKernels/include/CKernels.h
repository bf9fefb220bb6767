// The arithmetic of Graft: kernels on float32 arrays, one table of them per instruction set.
//
// Layout: a pixel is a run of channels; pixels stand `stride` floats apart. Unless a comment says otherwise a kernel
// reads and writes whole vectors of `lanes` channels, so a buffer's pixel stride is rounded up to `lanes` by whoever
// owns it. No pointer has to be aligned. No kernel allocates, keeps state or calls another thread.
//
// A kernel's source (`*.inc`) is portable C with vector extensions. `isa_*.c` includes all of them once inside a
// `#pragma clang attribute push(target)`; `table.c` lists the sets and picks one. To add a set: a new `isa_*.c` that
// defines GK_LANES and the tile sizes, and a line in `table.c`.
#pragma once
#include "CKernelsBytes.h"
#include "CKernelsTraining.h"
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The elementwise functions, as PyTorch defines them: the kernels' number, the function in `activation.h` (where its
/// derivative is `slope_` and the same), the name in Swift. The common ones stand in every tile of a product, the rare ones
/// are called for a tile.
#define GK_COMMON_ACTIVATIONS(X)              \
    X(GK_RELU, relu, "relu")                  \
    X(GK_RELU6, relu6, "relu6")               \
    X(GK_SILU, silu, "silu")                  \
    X(GK_HARD_SWISH, hard_swish, "hardSwish")
#define GK_RARE_ACTIVATIONS(X)                         \
    X(GK_HARD_SIGMOID, hard_sigmoid, "hardSigmoid")    \
    X(GK_SIGMOID, sigmoid, "sigmoid")                  \
    X(GK_GELU, gelu, "gelu")                           \
    X(GK_GELU_TANH, gelu_tanh, "geluTanh")             \
    X(GK_QUICK_GELU, quick_gelu, "quickGELU")

#define GK_NUMBER(number, function, name) number,
typedef enum { GK_NONE, GK_COMMON_ACTIVATIONS(GK_NUMBER) GK_RARE_ACTIVATIONS(GK_NUMBER) GK_ACTIVATION_COUNT } gk_activation;

/// The number of the activation of that name; GK_NONE for one that has no kernel.
gk_activation gk_activation_named(const char *name);

/// `out[m][n] = act(bias[n] + sum over segments s and depth k of segments[s][m * pixel_stride + k] * B[s * depth +
/// k][n] + residual[m][n]) + after[n]` for `rows` rows: matrix product, convolution (a segment a kernel row) and anything between.
typedef struct {
    /// The first row's values of each segment; read exactly, never beyond `depth` (`last_depth` for the last one).
    const float *const *segments;
    long segment_count, depth, last_depth, pixel_stride;
    long rows;
    /// B in panels: see `gk_panel_count`. Panel p holds vectors `gk_panel_start(p) ..< gk_panel_start(p + 1)` of every
    /// row k, one row after the other.
    const float *panels;
    /// One value a column, padded to whole vectors.
    const float *bias;
    /// The same for what is added behind the activation; null for none.
    const float *after;
    /// Columns in vectors.
    long vectors;
    /// May be null if only `sums` are wanted.
    float *out;
    long out_stride;
    /// Null for none.
    const float *residual;
    long residual_stride;
    /// If not null, receives each column's sum over the rows (in row order) times `sum_scale`, of what is or would be
    /// written to `out`; added to what is there if `continues`.
    float *sums;
    float sum_scale;
    int continues;
    /// 0, or the number of floats of the last vector that may be written to `out`.
    long tail;
    /// Whether the second half of the last vector is padding: its sums may be left out, as if weights and bias were 0.
    int half;
    /// Whether the memory of the next panel is asked for while one is multiplied: for a matrix that no cache holds, and many
    /// rows. It changes no number.
    int asks;
    /// What is asked for while the last panel is multiplied: `ahead_count` floats, 0 for nothing. Only memory is prepared.
    const float *ahead;
    long ahead_count;
    gk_activation activation;
} gk_gemm;

/// One output row of a depthwise convolution.
typedef struct {
    /// One per kernel row: the first tap of the first output pixel.
    const float *const *rows;
    long pixel_stride;
    /// `[kernel_height][kernel_width]` taps, `weight_stride` floats apart; `[kernel_height][group][kernel_width]` of them in
    /// groups.
    const float *weights;
    long weight_stride;
    const float *bias;
    /// Added behind the activation; null for none.
    const float *after;
    float *out;
    long out_stride;
    /// If not null, receives each channel's sum over the row.
    float *sums;
    /// Channels in vectors, output pixels.
    long vectors, width;
    long kernel_height, kernel_width, stride, dilation;
    /// Of `grouped` only: the channels of a group, of inputs and of outputs.
    long group;
    gk_activation activation;
} gk_depthwise;

/// One output row of a pooling window. Taps outside the image do not take part in a maximum and are zeros in a mean.
typedef struct {
    /// One per kernel row that lies inside the image, at column 0.
    const float *const *rows;
    long row_count;
    long pixel_stride, input_width;
    float *out;
    long out_stride, width;
    long vectors;
    /// The column of the first output's first tap (negative inside the margin).
    long first_column;
    long kernel_width, stride;
    /// 0: maximum. Otherwise mean, divided by this, or by the number of taps inside the image if negative.
    long divisor;
} gk_window;

/// `out[p][c] = act(a[p][c] op b[p or 0][c])`
typedef struct {
    const float *a, *b;
    float *out;
    long a_stride, b_stride, out_stride;
    long pixels, vectors;
    gk_activation activation;
} gk_binary;

/// Pooling over all pixels of an image.
typedef struct {
    const float *in;
    long pixel_stride, pixels, vectors;
    /// What a mean divides by.
    long divisor;
    float *out;
    /// GK_GLOBAL_MEAN, GK_GLOBAL_MAX or GK_GLOBAL_POWER with the generalised mean's power.
    int kind;
    double power;
} gk_global;

/// A row of 4 x 4 tiles, two pixels apart, to 16 matrices `out + position * position_stride` of a row a tile.
typedef struct {
    /// Four rows, at the first tile's first pixel; `2 * tiles + 2` pixels are read.
    const float *rows[4];
    long pixel_stride, tiles, vectors;
    float *out;
    long position_stride, tile_stride;
} gk_winograd_input;

/// A row of tiles of 16 products back to `rows` (1 or 2) rows of `width` pixels, with bias, residual and activation.
typedef struct {
    const float *in;
    long position_stride, tile_stride, tiles, vectors;
    const float *bias;
    /// Added behind the activation; null for none.
    const float *after;
    /// Null for none.
    const float *residual;
    /// Floats between pixels, and between rows.
    long residual_stride, residual_row;
    float *out;
    long out_stride, out_row;
    long rows, width;
    gk_activation activation;
} gk_winograd_output;

/// `out[r][v] += sum over terms t of a[t * a_stride + r] * b[t * b_stride + v]`: the gradient of a matrix.
typedef struct {
    /// Read exactly: `rows` values of each term.
    const float *a;
    long a_stride, rows;
    const float *b;
    long b_stride, vectors;
    long terms;
    float *out;
    long out_stride;
    /// 0: from zero, else added to what is there.
    int continues;
} gk_outer;

/// What one output row of a depthwise convolution adds to the gradient of its weights.
typedef struct {
    /// One per kernel row: the first tap of the first output pixel.
    const float *const *rows;
    long pixel_stride;
    /// The output row's gradient.
    const float *gradient;
    long gradient_stride;
    /// `[kernel_height][kernel_width]` taps, `out_stride` floats apart; added to.
    float *out;
    long out_stride;
    /// Channels in vectors, output pixels.
    long vectors, width;
    long kernel_height, kernel_width, stride, dilation;
} gk_depthwise_outer;

/// Batch normalisation backward and what goes with it, over `rows` pixels. `sums` are doubles, added to; `x` and
/// everything a channel are of the layer's input.
typedef struct {
    const float *x;
    long x_stride;
    const float *gradient;
    long gradient_stride;
    float *out;
    long out_stride;
    long rows, vectors;
    /// One value a channel each; see the kernels.
    const float *mean, *scale, *shift, *factor;
    double *sums;
    gk_activation activation;
} gk_norm;

/// `out = (x - mean) / sqrt(variance + epsilon) * weight + bias` over the `channels` of each of `rows` pixels. What stands
/// behind the channels in the last vector is written as zeros.
typedef struct {
    const float *x;
    long x_stride;
    /// Backward: the gradient of x, null where it is not wanted.
    float *out;
    long out_stride;
    long rows, channels;
    float epsilon;
    /// Whole vectors with zeros behind the channels. Null for 1 and 0, forward only.
    const float *weight, *bias;
    /// Backward only: the output's gradient, and the sums a channel of the gradients of weight and bias, added to; may be
    /// null.
    const float *gradient;
    long gradient_stride;
    double *sums;
} gk_layer_norm;

/// Softmax of `rows` rows of `count` scores over several blocks of keys in turn (arXiv:1805.02867): weights relative to the
/// largest score so far.
typedef struct {
    /// Whole vectors; what stands behind the `count` scores is written as zeros.
    float *scores;
    long stride, rows, count;
    /// Of the scores.
    float scale;
    /// A value a row: the largest score so far (scaled, in powers of two), and the weights' sum.
    float *most, *sum;
    /// Whether there were blocks before this one.
    int continues;
    /// What the blocks before added up, `vectors` a row: multiplied where a larger score comes.
    float *out;
    long out_stride, vectors;
} gk_softmax;

enum { GK_GLOBAL_MEAN, GK_GLOBAL_MAX, GK_GLOBAL_POWER };

/// The kernels of one instruction set.
typedef struct {
    const char *name;
    /// Floats in a vector; vectors in the widest panel.
    long lanes, panel;
    /// Panels `first_panel ..< end_panel` of the product.
    void (*gemm)(const gk_gemm *, long first_panel, long end_panel);
    /// The product for one row, with the depth split four ways: not bit-equal to `gemm`. `residual` and `sums` are
    /// unused.
    void (*gemv)(const gk_gemm *, long first_panel, long end_panel);
    void (*depthwise)(const gk_depthwise *);
    /// The same with groups of several channels, a divisor of `lanes`, for a kernel 3 wide, not dilated, at stride 1 or 2.
    void (*grouped)(const gk_depthwise *);
    void (*window)(const gk_window *);
    void (*global)(const gk_global *);
    void (*winograd_input)(const gk_winograd_input *);
    void (*winograd_output)(const gk_winograd_output *);
    /// A row of tiles of 2 x 2 pixels of a gradient, in the first two rows, to 16 matrices.
    void (*winograd_gradient)(const gk_winograd_input *);
    void (*add)(const gk_binary *);
    void (*multiply)(const gk_binary *);
    /// `out[p][c] = act(a[p][c] * b[c] + shift[c])`
    void (*affine)(const gk_binary *, const float *shift);
    void (*activate)(const gk_binary *);
    /// `out[k][n] = panel[k][n] * factors[k]` for one panel of `width` vectors.
    void (*scale_rows)(const float *panel, const float *factors, float *out, long depth, long width);
    void (*outer)(const gk_outer *);
    void (*depthwise_outer)(const gk_depthwise_outer *);
    /// `sums[0][c] += x - mean`, `sums[1][c] += (x - mean)^2`, with any `mean`: one near the true one keeps digits.
    void (*moments)(const gk_norm *);
    /// `g = gradient * act'(x * scale + shift)`; `out = g * factor` (1 for null); `sums[0][c] += g`, `sums[1][c] += g *
    /// (x - mean)` unless `sums` is null.
    void (*norm_gradient)(const gk_norm *);
    /// `out = gradient * factor + (x - mean) * scale + shift`
    void (*norm_backward)(const gk_norm *);
    /// `out = gradient * factor`; `sums[0][c] += gradient * x`
    void (*gate_gradient)(const gk_norm *);
    void (*layer_norm)(const gk_layer_norm *);
    /// With sums `[2][whole vectors]`, of weight and of bias.
    void (*layer_norm_backward)(const gk_layer_norm *);
    void (*softmax)(const gk_softmax *);
    /// `target = out / sum`, `count` floats a row.
    void (*softmax_finish)(const gk_softmax *, float *target, long target_stride);
    /// After `softmax`: makes the weights sum to 1, and of their gradient in `out` (whole vectors a row) that of the scores.
    void (*softmax_gradient)(const gk_softmax *);
    /// `values[i] = word < threshold ? 0 : values[i] * scale`, where the word is number `i % 4` of Philox 4x32-10 at the
    /// counter `(i / 4, counter[0], counter[1], counter[2])` under the key.
    void (*dropout)(float *values, long count, const uint32_t key[2], const uint32_t counter[3], uint32_t threshold,
                    float scale);
    /// `out[i][k]`, `[a_count, b_count]`: the product of row i of `a` with row k of `b`, each of `stride` doubles, a multiple of
    /// 8. Sums of every eighth product, then a tree of those eight: the same bits from every set.
    void (*row_products)(const double *a, long a_count, const double *b, long b_count, long stride, double *out);
    /// `target[i] += factors[i][n] * rows[n]`, n in order; `factors` is `[target_count, count]`.
    void (*row_sums)(double *target, long target_count, const double *factors, const double *rows, long count,
                     long stride);
    /// `rounds` of multiply-adds in registers, on the vector at `result`; returns how many multiply-adds that is.
    long (*peak_multiply_adds)(long rounds, float *result);
    /// The sum of `vectors` vectors, to `result`: a read of memory and little else.
    void (*peak_read)(const float *from, long vectors, float *result);
} gk_table;

/// The number of panels that `vectors` columns are cut into, at most `panel` wide and as even as can be. Where there are
/// several it is even: two threads then have as many each.
static inline long gk_panel_count(long vectors, long panel) {
    const long fewest = (vectors + panel - 1) / panel;
    return fewest > 4 && fewest < vectors ? (fewest + 1) / 2 * 2 : fewest;
}

/// The first vector of panel `p` of `count`.
static inline long gk_panel_start(long p, long count, long vectors) { return p * vectors / count; }

/// How many instruction sets were compiled in, best first; the last is the baseline.
long gk_set_count(void);
/// The set's kernels.
const gk_table *gk_set(long index);
/// Whether this processor can run it.
int gk_set_runs(long index);

/// Has malloc keep up to 64 MiB that were freed. A picture on its way to an answer takes several pieces of about a megabyte;
/// whether glibc returns them to the system, to fault in anew for the next picture, is otherwise up to what was freed
/// before. For the program to decide, not for a library.
void gk_keep_freed_memory(void);

/// Tells the processor that this thread is waiting in a loop.
static inline void gk_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#ifdef __cplusplus
}
#endif

#include "CKernelsBF16.h"
