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

/* Room for the byte that is written past a row's last pixel. */
static size_t between_stride(size_t columns) { return (columns * 3 + 1 + 31) / 32 * 32; }

/* Rows are resampled four at a time. */
size_t graft_image_between_size(size_t rows, size_t columns) { return (rows + 3) / 4 * 4 * between_stride(columns); }

void graft_image_resample(
    const uint8_t *pixels, size_t width, size_t height, const uint8_t *last_row, size_t first_row, size_t rows,
    const graft_image_axis *columns, const graft_image_axis *lines, uint8_t *between, uint8_t *to) {
    void (*resample_columns)(const uint8_t *const[4], const graft_image_axis *, uint8_t *, size_t) = columns_baseline;
    void (*resample_lines)(const uint8_t *, size_t, const int32_t *, size_t, size_t, uint8_t *) = lines_baseline;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) resample_columns = columns_avx2, resample_lines = lines_avx2;
#endif
    const size_t stride = between_stride(columns->outputs);
    for (size_t row = 0; row < rows; row += 4) {
        const uint8_t *from[4];
        for (size_t i = 0; i < 4; i++) {
            const size_t y = first_row + (row + i < rows ? row + i : rows - 1);
            from[i] = y + 1 < height ? pixels + y * width * 3 : last_row;
        }
        resample_columns(from, columns, between + row * stride, stride);
    }
    const size_t size = columns->outputs * 3;
    for (size_t y = 0; y < lines->outputs; y++) {
        const uint8_t *from = between + ((size_t)lines->starts[y] - first_row) * stride;
        resample_lines(from, stride, lines->weights + y * lines->capacity, (size_t)lines->counts[y], size, to + y * size);
    }
}

void graft_image_look_up(const uint8_t *from, size_t count, const float *table, float *to) {
    for (size_t i = 0; i < count; i++, from += 3, to += 3) {
        to[0] = table[from[0]];
        to[1] = table[256 + from[1]];
        to[2] = table[512 + from[2]];
    }
}
