/* Grey values, and how much of them changes from pixel to pixel. */
#include <math.h>

#include "CImage.h"

/* The same on every machine. */
#pragma STDC FP_CONTRACT OFF

typedef float lanes __attribute__((vector_size(16), aligned(4)));
typedef int32_t masks __attribute__((vector_size(16)));

void graft_image_grey(const uint8_t *from, size_t count, float *grey) {
    for (size_t i = 0; i < count; i++, from += 3) grey[i] = 0.299f * from[0] + 0.587f * from[1] + 0.114f * from[2];
}

static inline lanes load(const float *from) { return *(const lanes *)from; }

static inline lanes magnitude(lanes x) { return (lanes)((masks)x & 0x7FFFFFFF); }

void graft_image_detail(const float *grey, ptrdiff_t width, const ptrdiff_t columns[2], const ptrdiff_t rows[2],
                        ptrdiff_t step, ptrdiff_t reach, float sums[2]) {
    const float span = (float)(2 * reach + 1);
    lanes sharp = {0}, lost = {0};
    float sharp_end = 0, lost_end = 0;
    for (ptrdiff_t y = rows[0]; y < rows[1]; y++) {
        const float *row = grey + y * width;
        ptrdiff_t x = columns[0];
        for (; x + 4 <= columns[1]; x += 4) {
            const float *at = row + x;
            const lanes difference = magnitude(load(at) - load(at - step));
            /* The difference of two means of neighbours: what one has and the other has not. */
            const lanes blurred = magnitude(load(at + reach * step) - load(at - (reach + 1) * step)) / span;
            const lanes gone = difference - blurred;
            sharp += difference;
            lost += (lanes)((masks)gone & (gone > 0));
        }
        for (; x < columns[1]; x++) {
            const float *at = row + x;
            const float difference = fabsf(at[0] - at[-step]);
            const float gone = difference - fabsf(at[reach * step] - at[-(reach + 1) * step]) / span;
            sharp_end += difference;
            lost_end += gone > 0 ? gone : 0;
        }
    }
    for (int lane = 0; lane < 4; lane++) {
        sharp_end += sharp[lane];
        lost_end += lost[lane];
    }
    sums[0] = sharp_end;
    sums[1] = lost_end;
}
