// Sums over rows of doubles: every set to the bit of the plain formula.
#pragma once
#include "buffers.h"

static double *doubles(long count, long seed) {
    double *values = (double *)(void *)take(2 * count);
    for (long i = 0; i < count; i++) values[i] = (double)((i * 37 + seed * 11) % 101) / 7 - 7;
    return values;
}

static void same_doubles(const gk_table *table, const char *kernel, const double *found, const double *expected, long count) {
    for (long i = 0; i < count; i++) {
        if (found[i] == expected[i]) continue;
        printf("kernels: %s: %s: %ld is %.17g, not %.17g\n", table->name, kernel, i, found[i], expected[i]);
        exit(1);
    }
}

static void double_sums(const gk_table *table) {
    for (long number = 0; number < 120; number++) {
        const long stride = 8 * (1 + number % 11), rows = 1 + number % 9, others = 1 + number % 7;
        const double *a = doubles(rows * stride, number), *b = doubles(others * stride, number + 1);
        double *out = doubles(rows * others, 0), *plain = doubles(rows * others, 0);
        table->row_products(a, rows, b, others, stride, out);
        for (long i = 0; i < rows; i++)
            for (long k = 0; k < others; k++) {
                double lanes[8] = {0};
                for (long at = 0; at < stride; at++) {
                    const double product = a[i * stride + at] * b[k * stride + at];
                    lanes[at % 8] += product;
                }
                for (long half = 4; half > 0; half /= 2)
                    for (long lane = 0; lane < half; lane++) lanes[lane] += lanes[lane + half];
                plain[i * others + k] = lanes[0];
            }
        same_doubles(table, "row_products", out, plain, rows * others);
        double *target = doubles(rows * stride, 5), *sums = doubles(rows * stride, 5);
        table->row_sums(target, rows, plain, b, others, stride);
        for (long i = 0; i < rows; i++)
            for (long n = 0; n < others; n++)
                for (long at = 0; at < stride; at++) {
                    const double product = plain[i * others + n] * b[n * stride + at];
                    sums[i * stride + at] += product;
                }
        same_doubles(table, "row_sums", target, sums, rows * stride);
        release();
    }
}
