// Kernels on pairs of bfloat16 against the plain formula.
#pragma once
#include "buffers.h"

static float pair_half(float pair, int is_odd) {
    uint32_t bits;
    memcpy(&bits, &pair, 4);
    bits = is_odd ? bits & 0xffff0000u : bits << 16;
    memcpy(&pair, &bits, 4);
    return pair;
}

// Two numbers of bfloat16 between -1 and 1 in each.
static float *some_pairs(long count) {
    float *taken = take(count), *numbers = floats(2 * count);
    for (long i = 0; i < count; i++) {
        uint32_t even, odd;
        memcpy(&even, numbers + 2 * i, 4);
        memcpy(&odd, numbers + 2 * i + 1, 4);
        odd = (odd & 0xffff0000u) | even >> 16;
        memcpy(taken + i, &odd, 4);
    }
    return taken;
}

static void pair_product(const gk_bf16_table *table, long rows, long vectors, long depth) {
    const long columns = vectors * table->lanes, stride = depth + 1;
    const float *a = some_pairs((rows - 1) * stride + depth), *b = some_pairs(columns * depth);
    gk_gemm g = {
        .segments = &a, .segment_count = 1, .depth = depth, .last_depth = depth, .pixel_stride = stride, .rows = rows,
        .panels = b, .bias = floats(columns), .vectors = vectors, .out = take(rows * columns), .out_stride = columns,
    };
    const long panels = gk_panel_count(vectors, table->panel);
    for (int is_vector = 0; is_vector <= (rows == 1); is_vector++) {
        (is_vector ? table->gemv : table->gemm)(&g, 0, panels);
        for (long m = 0; m < rows; m++)
            for (long n = 0; n < columns; n++) {
                long p = 0;
                while (gk_panel_start(p + 1, panels, vectors) * table->lanes <= n) p++;
                const long first = gk_panel_start(p, panels, vectors) * table->lanes;
                const long width = gk_panel_start(p + 1, panels, vectors) * table->lanes - first;
                double value = g.bias[n];
                for (long k = 0; k < depth; k++)
                    for (int half = 0; half < 2; half++)
                        value += (double)pair_half(a[m * stride + k], half)
                                 * pair_half(b[first * depth + k * width + n - first], half);
                if (!(fabs(g.out[m * columns + n] - value) <= 4e-6 * fmax(1, fabs(value)))) {
                    printf("bf16 %s: %ldx%ldx%ld: %g, not %g\n", table->name, rows, depth, columns,
                           (double)g.out[m * columns + n], value);
                    exit(1);
                }
            }
    }
    release();
}

static void pair_rounding(const gk_bf16_table *table, long channels) {
    const long pixels = 3, from = channels + 1, used = (channels + 1) / 2, to = used + 1;
    const float *source = floats((pixels - 1) * from + channels);
    float *made = take((pixels - 1) * to + used);
    table->round(source, from, made, to, pixels, channels);
    for (long p = 0; p < pixels; p++)
        for (long c = 0; c < 2 * used; c++) {
            const float found = pair_half(made[p * to + c / 2], (int)(c % 2)), wanted = c < channels ? source[p * from + c] : 0;
            // Half a unit in the last of eight binary digits.
            if (!(fabsf(found - wanted) <= fabsf(wanted) / 256)) {
                printf("bf16 %s: %g became %g\n", table->name, (double)wanted, (double)found);
                exit(1);
            }
        }
    release();
}

static void pairs(void) {
    for (long set = 0; set < gk_bf16_set_count(); set++) {
        if (!gk_bf16_set_runs(set)) continue;
        const gk_bf16_table *table = gk_bf16_set(set);
        for (long rows = 1; rows <= 13; rows++)
            for (long vectors = 1; vectors <= 7; vectors++) pair_product(table, rows, vectors, rows % 3 * 8 + vectors);
        for (long channels = 1; channels <= 70; channels++) pair_rounding(table, channels);
        printf("kernels: bf16, %s: every kernel is right\n", table->name);
    }
}
