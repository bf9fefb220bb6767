#pragma once
#include <stdint.h>

// Kernels of training. Every sum runs in double precision in an order that depends on the shapes alone, so that results
// are the same bit for bit on every run and on every instruction set.

// y[n, o] = bias[o] + sum_i x[n, i] * w[o, i]; bias may be null.
void graft_train_linear(const float *x, const float *w, const float *bias, float *y, int64_t batch, int64_t inputs,
                        int64_t outputs);

// c[r, i] = sum_k a[k * step + r * stride] * b[k, i]: a linear layer's gradients.
void graft_train_product(const float *a, int64_t step, int64_t stride, const float *b, float *c, int64_t rows,
                         int64_t terms, int64_t columns);

// The constants of one Adam step; `step_size` is the rate over the first bias correction.
typedef struct {
    float decay_gradient; // added to the gradient times the weight (Adam)
    float keep;           // the weight is multiplied by it (AdamW), 1 for none
    float beta1, one_minus_beta1;
    float beta2, one_minus_beta2;
    float step_size;
    float inverse_root_correction; // 1 / sqrt(1 - beta2^t)
    float epsilon;
} graft_train_adam_constants;

// One Adam or AdamW step over n values; m and v are its running means.
void graft_train_adam(float *w, const float *g, float *m, float *v, int64_t n, const graft_train_adam_constants *c);

// One SGD step over n values; the momentum's buffer starts at zero, and is not read if `momentum` is.
void graft_train_sgd(float *w, const float *g, float *buffer, int64_t n, float rate, float decay, float momentum,
                     int nesterov);
