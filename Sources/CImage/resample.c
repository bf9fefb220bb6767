/* The two passes of Pillow's 8-bit resize, to the bit. */
#include <string.h>

#include "CImage.h"

typedef uint8_t u8x4 __attribute__((ext_vector_type(4)));
typedef uint8_t u8x16 __attribute__((ext_vector_type(16)));
typedef int32_t i32x4 __attribute__((ext_vector_type(4)));
typedef int32_t i32x16 __attribute__((ext_vector_type(16)));

enum { precision = 22, half = 1 << (precision - 1) };

#define KERNEL(name) name##_baseline
#include "resample_kernels.h"
#undef KERNEL

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define KERNEL(name) name##_avx2
#include "resample_kernels.h"
#undef KERNEL
#pragma clang attribute pop
#endif

typedef struct kernels {
    void (*columns)(
        const uint8_t *const from[4], const graft_image_axis *axis, size_t first, uint8_t *to, size_t to_stride);
    void (*rows)(
        const uint8_t *from, size_t stride, const int32_t *weights, size_t count, size_t size, uint8_t *to);
} kernels;

static kernels choose_kernels(int portable) {
#if defined(__x86_64__)
    if (!portable && __builtin_cpu_supports("avx2")) return (kernels){columns_avx2, rows_avx2};
#else
    (void)portable;
#endif
    return (kernels){columns_baseline, rows_baseline};
}

/* Room for the byte past a row's last pixel, which is read and written. */
static size_t padded(size_t pixels) { return (pixels * 3 + 1 + 31) / 32 * 32; }

size_t graft_image_between_size(
    const graft_image_axis *columns, const graft_image_axis *rows, graft_image_order order) {
    /* Columns are resampled for four rows at a time. */
    if (order == graft_image_columns_first) return (rows->inputs + 3) / 4 * 4 * padded(columns->outputs);
    return rows->outputs * padded(columns->inputs) + 4 * padded(columns->outputs);
}

static void resample_columns_first(
    const uint8_t *pixels, size_t width, size_t height, const uint8_t *last_row, const graft_image_axis *columns,
    const graft_image_axis *rows, kernels kernels, uint8_t *between, uint8_t *to) {
    const size_t stride = padded(columns->outputs), size = columns->outputs * 3;
    for (size_t row = 0; row < rows->inputs; row += 4) {
        const uint8_t *from[4];
        for (size_t i = 0; i < 4; i++) {
            const size_t y = rows->first_input + (row + i < rows->inputs ? row + i : rows->inputs - 1);
            from[i] = y + 1 < height ? pixels + y * width * 3 : last_row;
        }
        kernels.columns(from, columns, 0, between + row * stride, stride);
    }
    for (size_t y = 0; y < rows->outputs; y++) {
        const uint8_t *from = between + ((size_t)rows->starts[y] - rows->first_input) * stride;
        const int32_t *weights = rows->weights + y * rows->capacity;
        kernels.rows(from, stride, weights, (size_t)rows->counts[y], size, to + y * size);
    }
}

static void resample_rows_first(
    const uint8_t *pixels, size_t width, const graft_image_axis *columns, const graft_image_axis *rows,
    kernels kernels, uint8_t *between, uint8_t *to) {
    const size_t stride = padded(columns->inputs), size = columns->outputs * 3;
    for (size_t y = 0; y < rows->outputs; y++) {
        const uint8_t *from = pixels + ((size_t)rows->starts[y] * width + columns->first_input) * 3;
        const int32_t *weights = rows->weights + y * rows->capacity;
        kernels.rows(
            from, width * 3, weights, (size_t)rows->counts[y], columns->inputs * 3, between + y * stride);
    }
    uint8_t *four = between + rows->outputs * stride;
    const size_t four_stride = padded(columns->outputs);
    for (size_t row = 0; row < rows->outputs; row += 4) {
        const size_t count = rows->outputs - row < 4 ? rows->outputs - row : 4;
        const uint8_t *from[4];
        for (size_t i = 0; i < 4; i++) from[i] = between + (row + (i < count ? i : count - 1)) * stride;
        kernels.columns(from, columns, columns->first_input, four, four_stride);
        for (size_t i = 0; i < count; i++) memcpy(to + (row + i) * size, four + i * four_stride, size);
    }
}

void graft_image_resample(
    const uint8_t *pixels, size_t width, size_t height, const uint8_t *last_row, const graft_image_axis *columns,
    const graft_image_axis *rows, graft_image_order order, int portable, uint8_t *between, uint8_t *to) {
    const kernels kernels = choose_kernels(portable);
    if (order == graft_image_columns_first) {
        resample_columns_first(pixels, width, height, last_row, columns, rows, kernels, between, to);
    } else {
        resample_rows_first(pixels, width, columns, rows, kernels, between, to);
    }
}

void graft_image_look_up(const uint8_t *from, size_t count, const float *table, float *to) {
    for (size_t i = 0; i < count; i++, from += 3, to += 3) {
        to[0] = table[from[0]];
        to[1] = table[256 + from[1]];
        to[2] = table[512 + from[2]];
    }
}
