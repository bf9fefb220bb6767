// Layer normalisation and attention's weights against their plain formulas, at channels around whole vectors.
#pragma once
#include "buffers.h"
#include "training.h"

static void layer_norms(const gk_table *table) {
    for (long number = 0; number < 200; number++) {
        const long channels = 1 + number % 70, rows = 1 + number % 37;
        const long padded = (channels + table->lanes - 1) / table->lanes * table->lanes;
        const long stride = padded + number % 2 * table->lanes, count = (rows - 1) * stride + padded;
        float *weight = floats(padded), *bias = floats(padded);
        for (long c = channels; c < padded; c++) weight[c] = bias[c] = 0;
        double *sums = (double *)(void *)take(4 * padded), *plain_sums = (double *)(void *)take(4 * padded);
        for (long i = 0; i < 2 * padded; i++) sums[i] = plain_sums[i] = (double)(i % 3);
        gk_layer_norm n = {
            .x = floats(count),
            .x_stride = stride,
            .out = floats(count),
            .out_stride = stride,
            .rows = rows,
            .channels = channels,
            .epsilon = 1e-3f,
            .weight = number % 3 ? weight : NULL,
            .bias = bias,
            .gradient = floats(count),
            .gradient_stride = stride,
            .sums = sums,
        };
        float *plain = twin(n.out, count);
        table->layer_norm(&n);
        n.weight = weight;
        for (long r = 0; r < rows; r++) {
            double mean = 0, variance = 0;
            for (long c = 0; c < channels; c++) mean += n.x[r * stride + c] / (double)channels;
            for (long c = 0; c < channels; c++) {
                const double d = n.x[r * stride + c] - mean;
                variance += d * d / (double)channels;
            }
            for (long c = 0; c < padded; c++) {
                const double y = (n.x[r * stride + c] - mean) / sqrt(variance + 1e-3);
                plain[r * stride + c] = c >= channels ? 0 : (float)(number % 3 ? y * weight[c] + bias[c] : y);
            }
        }
        compare(table, "layer_norm", n.out, plain, count);

        if (number % 5 == 0) n.out = NULL;
        if (number % 7 == 0) n.sums = NULL;
        table->layer_norm_backward(&n);
        for (long r = 0; r < rows; r++) {
            double mean = 0, variance = 0, sum = 0, products = 0;
            for (long c = 0; c < channels; c++) mean += n.x[r * stride + c] / (double)channels;
            for (long c = 0; c < channels; c++) {
                const double d = n.x[r * stride + c] - mean;
                variance += d * d / (double)channels;
            }
            const double inverse = 1 / sqrt(variance + 1e-3);
            for (long c = 0; c < channels; c++) {
                const double y = (n.x[r * stride + c] - mean) * inverse, g = n.gradient[r * stride + c];
                sum += g * weight[c] / (double)channels;
                products += g * weight[c] * y / (double)channels;
                if (n.sums) plain_sums[c] += g * y, plain_sums[padded + c] += g;
            }
            for (long c = 0; c < padded; c++) {
                const double y = (n.x[r * stride + c] - mean) * inverse;
                plain[r * stride + c] =
                    c >= channels ? 0 : (float)((n.gradient[r * stride + c] * weight[c] - sum - y * products) * inverse);
            }
        }
        compare(table, "layer_norm_backward", n.out, plain, count);
        for (long c = channels; c < padded; c++)
            sums[c] = plain_sums[c], sums[padded + c] = plain_sums[padded + c];
        compare_sums(table, "layer_norm_backward's sums", sums, plain_sums, 2 * padded);
        release();
    }
}

