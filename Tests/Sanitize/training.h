// The kernels of training against their plain formulas, for Tests/Sanitize/kernels.c.
#pragma once
#include "buffers.h"
#include "formulas.h"

static void outer(const gk_table *table) {
    for (long number = 0; number < 300; number++) {
        const long rows = 1 + number % 26, vectors = 1 + number % 9, terms = number % 7 == 0 ? 129 : 1 + number % 5;
        const long columns = vectors * table->lanes, a_stride = rows + 2, b_stride = columns + 1;
        const long out_stride = columns + 3, count = (rows - 1) * out_stride + columns;
        gk_outer o = {
            .a = floats((terms - 1) * a_stride + rows),
            .a_stride = a_stride,
            .rows = rows,
            .b = floats((terms - 1) * b_stride + columns),
            .b_stride = b_stride,
            .vectors = vectors,
            .terms = terms,
            .out = floats(count),
            .out_stride = out_stride,
            .continues = number % 2,
        };
        float *plain = twin(o.out, count);
        table->outer(&o);
        for (long r = 0; r < rows; r++)
            for (long v = 0; v < columns; v++) {
                double sum = o.continues ? plain[r * out_stride + v] : 0;
                for (long t = 0; t < terms; t++) sum += (double)o.a[t * a_stride + r] * o.b[t * b_stride + v];
                plain[r * out_stride + v] = (float)sum;
            }
        compare(table, "outer", o.out, plain, count);
        release();
    }
}

static void depthwise_outer(const gk_table *table) {
    // Height, width, stride and dilation of the kernel.
    static const long shapes[][4] = {{3, 3, 1, 1}, {3, 3, 2, 1}, {5, 5, 1, 1}, {5, 5, 2, 1}, {7, 7, 1, 1}, {7, 7, 2, 1},
                                     {3, 1, 1, 1}, {2, 4, 3, 1}, {3, 3, 1, 2}, {1, 2, 2, 3}};
    for (long number = 0; number < 200; number++) {
        const long *shape = shapes[number % 10], height = shape[0], taps = shape[1], stride = shape[2];
        const long width = 1 + number % 19, vectors = 1 + number % 3, channels = vectors * table->lanes;
        const long count = height * taps * channels;
        const float *rows[7];
        for (long y = 0; y < height; y++)
            rows[y] = floats(((width - 1) * stride + shape[3] * (taps - 1) + 1) * channels);
        const gk_depthwise_outer d = {
            .rows = rows,
            .pixel_stride = channels,
            .gradient = floats(width * channels),
            .gradient_stride = channels,
            .out = floats(count),
            .out_stride = channels,
            .vectors = vectors,
            .width = width,
            .kernel_height = height,
            .kernel_width = taps,
            .stride = stride,
            .dilation = shape[3],
        };
        float *plain = twin(d.out, count);
        table->depthwise_outer(&d);
        for (long i = 0; i < count; i++) {
            const long y = i / channels / taps, q = i / channels % taps, c = i % channels;
            double sum = plain[i];
            for (long x = 0; x < width; x++)
                sum += (double)rows[y][(x * stride + q * shape[3]) * channels + c] * d.gradient[x * channels + c];
            plain[i] = (float)sum;
        }
        compare(table, "depthwise_outer", d.out, plain, count);
        release();
    }
}

static void compare_sums(const gk_table *table, const char *kernel, const double *found, const double *expected,
                         long count) {
    float *narrow = take(count), *plain = take(count);
    for (long i = 0; i < count; i++) narrow[i] = (float)found[i], plain[i] = (float)expected[i];
    compare(table, kernel, narrow, plain, count);
}

// By differences; away from the kinks, where kernels take one side and this takes the mean.
static double slope(gk_activation kind, double x) {
    if (kind == GK_NONE) return 1;
    if (kind == GK_RELU) return x > 0;
    if (kind == GK_RELU6) return x > 0 && x < 6;
    if (kind == GK_HARD_SIGMOID) return x > -3 && x < 3 ? 1. / 6 : 0;
    if (kind == GK_HARD_SWISH) return x >= 3 ? 1 : x > -3 ? x / 3 + 0.5 : 0;
    return (formula_activation(kind, x + 1e-6) - formula_activation(kind, x - 1e-6)) / 2e-6;
}

