// Every kernel of `gk_table` once more as its plain formula, in double precision: what Tests/Sanitize/kernels.c compares
// with. Each takes the kernel's own arguments and writes what the kernel has to write.
#pragma once
#include "CKernels.h"
#include <math.h>

static double formula_activation(gk_activation kind, double x) {
    const double three = x < -3 ? 0 : x > 3 ? 1 : (x + 3) / 6;
    switch (kind) {
    case GK_NONE: return x;
    case GK_RELU: return x > 0 ? x : 0;
    case GK_RELU6: return x < 0 ? 0 : x > 6 ? 6 : x;
    case GK_SILU: return x / (1 + exp(-x));
    case GK_HARD_SWISH: return x * three;
    case GK_HARD_SIGMOID: return three;
    case GK_SIGMOID: return 1 / (1 + exp(-x));
    case GK_GELU: return x * erfc(-x * sqrt(0.5)) / 2;
    case GK_GELU_TANH: return x / (1 + exp(-2 * sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case GK_QUICK_GELU: return x / (1 + exp(-1.702 * x));
    case GK_ACTIVATION_COUNT: break;
    }
    return NAN;
}

// Where B[k][n] is in the packed matrix.
static long formula_packed(const gk_gemm *g, const gk_table *table, long k, long n) {
    const long depth = (g->segment_count - 1) * g->depth + g->last_depth;
    const long panels = gk_panel_count(g->vectors, table->panel);
    long p = 0;
    while (gk_panel_start(p + 1, panels, g->vectors) * table->lanes <= n) p++;
    const long first = gk_panel_start(p, panels, g->vectors) * table->lanes;
    const long width = gk_panel_start(p + 1, panels, g->vectors) * table->lanes - first;
    return first * depth + k * width + n - first;
}

static void formula_gemm(const gk_gemm *g, const gk_table *table) {
    const long columns = g->vectors * table->lanes;
    const long written = g->tail ? columns - table->lanes + g->tail : columns;
    for (long n = 0; n < columns; n++) {
        double sum = g->sums && g->continues ? g->sums[n] : 0;
        for (long m = 0; m < g->rows; m++) {
            double value = g->bias[n];
            for (long s = 0, at = 0; s < g->segment_count; s++)
                for (long k = 0; k < (s + 1 < g->segment_count ? g->depth : g->last_depth); k++, at++)
                    value += g->segments[s][m * g->pixel_stride + k] * g->panels[formula_packed(g, table, at, n)];
            if (g->residual) value += g->residual[m * g->residual_stride + n];
            value = formula_activation(g->activation, value);
            if (g->after) value += g->after[n];
            sum += value;
            if (g->out && n < written) g->out[m * g->out_stride + n] = (float)value;
        }
        if (g->sums) g->sums[n] = (float)(sum * g->sum_scale);
    }
}

// Of `depthwise` and, where there is a group, of `grouped`.
static void formula_depthwise(const gk_depthwise *d, const gk_table *table) {
    const long group = d->group ? d->group : 1;
    for (long c = 0; c < d->vectors * table->lanes; c++) {
        double sum = 0;
        for (long x = 0; x < d->width; x++) {
            double value = d->bias[c];
            for (long y = 0; y < d->kernel_height; y++)
                for (long i = 0; i < group; i++)
                    for (long q = 0; q < d->kernel_width; q++)
                        value +=
                            (double)d->rows[y][(x * d->stride + q * d->dilation) * d->pixel_stride + c / group * group + i]
                            * d->weights[((y * group + i) * d->kernel_width + q) * d->weight_stride + c];
            value = formula_activation(d->activation, value);
            if (d->after) value += d->after[c];
            sum += value;
            d->out[x * d->out_stride + c] = (float)value;
        }
        if (d->sums) d->sums[c] = (float)sum;
    }
}

static void formula_window(const gk_window *w, const gk_table *table) {
    for (long x = 0; x < w->width; x++)
        for (long c = 0; c < w->vectors * table->lanes; c++) {
            double largest = -INFINITY, sum = 0;
            long count = 0;
            for (long y = 0; y < w->row_count; y++)
                for (long q = 0; q < w->kernel_width; q++) {
                    const long column = w->first_column + x * w->stride + q;
                    if (column < 0 || column >= w->input_width) continue;
                    const double value = w->rows[y][column * w->pixel_stride + c];
                    largest = fmax(largest, value);
                    sum += value;
                    count++;
                }
            const double mean = sum / (double)(w->divisor > 0 ? w->divisor : count);
            w->out[x * w->out_stride + c] = (float)(w->divisor == 0 ? largest : mean);
        }
}

static void formula_global(const gk_global *g, const gk_table *table) {
    for (long c = 0; c < g->vectors * table->lanes; c++) {
        double largest = -INFINITY, sum = 0, powers = 0;
        for (long p = 0; p < g->pixels; p++) {
            const double value = g->in[p * g->pixel_stride + c];
            largest = fmax(largest, value);
            sum += value;
            powers += pow(fmax(value, 1e-6), g->power);
        }
        const double mean = sum / (double)g->divisor, power = pow(powers / (double)g->divisor, 1 / g->power);
        g->out[c] = (float)(g->kind == GK_GLOBAL_MAX ? largest : g->kind == GK_GLOBAL_MEAN ? mean : power);
    }
}

// B' d B of each tile.
static void formula_winograd_input(const gk_winograd_input *w, const gk_table *table) {
    static const double b[4][4] = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};
    for (long t = 0; t < w->tiles; t++)
        for (long c = 0; c < w->vectors * table->lanes; c++)
            for (int position = 0; position < 16; position++) {
                double value = 0;
                for (int y = 0; y < 4; y++)
                    for (int x = 0; x < 4; x++)
                        value += b[position / 4][y] * b[position % 4][x]
                                 * w->rows[y][(2 * t + x) * w->pixel_stride + c];
                w->out[position * w->position_stride + t * w->tile_stride + c] = (float)value;
            }
}

// A g A' of each tile.
static void formula_winograd_gradient(const gk_winograd_input *w, const gk_table *table) {
    static const double a[4][2] = {{1, 0}, {1, 1}, {1, -1}, {0, -1}};
    for (long t = 0; t < w->tiles; t++)
        for (long c = 0; c < w->vectors * table->lanes; c++)
            for (int position = 0; position < 16; position++) {
                double value = 0;
                for (int y = 0; y < 2; y++)
                    for (int x = 0; x < 2; x++)
                        value += a[position / 4][y] * a[position % 4][x]
                                 * w->rows[y][(2 * t + x) * w->pixel_stride + c];
                w->out[position * w->position_stride + t * w->tile_stride + c] = (float)value;
            }
}

// A' m A of each tile.
static void formula_winograd_output(const gk_winograd_output *w, const gk_table *table) {
    static const double a[2][4] = {{1, 1, 1, 0}, {0, 1, -1, -1}};
    for (long y = 0; y < w->rows; y++)
        for (long x = 0; x < w->width; x++)
            for (long c = 0; c < w->vectors * table->lanes; c++) {
                double value = w->bias[c];
                for (int position = 0; position < 16; position++)
                    value += a[y][position / 4] * a[x % 2][position % 4]
                             * w->in[position * w->position_stride + x / 2 * w->tile_stride + c];
                if (w->residual) value += w->residual[y * w->residual_row + x * w->residual_stride + c];
                value = formula_activation(w->activation, value) + (w->after ? w->after[c] : 0);
                w->out[y * w->out_row + x * w->out_stride + c] = (float)value;
            }
}

typedef enum { FORMULA_ADD, FORMULA_MULTIPLY, FORMULA_AFFINE, FORMULA_ACTIVATE } formula_kind;

static void formula_binary(const gk_binary *e, const gk_table *table, formula_kind kind, const float *shift) {
    for (long p = 0; p < e->pixels; p++)
        for (long c = 0; c < e->vectors * table->lanes; c++) {
            const double a = e->a[p * e->a_stride + c], b = e->b[p * e->b_stride + c];
            const double value = kind == FORMULA_ADD        ? a + b
                                 : kind == FORMULA_MULTIPLY ? a * b
                                 : kind == FORMULA_AFFINE   ? a * b + shift[c]
                                                            : a;
            e->out[p * e->out_stride + c] = (float)formula_activation(e->activation, value);
        }
}
