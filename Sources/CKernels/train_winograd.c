// The filters' side of Winograd's convolution F(2x2, 3x3): G g G' and its adjoint.
#include "CKernels.h"

void graft_train_winograd_filters(const float *filters, int64_t outputs, int64_t inputs, int backward, int64_t lanes,
                                  int64_t panel, int64_t first_panel, int64_t end_panel, float *matrices) {
    const int64_t depth = backward ? outputs : inputs, columns = backward ? inputs : outputs;
    const int64_t vectors = (columns + lanes - 1) / lanes, panels = gk_panel_count(vectors, panel);
    const int64_t size = depth * vectors * lanes;
    // A turned filter has the same transform with the first and the last position of each axis exchanged.
    static const int64_t turned[4] = {3, 1, 2, 0};
    for (int64_t p = first_panel; p < end_panel; p++) {
        const int64_t start = gk_panel_start(p, panels, vectors) * lanes;
        const int64_t width = gk_panel_start(p + 1, panels, vectors) * lanes - start;
        for (int64_t k = 0; k < depth; k++) {
            float *row = matrices + start * depth + k * width;
            for (int64_t n = 0; n < width; n++) {
                float spread[4][3] = {{0}};
                if (start + n < columns) {
                    const float *g =
                        filters + (backward ? k * inputs + start + n : (start + n) * inputs + k) * 9;
                    for (int64_t x = 0; x < 3; x++) {
                        spread[0][x] = g[x];
                        spread[1][x] = (g[x] + g[3 + x] + g[6 + x]) * 0.5f;
                        spread[2][x] = (g[x] - g[3 + x] + g[6 + x]) * 0.5f;
                        spread[3][x] = g[6 + x];
                    }
                }
                for (int64_t y = 0; y < 4; y++) {
                    const float *s = spread[y];
                    const float values[4] = {
                        s[0], (s[0] + s[1] + s[2]) * 0.5f, (s[0] - s[1] + s[2]) * 0.5f, s[2]};
                    for (int64_t x = 0; x < 4; x++) {
                        const int64_t position = backward ? turned[y] * 4 + turned[x] : y * 4 + x;
                        row[position * size + n] = values[x];
                    }
                }
            }
        }
    }
}

void graft_train_winograd_filter_gradients(const float *sums, int64_t position_step, int64_t input_step,
                                           int64_t output_step, int64_t inputs, int64_t first, int64_t end,
                                           float *gradients) {
    for (int64_t out = first; out < end; out++) {
        for (int64_t in = 0; in < inputs; in++) {
            const float *from = sums + in * input_step + out * output_step;
            float folded[3][4];
            for (int64_t x = 0; x < 4; x++) {
                const float a = from[x * position_step], b = from[(4 + x) * position_step];
                const float c = from[(8 + x) * position_step], d = from[(12 + x) * position_step];
                folded[0][x] = a + (b + c) * 0.5f;
                folded[1][x] = (b - c) * 0.5f;
                folded[2][x] = (b + c) * 0.5f + d;
            }
            float *to = gradients + (out * inputs + in) * 9;
            for (int64_t y = 0; y < 3; y++) {
                const float *f = folded[y];
                to[3 * y] = f[0] + (f[1] + f[2]) * 0.5f;
                to[3 * y + 1] = (f[1] - f[2]) * 0.5f;
                to[3 * y + 2] = (f[1] + f[2]) * 0.5f + f[3];
            }
        }
    }
}
