#pragma once
#include <stdint.h>

// Kernels of training. Every sum runs in double precision in an order that depends on the shapes alone, so that results
// are the same bit for bit on every run and on every instruction set.

// y[n, o] = bias[o] + sum_i x[n, i] * w[o, i]; bias may be null.
void graft_train_linear(const float *x, const float *w, const float *bias, float *y, int64_t batch, int64_t inputs,
                        int64_t outputs);

// c[r, i] = sum_k a[k * step + r * stride] * b[k, i]: a linear layer's gradients.
void graft_train_product(const float *a, int64_t step, int64_t stride, const float *b, float *c, int64_t rows,
                         int64_t terms, int64_t columns);

// The constants of one Adam step; `step_size` is the rate over the first bias correction.
typedef struct {
    float decay_gradient; // added to the gradient times the weight (Adam)
    float keep;           // the weight is multiplied by it (AdamW), 1 for none
    float beta1, one_minus_beta1;
    float beta2, one_minus_beta2;
    float step_size;
    float inverse_root_correction; // 1 / sqrt(1 - beta2^t)
    float epsilon;
} graft_train_adam_constants;

// One Adam or AdamW step over n values; m and v are its running means.
void graft_train_adam(float *w, const float *g, float *m, float *v, int64_t n, const graft_train_adam_constants *c);

// One SGD step over n values; the momentum's buffer starts at zero, and is not read if `momentum` is.
void graft_train_sgd(float *w, const float *g, float *buffer, int64_t n, float rate, float decay, float momentum,
                     int nesterov);

// Writes a matrix of `depth` rows in the panels that `gk_gemm` reads, those from `first_panel` to before `end_panel`: element
// (k, n) is source[k * row_step + n * column_step]. `panels` is where the first of all panels is.
void graft_train_pack(const float *source, int64_t row_step, int64_t column_step, int64_t depth, int64_t columns,
                      int64_t lanes, int64_t panel, int64_t first_panel, int64_t end_panel, float *panels);

// The filters of a 3x3 convolution, [outputs][inputs][3][3], as Winograd's 16 matrices from inputs to outputs, packed one
// after the other, of each the panels from `first_panel` to before `end_panel`; `backward`: those from the output's gradient to
// the input's, whose filters are turned by 180 degrees.
void graft_train_winograd_filters(const float *filters, int64_t outputs, int64_t inputs, int backward, int64_t lanes,
                                  int64_t panel, int64_t first_panel, int64_t end_panel, float *matrices);

// The reverse for the filters' gradients, of the outputs `first` to `end`: element (input, output) of matrix p is
// sums[p * position_step + input * input_step + output * output_step].
void graft_train_winograd_filter_gradients(const float *sums, int64_t position_step, int64_t input_step,
                                           int64_t output_step, int64_t inputs, int64_t first, int64_t end,
                                           float *gradients);

// Where a sliding window's taps lie.
typedef struct {
    int64_t kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
    int64_t top, left;  // margins
    int64_t input_height, input_width, output_width;
    int64_t channels, pixel_stride, row_stride;
} graft_train_window;

// The taps of every output pixel of a row, [output_width][kernel_height][kernel_width][channels]; zeros in the margins.
void graft_train_patches(const graft_train_window *window, const float *image, int64_t output_row, float *patches,
                         int64_t patch_stride);

// The reverse: adds every tap to the pixel it came from.
void graft_train_scatter(const graft_train_window *window, const float *patches, int64_t patch_stride,
                         int64_t output_row, float *image);

// Pooling backward for one output row: adds to the image's gradient. `divisor` as in gk_window: 0 for a maximum.
void graft_train_pool(const graft_train_window *window, const float *image, const float *output, int64_t output_stride,
                      const float *gradient, int64_t gradient_stride, int64_t output_row, int64_t divisor,
                      float *image_gradient, int64_t pixel_stride, int64_t row_stride);

// a[i] += b[i]
void graft_train_add(float *a, const float *b, int64_t n);

// target[r * columns + c] = source[r * row_step + c * column_step]
void graft_train_copy(const float *source, int64_t row_step, int64_t column_step, int64_t rows, int64_t columns,
                      float *target);
