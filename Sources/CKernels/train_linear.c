#include "CKernelsTraining.h"
#include <string.h>

// A fused multiply-add would round differently where the hardware has one.
#pragma STDC FP_CONTRACT OFF

// The functions that take vectors are all static: no calling convention is at stake.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float f4 __attribute__((vector_size(16)));
typedef double d4 __attribute__((vector_size(32)));

static inline d4 load(const float *p) {
    f4 v;
    memcpy(&v, p, sizeof v);
    return __builtin_convertvector(v, d4);
}

static inline d4 splat(double x) { return (d4){x, x, x, x}; }

static inline double reduce(d4 v) { return (v[0] + v[2]) + (v[1] + v[3]); }

// Up to 2 samples by 2 outputs; the indices repeat where there is only one, so that a sum's order is always the same.
static inline void linear_tile(const float *x0, const float *x1, const float *w0, const float *w1, int64_t inputs,
                               double out[4]) {
    d4 s00 = splat(0), s01 = splat(0), s10 = splat(0), s11 = splat(0);
    int64_t i = 0;
    for (; i + 4 <= inputs; i += 4) {
        d4 a0 = load(x0 + i), a1 = load(x1 + i), b0 = load(w0 + i), b1 = load(w1 + i);
        s00 += a0 * b0;
        s01 += a0 * b1;
        s10 += a1 * b0;
        s11 += a1 * b1;
    }
    out[0] = reduce(s00);
    out[1] = reduce(s01);
    out[2] = reduce(s10);
    out[3] = reduce(s11);
    for (; i < inputs; i++) {
        out[0] += (double)x0[i] * w0[i];
        out[1] += (double)x0[i] * w1[i];
        out[2] += (double)x1[i] * w0[i];
        out[3] += (double)x1[i] * w1[i];
    }
}

void graft_train_linear(const float *x, const float *w, const float *bias, float *y, int64_t batch, int64_t inputs,
                        int64_t outputs) {
    for (int64_t o = 0; o < outputs; o += 2) {
        int64_t o1 = o + 1 < outputs ? o + 1 : o;
        double b0 = bias ? bias[o] : 0, b1 = bias ? bias[o1] : 0;
        for (int64_t n = 0; n < batch; n += 2) {
            int64_t n1 = n + 1 < batch ? n + 1 : n;
            double sum[4];
            linear_tile(x + n * inputs, x + n1 * inputs, w + o * inputs, w + o1 * inputs, inputs, sum);
            y[n * outputs + o] = (float)(sum[0] + b0);
            y[n * outputs + o1] = (float)(sum[1] + b1);
            y[n1 * outputs + o] = (float)(sum[2] + b0);
            y[n1 * outputs + o1] = (float)(sum[3] + b1);
        }
    }
}

static inline void store(float *p, d4 v) {
    f4 f = __builtin_convertvector(v, f4);
    memcpy(p, &f, sizeof f);
}

void graft_train_product(const float *a, int64_t step, int64_t stride, const float *b, float *c, int64_t rows,
                         int64_t terms, int64_t columns) {
    for (int64_t r = 0; r < rows; r += 2) {
        int64_t r1 = r + 1 < rows ? r + 1 : r;
        const float *a0 = a + r * stride, *a1 = a + r1 * stride;
        float *c0 = c + r * columns, *c1 = c + r1 * columns;
        int64_t i = 0;
        for (; i + 8 <= columns; i += 8) {
            d4 s00 = splat(0), s01 = splat(0), s10 = splat(0), s11 = splat(0);
            for (int64_t k = 0; k < terms; k++) {
                d4 g0 = splat(a0[k * step]), g1 = splat(a1[k * step]);
                d4 v0 = load(b + k * columns + i), v1 = load(b + k * columns + i + 4);
                s00 += g0 * v0;
                s01 += g0 * v1;
                s10 += g1 * v0;
                s11 += g1 * v1;
            }
            store(c0 + i, s00);
            store(c0 + i + 4, s01);
            store(c1 + i, s10);
            store(c1 + i + 4, s11);
        }
        for (; i < columns; i++) {
            double s0 = 0, s1 = 0;
            for (int64_t k = 0; k < terms; k++) {
                s0 += (double)a0[k * step] * b[k * columns + i];
                s1 += (double)a1[k * step] * b[k * columns + i];
            }
            c0[i] = (float)s0;
            c1[i] = (float)s1;
        }
    }
}