static void normalization(const gk_table *table) {
    for (long number = 0; number < 200; number++) {
        const long rows = 1 + number % 37, vectors = 1 + number % 3, channels = vectors * table->lanes;
        const long count = rows * channels;
        float *scale = floats(channels);
        for (long c = 0; c < channels; c++) scale[c] *= 8;
        double *sums = (double *)(void *)take(4 * channels), *plain_sums = (double *)(void *)take(4 * channels);
        gk_norm n = {
            .x = floats(count),
            .x_stride = channels,
            .gradient = floats(count),
            .gradient_stride = channels,
            .out = floats(count),
            .out_stride = channels,
            .rows = rows,
            .vectors = vectors,
            .mean = floats(channels),
            .scale = scale,
            .shift = floats(channels),
            .factor = number % 2 ? floats(channels) : NULL,
            .sums = sums,
            .activation = activation(number),
        };
        float *plain = twin(n.out, count);
        // Each kernel adds to the sums of the one before.
        for (long i = 0; i < 2 * channels; i++) sums[i] = plain_sums[i] = (double)(i % 5);
        table->moments(&n);
        for (long i = 0; i < count; i++) {
            const double x = (double)n.x[i] - n.mean[i % channels];
            plain_sums[i % channels] += x;
            plain_sums[channels + i % channels] += x * x;
        }
        compare_sums(table, "moments", sums, plain_sums, 2 * channels);

        if (number % 3 == 0) n.sums = NULL;
        table->norm_gradient(&n);
        for (long i = 0; i < count; i++) {
            const long c = i % channels;
            const double g = n.gradient[i] * slope(n.activation, (double)n.x[i] * scale[c] + n.shift[c]);
            plain[i] = (float)(g * (n.factor ? n.factor[c] : 1));
            if (!n.sums) continue;
            plain_sums[c] += g;
            plain_sums[channels + c] += g * ((double)n.x[i] - n.mean[c]);
        }
        compare(table, "norm_gradient", n.out, plain, count);
        compare_sums(table, "norm_gradient's sums", sums, plain_sums, 2 * channels);

        n.sums = sums;
        n.factor = floats(channels);
        table->norm_backward(&n);
        for (long i = 0; i < count; i++) {
            const long c = i % channels;
            plain[i] = (float)((double)n.gradient[i] * n.factor[c] + ((double)n.x[i] - n.mean[c]) * scale[c] + n.shift[c]);
        }
        compare(table, "norm_backward", n.out, plain, count);

        table->gate_gradient(&n);
        for (long i = 0; i < count; i++) {
            plain[i] = n.gradient[i] * n.factor[i % channels];
            plain_sums[i % channels] += (double)n.gradient[i] * n.x[i];
        }
        compare(table, "gate_gradient", n.out, plain, count);
        compare_sums(table, "gate_gradient's sums", sums, plain_sums, 2 * channels);
        release();
    }
}

// What training has beside the table: whether the numbers are right is for Tests/TrainingTests.
static void training(void) {
    const graft_train_adam_constants adam = {0.01f, 0.99f, 0.9f, 0.1f, 0.999f, 0.001f, 0.001f, 1.f, 1e-8f};
    for (long number = 0; number < 200; number++) {
        const long batch = 1 + number % 9, inputs = 1 + number % 35, outputs = 1 + number % 13;
        float *x = floats(batch * inputs), *w = floats(outputs * inputs), *y = floats(batch * outputs);
        graft_train_linear(x, w, number % 2 ? floats(outputs) : NULL, y, batch, inputs, outputs);
        // dW = dY' X and dX = dY W.
        float *gradient = floats(outputs * inputs);
        graft_train_product(y, outputs, 1, x, gradient, outputs, batch, inputs);
        graft_train_product(y, 1, outputs, w, floats(batch * inputs), batch, outputs, inputs);
        const long n = outputs * inputs;
        float *mean = floats(n), *square = floats(n);
        for (long i = 0; i < n; i++) square[i] *= square[i];
        graft_train_adam(w, gradient, mean, square, n, &adam);
        graft_train_sgd(w, gradient, floats(n), n, 0.1f, 0.01f, number % 2 ? 0.9f : 0.f, (int)(number % 4 == 3));
        release();
    }
}

static void windows(void) {
    for (long number = 0; number < 300; number++) {
        const long channels = 1 + number % 5, stride = channels + number % 3;
        const long taps = 1 + number % 4, step = 1 + number % 3, dilation = 1 + number % 2;
        const long height = 5 + number % 4, width = 4 + number % 7, margin = number % 2;
        const long columns = (width + 2 * margin - dilation * (taps - 1) - 1) / step + 1;
        const long rows = (height + 2 * margin - dilation * (taps - 1) - 1) / step + 1;
        if (width + 2 * margin <= dilation * (taps - 1) || height + 2 * margin <= dilation * (taps - 1)) continue;
        const graft_train_window w = {taps, taps, step, step, dilation, dilation, margin, margin, height, width, columns,
                                      channels, stride, width * stride};
        const long pixels = height * width * stride - (stride - channels);
        const long patch = taps * taps * channels, patch_stride = patch + number % 2;
        const float *image = floats(pixels);
        float *gradient = floats(pixels), *patches = floats((columns - 1) * patch_stride + patch);
        float *output = floats(columns * channels), *output_gradient = floats(columns * channels);
        for (long y = 0; y < rows; y++) {
            graft_train_patches(&w, image, y, patches, patch_stride);
            graft_train_scatter(&w, patches, patch_stride, y, gradient);
            if (dilation == 1)
                graft_train_pool(&w, image, output, channels, output_gradient, channels, y, number % 3 - 1, gradient,
                                 stride, width * stride);
        }
        release();

        const long depth = 1 + number % 6, outputs = 1 + number % 40, lanes = 4 << number % 3, panel = 2 + number % 3;
        const long vectors = (outputs + lanes - 1) / lanes;
        const float *source = floats(depth * outputs);
        const long panels = gk_panel_count(vectors, panel);
        graft_train_pack(source, outputs, 1, depth, outputs, lanes, panel, 0, panels, floats(depth * vectors * lanes));
        graft_train_pack(source, 1, depth, depth, outputs, lanes, panel, number % panels, panels, floats(depth * vectors * lanes));
        float *copy = floats(depth * outputs);
        graft_train_copy(source, 1, outputs, outputs, depth, copy);
        graft_train_add(copy, source, depth * outputs);
        release();
    }
}
