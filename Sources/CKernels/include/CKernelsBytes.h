// Kernels on 8-bit integers: unsigned values, signed weights, sums in 32 bits.
//
// A value x stands for `(x - zero) * scale`. Every kernel's result is defined to the bit and is the same on every instruction
// set: products and sums are whole numbers, and what follows them is one rounded float32 operation after the other.
//
// `round` is to the nearest, ties to even; `saturate` limits to 0 ... 255. Callers see to it that what is rounded stays below
// 2^30 in magnitude, and sums below 2^31.
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// For every row m and column n, with `sum = bias[n] + sum over segments s and depth k of segments[s][m * pixel_stride + k] *
/// B[s * depth + k][n]`:
/// `out[m][n] = table[saturate(round(sum * multiplier[n] + residual[m][n] * residual_scale) + zero)]`, or
/// `floats[m][n] = sum * multiplier[n]`.
typedef struct {
    /// The first row's values of each segment. Up to 3 more than `depth` (`last_depth` for the last one) are read; they meet
    /// weights of 0.
    const uint8_t *const *segments;
    long segment_count, depth, last_depth, pixel_stride;
    long rows;
    /// B in panels: see `gk_byte_panel_count`. Panel p holds its vectors of every four rows k of a segment, whose depth is
    /// filled up to a multiple of four: lane by lane the four weights of a column. Which column, `gk_byte_column` says where
    /// bytes are made; floats are made in the columns' order.
    const int8_t *panels;
    /// One value a column in the panels' order.
    const int32_t *bias;
    const float *multiplier;
    /// Columns in vectors of `lanes`.
    long vectors;
    /// Whole vectors are written: `lanes` bytes each.
    uint8_t *out;
    long out_stride;
    /// 0 to 255.
    long zero;
    /// Null for none.
    const uint8_t *residual;
    long residual_stride;
    float residual_scale;
    /// 256 bytes, null for none.
    const uint8_t *table;
    /// If not null, what is made in place of bytes, in whole vectors.
    float *floats;
    long floats_stride;
} gk_byte_gemm;

/// A 3x3 convolution at stride 1 by Winograd's F(4x4, 3x3) (Lavin and Gray, arXiv:1509.09308), in whole numbers and exact.
///
/// The minimal algorithm at the points 0, 1, -1, 2, -2 and infinity is `Y = A' (G g G' * B' x B) A` with a whole A and B, and a G whose
/// row i is a whole row times 1/4, -1/6, -1/6, 1/24, 1/24, 1. With 24 G in place of G, sums stand for 576 Y. Of the factors 6, -4, -4,
/// 1, 1, 24 weights take 6, -4, -4, 1, 1, 12 (then at most 144 * 128, 16 bits) and A the rest. Values are at most 50 * 255.
/// Sums are kept modulo 2^32: 576 Y times the inverse of 9 is 64 Y, and a shift by 6 leaves Y, if that lies within -2^25 ..< 2^25.
/// Whoever packs the weights sees to that. So the sums are those of `gk_byte_gemm`, to the bit.
///
/// A row of tiles: each reads 6 x 6 pixels, four apart, and leaves 36 values a channel.
typedef struct {
    /// The first pixel of each row; `4 * tiles + 2` pixels are read.
    const uint8_t *rows[6];
    long pixel_stride;
    long tiles;
    /// Channels in vectors of `2 * lanes`.
    long vectors;
    /// `out[position * position_stride + tile * tile_stride + channel]`
    int16_t *out;
    long tile_stride, position_stride;
} gk_byte_winograd_input;

/// The products of one panel: `out[position * out_stride + (tile * width + vector) * lanes + lane]`.
typedef struct {
    const int16_t *in;
    long tile_stride, position_stride;
    long tiles;
    /// Channels in pairs: an odd last channel's neighbour is read and meets weights of 0.
    long pairs;
    /// `[position][pair][vector][lane][2]`: see `gk_byte_winograd_pack`.
    const int16_t *panel;
    /// Vectors of the panel: 4, 2 or 1.
    long width;
    int32_t *out;
    long out_stride;
} gk_byte_winograd_products;

/// A row of tiles back to sums of 4 x 4 pixels each, fewer at the image's right and lower edges, and what `finish` makes of them.
typedef struct {
    const int32_t *in;
    long position_stride;
    long tiles;
    /// The panel's first vector, and how many it has.
    long vector, width;
    /// Pixels of a row, and rows that there are.
    long pixels, rows;
    /// Bias, multiplier, and where things go, from the first row's first pixel on; segments and panels are not read.
    const gk_byte_gemm *finish;
} gk_byte_winograd_output;

/// Weights `[output][channel][3][3]` as `[position][pair][index][2]`, where `order[index]` is the output, or -1 for zeros.
void gk_byte_winograd_pack(const int8_t *weights, long channels, const long *order, long count, int16_t *out);

