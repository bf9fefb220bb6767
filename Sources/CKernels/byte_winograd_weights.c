// The weights of Winograd's F(4x4, 3x3) in whole numbers; see gk_byte_winograd_input.
#include "CKernels.h"

// The rows of 24 G, but for the factor 2 of the last one that the output's transform has, times three numbers.
static void spread(int a, int b, int c, int *u, long step) {
    u[0] = 6 * a;
    u[step] = -4 * (a + b + c);
    u[2 * step] = -4 * (a - b + c);
    u[3 * step] = a + 2 * b + 4 * c;
    u[4 * step] = a - 2 * b + 4 * c;
    u[5 * step] = 12 * c;
}

void gk_byte_winograd_pack(const int8_t *weights, long channels, const long *order, long count, int16_t *out) {
    const long pairs = (channels + 1) / 2;
    for (long channel = 0; channel < 2 * pairs; channel++) {
        for (long index = 0; index < count; index++) {
            int16_t *to = out + (channel / 2 * count + index) * 2 + channel % 2;
            if (order[index] < 0 || channel >= channels) {
                for (long p = 0; p < 36; p++) to[p * pairs * count * 2] = 0;
                continue;
            }
            const int8_t *g = weights + (order[index] * channels + channel) * 9;
            int down[18], u[6];
            for (long x = 0; x < 3; x++) spread(g[x], g[3 + x], g[6 + x], down + x, 3);
            for (long y = 0; y < 6; y++) {
                spread(down[3 * y], down[3 * y + 1], down[3 * y + 2], u, 1);
                for (long x = 0; x < 6; x++) to[(6 * y + x) * pairs * count * 2] = (int16_t)u[x];
            }
        }
    }
}
