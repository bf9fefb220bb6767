/* Turning and shearing, to the bit as Pillow's transform(AFFINE) does it. */
#include <math.h>
#include <string.h>

#include "CImage.h"

#pragma STDC FP_CONTRACT OFF

static int64_t fixed_point(double value) { return (int64_t)floor(value * 65536.0 + 0.5); }

void graft_image_warp_nearest(
    const uint8_t *from, size_t width, size_t height, const double m[6], const uint8_t fill[3], uint8_t *to) {
    const int64_t across_x = fixed_point(m[0]), across_y = fixed_point(m[3]);
    const int64_t down_x = fixed_point(m[1]), down_y = fixed_point(m[4]);
    int64_t row_x = fixed_point(m[2] + m[0] * 0.5 + m[1] * 0.5);
    int64_t row_y = fixed_point(m[5] + m[3] * 0.5 + m[4] * 0.5);
    for (size_t y = 0; y < height; y++, row_x += down_x, row_y += down_y) {
        int64_t at_x = row_x, at_y = row_y;
        for (size_t x = 0; x < width; x++, to += 3, at_x += across_x, at_y += across_y) {
            const int64_t column = at_x >> 16, row = at_y >> 16;
            const int inside = column >= 0 && column < (int64_t)width && row >= 0 && row < (int64_t)height;
            memcpy(to, inside ? from + ((size_t)row * width + (size_t)column) * 3 : fill, 3);
        }
    }
}

static inline double between(double a, double b, double share) { return a + (b - a) * share; }

void graft_image_warp_bilinear(
    const uint8_t *from, size_t width, size_t height, const double m[6], const uint8_t fill[3], uint8_t *to) {
    for (size_t y = 0; y < height; y++) {
        for (size_t x = 0; x < width; x++, to += 3) {
            const double column = (double)x + 0.5, row = (double)y + 0.5;
            double at_x = m[0] * column + m[1] * row + m[2], at_y = m[3] * column + m[4] * row + m[5];
            if (!(at_x >= 0 && at_x < (double)width && at_y >= 0 && at_y < (double)height)) {
                memcpy(to, fill, 3);
                continue;
            }
            at_x -= 0.5, at_y -= 0.5;
            /* Half a pixel beyond the rim is still inside: there the rim is repeated. */
            const int32_t left_edge = at_x < 0 ? -1 : (int32_t)at_x, top_edge = at_y < 0 ? -1 : (int32_t)at_y;
            const double across = at_x - left_edge, down = at_y - top_edge;
            const size_t left = left_edge < 0 ? 0 : (size_t)left_edge, top = top_edge < 0 ? 0 : (size_t)top_edge;
            const size_t right = (size_t)(left_edge + 1) < width ? (size_t)(left_edge + 1) : width - 1;
            const size_t bottom = (size_t)(top_edge + 1) < height ? (size_t)(top_edge + 1) : height - 1;
            const uint8_t *a = from + (top * width + left) * 3, *b = from + (top * width + right) * 3;
            const uint8_t *c = from + (bottom * width + left) * 3, *d = from + (bottom * width + right) * 3;
            for (int i = 0; i < 3; i++) {
                to[i] = (uint8_t)between(between(a[i], b[i], across), between(c[i], d[i], across), down);
            }
        }
    }
}