/// One output row of a depthwise convolution: `out = table[saturate(round((bias + sum over taps) * multiplier) + zero)]`.
typedef struct {
    /// One per kernel row: the first tap of the first output pixel.
    const uint8_t *const *rows;
    long pixel_stride;
    /// `[group][kernel row][quad][variant][vector][lane][4]`: see `gk_byte_quads`.
    const int8_t *weights;
    /// One value a channel in the order of `gk_byte_column` with groups of four vectors.
    const int32_t *bias;
    const float *multiplier;
    uint8_t *out;
    long out_stride;
    long zero;
    const uint8_t *table;
    /// If not null, receives each channel's sum over the row, in the channels' order.
    int32_t *sums;
    /// Channels in groups of `4 * lanes`, which are read and written whole; output pixels.
    long groups, width;
    long kernel_height, kernel_width, stride, dilation;
} gk_byte_depthwise;

/// Elementwise, `vectors` of `lanes` channels of `pixels` pixels.
typedef struct {
    const uint8_t *a;
    long a_stride;
    long pixels, vectors;
    uint8_t *out;
    long out_stride;
    long zero;
    const uint8_t *table;
    /// Of `scale`: one factor a channel. `out = table[saturate(round((a - a_zero) * factors[c]) + zero)]`
    const float *factors;
    long a_zero;
    /// Of `add`: `out = table[saturate(round((a * a_scale + b * b_scale) + offset) + zero)]`
    const uint8_t *b;
    long b_stride;
    float a_scale, b_scale, offset;
    /// Of `sums`: `sums[c] += a`
    int32_t *sums;
    /// Of `dequantize`: `floats = (a - a_zero) * a_scale`; of `quantize`: `out = saturate(round(floats * a_scale) + zero)`.
    float *floats;
    long floats_stride;
} gk_byte_map;

/// One output row of the maximum over a window.
typedef struct {
    /// One per kernel row that lies inside the image, at column 0.
    const uint8_t *const *rows;
    long row_count;
    long pixel_stride, input_width;
    uint8_t *out;
    long out_stride, width;
    long vectors;
    /// The column of the first output's first tap (negative inside the margin).
    long first_column;
    long kernel_width, stride;
} gk_byte_window;

/// The kernels of one instruction set.
typedef struct {
    const char *name;
    /// Sums in a vector.
    long lanes;
    /// Panels `first_panel ..< end_panel` of the product.
    void (*gemm)(const gk_byte_gemm *, long first_panel, long end_panel);
    /// Null where products of 16 bits gain nothing.
    void (*winograd_input)(const gk_byte_winograd_input *);
    void (*winograd_products)(const gk_byte_winograd_products *);
    void (*winograd_output)(const gk_byte_winograd_output *);
    void (*depthwise)(const gk_byte_depthwise *);
    void (*scale)(const gk_byte_map *);
    void (*add)(const gk_byte_map *);
    void (*sums)(const gk_byte_map *);
    void (*dequantize)(const gk_byte_map *);
    /// `count` values in a row, any number of them.
    void (*quantize)(const float *from, uint8_t *to, long count, float scale, long zero);
    void (*largest)(const gk_byte_window *);
    /// Products between registers, for `graft bench`: `result` is a vector of any bytes. Returns the number of multiply-adds.
    long (*peak_products)(long rounds, void *result);
} gk_byte_table;

/// The number of panels: of four vectors while there are as many, then one of two and one of one.
static inline long gk_byte_panel_count(long vectors) { return vectors / 4 + vectors / 2 % 2 + vectors % 2; }

/// The first vector of panel `p`; the number of vectors for the one past the end.
static inline long gk_byte_panel_start(long p, long vectors) {
    const long whole = vectors / 4;
    if (p <= whole) return 4 * p;
    const long first = 4 * whole + (vectors / 2 % 2 ? 2 : 1);
    return p == whole + 1 ? first : vectors;
}

/// The column of a panel of `width` vectors that stands in lane `lane` of vector `vector`: packing to bytes works on 128 bits
/// at a time, and the weights' order makes up for it.
static inline long gk_byte_column(long vector, long lane, long width) {
    return lane / 4 * (4 * width) + vector * 4 + lane % 4;
}

/// How a depthwise kernel's row of taps is cut into quads of neighbouring pixels, each a product of four. At stride 1 two
/// neighbouring outputs share the pixels, so a quad has two variants of weights: tap q stands at place q, or q + 1. Beyond
/// stride 2, or dilated, every tap is a quad of its own, with the tap at place 0.
static inline long gk_byte_quads(long kernel_width, long stride, long dilation) {
    if (dilation != 1 || stride > 2) return kernel_width;
    return stride == 1 ? (kernel_width + 4) / 4 : (kernel_width + 3) / 4;
}
static inline long gk_byte_variants(long stride, long dilation) { return dilation == 1 && stride == 1 ? 2 : 1; }

/// How many sets of byte kernels were compiled in, best first; the last is the baseline.
long gk_byte_set_count(void);
const gk_byte_table *gk_byte_set(long index);
/// Whether this processor can run it.
int gk_byte_set_runs(long index);

#ifdef __cplusplus
}
#endif
