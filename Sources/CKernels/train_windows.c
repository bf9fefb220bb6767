#include "CKernels.h"
#include <string.h>

typedef float f4 __attribute__((vector_size(16)));

static inline f4 four(const float *p) {
    f4 v;
    memcpy(&v, p, sizeof v);
    return v;
}

// out[k * width + n] = in[n * step + k] for 4 columns n and 4 rows k.
static inline void transpose(const float *in, int64_t step, float *out, int64_t width) {
    const f4 a = four(in), b = four(in + step), c = four(in + 2 * step), d = four(in + 3 * step);
    const f4 ab0 = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab1 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const f4 cd0 = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd1 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    const f4 rows[4] = {
        __builtin_shufflevector(ab0, cd0, 0, 1, 4, 5), __builtin_shufflevector(ab0, cd0, 2, 3, 6, 7),
        __builtin_shufflevector(ab1, cd1, 0, 1, 4, 5), __builtin_shufflevector(ab1, cd1, 2, 3, 6, 7)};
    for (int k = 0; k < 4; k++) memcpy(out + k * width, &rows[k], sizeof rows[k]);
}

void graft_train_pack(const float *source, int64_t row_step, int64_t column_step, int64_t depth, int64_t columns,
                      int64_t lanes, int64_t panel, int64_t first_panel, int64_t end_panel, float *panels) {
    const int64_t vectors = (columns + lanes - 1) / lanes, count = gk_panel_count(vectors, panel);
    for (int64_t p = first_panel; p < end_panel; p++) {
        const int64_t first = gk_panel_start(p, count, vectors) * lanes;
        const int64_t end = gk_panel_start(p + 1, count, vectors) * lanes;
        const int64_t real = end < columns ? end : columns;
        const int64_t width = end - first, filled = real < first ? 0 : real - first;
        float *out = panels + first * depth;
        const float *in = source + first * column_step;
        // Columns, and rows of those, that are turned four by four.
        const int64_t turned = row_step == 1 ? filled / 4 * 4 : 0, deep = depth / 4 * 4;
        for (int64_t n = 0; n < turned; n += 4) {
            // Columns may be a page apart, where the processor does not look ahead by itself.
            if (n + 16 <= turned) {
                for (int64_t k = 0; k < deep; k += 16)
                    for (int j = 12; j < 16; j++) __builtin_prefetch(in + (n + j) * column_step + k);
            }
            for (int64_t k = 0; k < deep; k += 4) transpose(in + n * column_step + k, column_step, out + k * width + n, width);
        }
        for (int64_t k = 0; k < depth; k++, out += width) {
            if (column_step == 1) {
                if (k + 8 < depth) {
                    for (int64_t n = 0; n < filled; n += 16) __builtin_prefetch(in + (k + 8) * row_step + n);
                }
                memcpy(out, in + k * row_step, (size_t)filled * sizeof *out);
            } else {
                for (int64_t n = k < deep ? turned : 0; n < filled; n++) out[n] = in[k * row_step + n * column_step];
            }
            for (int64_t n = filled; n < width; n++) out[n] = 0;
        }
    }
}

void graft_train_patches(const graft_train_window *w, const float *image, int64_t output_row, float *patches,
                         int64_t patch_stride) {
    const int64_t count = w->channels;
    for (int64_t ky = 0; ky < w->kernel_height; ky++) {
        const int64_t y = output_row * w->stride_height - w->top + ky * w->dilation_height;
        const int inside = y >= 0 && y < w->input_height;
        const float *row = image + (inside ? y : 0) * w->row_stride;
        for (int64_t kx = 0; kx < w->kernel_width; kx++) {
            float *out = patches + (ky * w->kernel_width + kx) * count;
            int64_t x = kx * w->dilation_width - w->left;
            for (int64_t o = 0; o < w->output_width; o++, out += patch_stride, x += w->stride_width) {
                if (!inside || x < 0 || x >= w->input_width) {
                    for (int64_t c = 0; c < count; c++) out[c] = 0;
                } else {
                    const float *in = row + x * w->pixel_stride;
                    for (int64_t c = 0; c < count; c++) out[c] = in[c];
                }
            }
        }
    }
}

void graft_train_scatter(const graft_train_window *w, const float *patches, int64_t patch_stride, int64_t output_row,
                         float *image) {
    const int64_t count = w->channels;
    for (int64_t ky = 0; ky < w->kernel_height; ky++) {
        const int64_t y = output_row * w->stride_height - w->top + ky * w->dilation_height;
        if (y < 0 || y >= w->input_height) continue;
        float *row = image + y * w->row_stride;
        for (int64_t kx = 0; kx < w->kernel_width; kx++) {
            const float *in = patches + (ky * w->kernel_width + kx) * count;
            int64_t x = kx * w->dilation_width - w->left;
            for (int64_t o = 0; o < w->output_width; o++, in += patch_stride, x += w->stride_width) {
                if (x < 0 || x >= w->input_width) continue;
                float *restrict out = row + x * w->pixel_stride;
                for (int64_t c = 0; c < count; c++) out[c] += in[c];
            }
        }
    }
}

void graft_train_pool(const graft_train_window *w, const float *image, const float *output, int64_t output_stride,
                      const float *gradient, int64_t gradient_stride, int64_t output_row, int64_t divisor,
                      float *image_gradient, int64_t pixel_stride, int64_t row_stride) {
    const int64_t top = output_row * w->stride_height - w->top;
    const int64_t first_y = top < 0 ? 0 : top;
    const int64_t end_y = top + w->kernel_height < w->input_height ? top + w->kernel_height : w->input_height;
    for (int64_t o = 0; o < w->output_width; o++, output += output_stride, gradient += gradient_stride) {
        const int64_t left = o * w->stride_width - w->left;
        const int64_t first_x = left < 0 ? 0 : left;
        const int64_t end_x = left + w->kernel_width < w->input_width ? left + w->kernel_width : w->input_width;
        const int64_t inside = (end_y - first_y) * (end_x - first_x);
        const float scale = divisor == 0 ? 1.f : 1.f / (float)(divisor > 0 ? divisor : inside);
        for (int64_t c = 0; c < w->channels; c++) {
            for (int64_t y = first_y; y < end_y; y++) {
                for (int64_t x = first_x; x < end_x; x++) {
                    if (divisor == 0 && image[y * w->row_stride + x * w->pixel_stride + c] != output[c]) continue;
                    image_gradient[y * row_stride + x * pixel_stride + c] += gradient[c] * scale;
                    if (divisor == 0) goto next;  // the first of equal values takes it all
                }
            }
        next:;
        }
    }
}

void graft_train_add(float *restrict a, const float *restrict b, int64_t n) {
    for (int64_t i = 0; i < n; i++) a[i] += b[i];
}

void graft_train_copy(const float *source, int64_t row_step, int64_t column_step, int64_t rows, int64_t columns,
                      float *restrict target) {
    // Blocks, so that both sides stay in the cache when one of them is read or written across.
    for (int64_t r0 = 0; r0 < rows; r0 += 16) {
        const int64_t end = r0 + 16 < rows ? r0 + 16 : rows;
        for (int64_t c0 = 0; c0 < columns; c0 += 16) {
            const int64_t last = c0 + 16 < columns ? c0 + 16 : columns;
            for (int64_t r = r0; r < end; r++)
                for (int64_t c = c0; c < last; c++) target[r * columns + c] = source[r * row_step + c * column_step];
        }
    }
}
