#include "CKernelsTraining.h"
#include <math.h>

#pragma STDC FP_CONTRACT OFF

void graft_train_adam(float *restrict w, const float *restrict g, float *restrict m, float *restrict v, int64_t n,
                      const graft_train_adam_constants *constants) {
    const graft_train_adam_constants c = *constants;
    for (int64_t i = 0; i < n; i++) {
        float weight = w[i] * c.keep;
        float gradient = g[i] + c.decay_gradient * w[i];
        m[i] = m[i] * c.beta1 + gradient * c.one_minus_beta1;
        v[i] = v[i] * c.beta2 + gradient * gradient * c.one_minus_beta2;
        w[i] = weight - c.step_size * (m[i] / (sqrtf(v[i]) * c.inverse_root_correction + c.epsilon));
    }
}

void graft_train_sgd(float *restrict w, const float *restrict g, float *restrict buffer, int64_t n, float rate,
                     float decay, float momentum, int nesterov) {
    for (int64_t i = 0; i < n; i++) {
        float gradient = g[i] + decay * w[i];
        float step = gradient;
        if (momentum != 0) {
            buffer[i] = momentum * buffer[i] + gradient;
            step = nesterov ? gradient + momentum * buffer[i] : buffer[i];
        }
        w[i] -= rate * step;
    }
}