// Two blocks of scores in turn, against the softmax of both.
static void softmaxes(const gk_table *table) {
    for (long number = 0; number < 200; number++) {
        const long rows = 1 + number % 5, first = 1 + number % 40, second = 1 + number * 7 % 40, width = 1 + number % 20;
        const long lanes = table->lanes;
        const long strides[2] = {(first + lanes - 1) / lanes * lanes, (second + lanes - 1) / lanes * lanes};
        const long padded = (width + lanes - 1) / lanes * lanes;
        float *blocks[2] = {floats(rows * strides[0]), floats(rows * strides[1])};
        for (long i = 0; i < rows * strides[1]; i++) blocks[1][i] *= number % 2 ? 60.f : 1.f;
        float *originals[2] = {twin(blocks[0], rows * strides[0]), twin(blocks[1], rows * strides[1])};
        float *sums = floats(rows * padded), *found = floats(rows * width), *plain = twin(found, rows * width);
        float *before = twin(sums, rows * padded);
        gk_softmax s = {
            .scores = blocks[0], .stride = strides[0], .rows = rows, .count = first, .scale = 0.7f,
            .most = floats(rows), .sum = floats(rows), .out = sums, .out_stride = padded, .vectors = padded / lanes,
        };
        table->softmax(&s);
        s.scores = blocks[1], s.stride = strides[1], s.count = second, s.continues = 1;
        table->softmax(&s);
        s.count = width;
        table->softmax_finish(&s, found, width);
        for (long r = 0; r < rows; r++) {
            double most[2] = {-INFINITY, -INFINITY}, total = 0;
            for (int b = 0; b < 2; b++)
                for (long c = 0; c < (b ? second : first); c++)
                    most[b] = fmax(most[b], 0.7 * originals[b][r * strides[b] + c]);
            const double largest = fmax(most[0], most[1]);
            for (int b = 0; b < 2; b++)
                for (long c = 0; c < (b ? second : first); c++)
                    total += exp(0.7 * originals[b][r * strides[b] + c] - largest);
            // What the first block left was relative to its own largest score.
            for (long c = 0; c < width; c++)
                plain[r * width + c] = (float)(before[r * padded + c] * exp(most[0] - largest) / total);
            for (long c = 0; c < second; c++) {
                const double weight = exp(0.7 * originals[1][r * strides[1] + c] - largest);
                originals[1][r * strides[1] + c] = (float)weight;
            }
            for (long c = second; c < strides[1]; c++) originals[1][r * strides[1] + c] = 0;
        }
        compare(table, "softmax_finish", found, plain, rows * width);
        // Scores of 60 have fewer digits behind the point.
        if (number % 2 == 0) compare(table, "softmax", blocks[1], originals[1], rows * strides[1]);
        release();

        float *weights = floats(rows * strides[0]), *gradient = floats(rows * strides[0]), *sum = floats(rows);
        for (long i = 0; i < rows * strides[0]; i++) {
            if (i % strides[0] >= first) weights[i] = 0;
            weights[i] = fabsf(weights[i]);
        }
        for (long r = 0; r < rows; r++) sum[r] = 2 + sum[r];
        float *plain_weights = twin(weights, rows * strides[0]), *plain_gradient = twin(gradient, rows * strides[0]);
        gk_softmax back = {.scores = weights, .stride = strides[0], .rows = rows, .count = first, .scale = 0.7f,
                           .sum = sum, .out = gradient, .out_stride = strides[0]};
        table->softmax_gradient(&back);
        for (long r = 0; r < rows; r++) {
            double along = 0;
            for (long c = 0; c < first; c++) {
                const long i = r * strides[0] + c;
                plain_weights[i] = (float)((double)plain_weights[i] / sum[r]);
                along += (double)plain_weights[i] * plain_gradient[i];
            }
            for (long c = 0; c < strides[0]; c++) {
                const long i = r * strides[0] + c;
                plain_gradient[i] = (float)(0.7 * plain_weights[i] * (plain_gradient[i] - along));
            }
        }
        compare(table, "softmax_gradient's weights", weights, plain_weights, rows * strides[0]);
        compare(table, "softmax_gradient", gradient, plain_gradient, rows * strides[0]);
        release();
    }
}
