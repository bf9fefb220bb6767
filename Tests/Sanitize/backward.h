// The kernels of the backward pass against their plain formulas. Included by kernels.c after its buffers.

static double formula_slope(gk_activation kind, double x) {
    const double s = 1 / (1 + exp(-x));
    switch (kind) {
    case GK_NONE: return 1;
    case GK_RELU: return x > 0;
    case GK_RELU6: return x > 0 && x < 6;
    case GK_SILU: return s * (1 + x * (1 - s));
    case GK_HARD_SWISH: return x <= -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1;
    case GK_HARD_SIGMOID: return x > -3 && x < 3 ? 1. / 6 : 0;
    case GK_SIGMOID: return s * (1 - s);
    }
    return NAN;
}

static void outer_sums(const gk_table *table) {
    long number = 0;
    for (long rows = 1; rows <= 27; rows++)
        for (long vectors = 1; vectors <= 7; vectors++, number++) {
            const long terms = 1 + number * 37 % 300, columns = vectors * table->lanes;
            const long a_stride = rows + 1, b_stride = columns + 3, out_stride = columns + 2;
            const long count = (rows - 1) * out_stride + columns;
            gk_outer o = {
                .a = floats((terms - 1) * a_stride + rows), .a_stride = a_stride, .rows = rows,
                .b = floats((terms - 1) * b_stride + columns), .b_stride = b_stride, .vectors = vectors,
                .terms = terms, .out = floats(count), .out_stride = out_stride, .continues = (int)(number % 2),
            };
            float *plain = twin(o.out, count);
            for (long r = 0; r < rows; r++)
                for (long c = 0; c < columns; c++) {
                    double sum = o.continues ? plain[r * out_stride + c] : 0;
                    for (long t = 0; t < terms; t++) sum += (double)o.a[t * a_stride + r] * o.b[t * b_stride + c];
                    plain[r * out_stride + c] = (float)sum;
                }
            table->outer(&o);
            compare(table, "outer", o.out, plain, count);
            release();
        }
}

static void depthwise_outer_sums(const gk_table *table) {
    // Height, width, stride and dilation of the kernel.
    static const long shapes[][4] = {{3, 3, 1, 1}, {3, 3, 2, 1}, {5, 5, 1, 1}, {5, 5, 2, 1}, {7, 7, 1, 1},
                                     {7, 7, 2, 1}, {1, 3, 1, 1}, {2, 4, 3, 1}, {3, 3, 1, 2}, {1, 2, 2, 3}};
    for (long width = 1; width <= 9; width++)
        for (int s = 0; s < 10; s++) {
            const long height = shapes[s][0], taps = shapes[s][1], stride = shapes[s][2], dilation = shapes[s][3];
            const long vectors = 1 + width % 3, channels = vectors * table->lanes, pixel = channels + 1;
            const long pixels = (width - 1) * stride + (taps - 1) * dilation + 1;
            const float *rows[7];
            for (long y = 0; y < height; y++) rows[y] = floats((pixels - 1) * pixel + channels);
            const long count = (height * taps - 1) * (channels + 2) + channels;
            gk_depthwise_outer d = {
                .rows = rows, .pixel_stride = pixel,
                .gradient = floats((width - 1) * (channels + 4) + channels), .gradient_stride = channels + 4,
                .out = floats(count), .out_stride = channels + 2, .vectors = vectors, .width = width,
                .kernel_height = height, .kernel_width = taps, .stride = stride, .dilation = dilation,
            };
            float *plain = twin(d.out, count);
            for (long y = 0; y < height; y++)
                for (long q = 0; q < taps; q++)
                    for (long c = 0; c < channels; c++) {
                        double sum = plain[(y * taps + q) * (channels + 2) + c];
                        for (long x = 0; x < width; x++)
                            sum += (double)rows[y][(x * stride + q * dilation) * pixel + c]
                                   * d.gradient[x * (channels + 4) + c];
                        plain[(y * taps + q) * (channels + 2) + c] = (float)sum;
                    }
            table->depthwise_outer(&d);
            compare(table, "depthwise_outer", d.out, plain, count);
            release();
        }
}

static void compare_sums(const gk_table *table, const char *kernel, const double *found, const double *expected, long n) {
    for (long i = 0; i < n; i++) {
        const double difference = fabs(found[i] - expected[i]);
        if (difference <= 1e-5 * fmax(1, fabs(expected[i]))) continue;
        fprintf(stderr, "kernels: %s: %s: sum %ld is %.9g, not %.9g\n", table->name, kernel, i, found[i], expected[i]);
        exit(1);
    }
}

static double *doubles(long count) {
    double *taken = (double *)take(2 * count);
    for (long i = 0; i < count; i++) taken[i] = (double)(i % 7) / 8;
    return taken;
}

static void normalization(const gk_table *table) {
    for (long number = 0; number < 140; number++) {
        const long rows = 1 + number % 37, vectors = 1 + number % 5, channels = vectors * table->lanes;
        const long x = channels + 1, g = channels + 2, out = channels + 3;
        gk_norm n = {
            .x = floats((rows - 1) * x + channels), .x_stride = x,
            .gradient = floats((rows - 1) * g + channels), .gradient_stride = g,
            .out = floats((rows - 1) * out + channels), .out_stride = out, .rows = rows, .vectors = vectors,
            .mean = floats(channels), .scale = floats(channels), .shift = floats(channels), .factor = floats(channels),
            .sums = doubles(2 * channels), .activation = activation(number),
        };
        // Beyond the kinks too.
        for (long c = 0; c < channels; c++) ((float *)n.scale)[c] *= 9;
        const long count = (rows - 1) * out + channels;
        float *plain = twin(n.out, count), *gated = twin(n.out, count), *spread = twin(n.out, count);
        double *sums = doubles(2 * channels), *squares = doubles(2 * channels), *products = doubles(2 * channels);
        const gk_norm free = {
            .x = n.x, .x_stride = x, .gradient = n.gradient, .gradient_stride = g, .out = twin(n.out, count),
            .out_stride = out, .rows = rows, .vectors = vectors, .mean = n.mean, .scale = n.scale, .shift = n.shift,
            .activation = n.activation,
        };
        float *unscaled = twin(n.out, count);
        for (long r = 0; r < rows; r++)
            for (long c = 0; c < channels; c++) {
                const double value = n.x[r * x + c], gradient = n.gradient[r * g + c];
                // The kernel rounds here too, which decides at a kink.
                const double before = formula_slope(n.activation, fmaf((float)value, n.scale[c], n.shift[c]));
                sums[c] += gradient * before;
                sums[channels + c] += gradient * before * (value - n.mean[c]);
                squares[c] += value - n.mean[c];
                squares[channels + c] += (value - n.mean[c]) * (value - n.mean[c]);
                products[c] += gradient * value;
                plain[r * out + c] = (float)(gradient * before * n.factor[c]);
                unscaled[r * out + c] = (float)(gradient * before);
                gated[r * out + c] = (float)(gradient * n.factor[c]);
                spread[r * out + c] =
                    (float)(gradient * n.factor[c] + (value - n.mean[c]) * n.scale[c] + n.shift[c]);
            }
        table->norm_gradient(&n);
        compare(table, "norm_gradient", n.out, plain, count);
        compare_sums(table, "norm_gradient", n.sums, sums, 2 * channels);
        table->norm_gradient(&free);
        compare(table, "norm_gradient alone", free.out, unscaled, count);
        n.sums = doubles(2 * channels);
        table->moments(&n);
        compare_sums(table, "moments", n.sums, squares, 2 * channels);
        n.sums = doubles(2 * channels);
        table->gate_gradient(&n);
        compare(table, "gate_gradient", n.out, gated, count);
        compare_sums(table, "gate_gradient", n.sums, products, channels);
        table->norm_backward(&n);
        compare(table, "norm_backward", n.out, spread, count);
        release();
    }
}

// Gathering and scattering are each other's adjoint, and pooling's gradient sums to the output's.
static void windows(void) {
    for (long number = 0; number < 300; number++) {
        graft_train_window w = {
            .kernel_height = 1 + number % 4, .kernel_width = 1 + number / 4 % 4, .stride_height = 1 + number % 3,
            .stride_width = 1 + number / 3 % 3, .dilation_height = 1 + number / 5 % 2, .dilation_width = 1 + number / 7 % 2,
            .top = number % 2, .left = number / 2 % 2, .input_height = 6, .input_width = 7, .channels = 1 + number % 5,
        };
        w.pixel_stride = w.channels + 1;
        w.row_stride = w.input_width * w.pixel_stride;
        w.output_width = (w.input_width + 2 * w.left - w.dilation_width * (w.kernel_width - 1) - 1) / w.stride_width + 1;
        const long heights = (w.input_height + 2 * w.top - w.dilation_height * (w.kernel_height - 1) - 1) / w.stride_height + 1;
        const long pixels = w.input_height * w.row_stride - 1, patch = w.kernel_height * w.kernel_width * w.channels;
        const long patches = (w.output_width - 1) * (patch + 2) + patch;
        const float *image = floats(pixels);
        float *scattered = floats(pixels);
        memset(scattered, 0, (size_t)pixels * sizeof(float));
        double there = 0, back = 0;
        for (long row = 0; row < heights; row++) {
            float *gathered = floats(patches), *random = floats(patches);
            graft_train_patches(&w, image, row, gathered, patch + 2);
            graft_train_scatter(&w, random, patch + 2, row, scattered);
            for (long o = 0; o < w.output_width; o++)
                for (long k = 0; k < patch; k++)
                    there += (double)gathered[o * (patch + 2) + k] * random[o * (patch + 2) + k];
        }
        for (long y = 0; y < w.input_height; y++)
            for (long x = 0; x < w.input_width; x++)
                for (long c = 0; c < w.channels; c++) {
                    const long at = y * w.row_stride + x * w.pixel_stride + c;
                    back += (double)image[at] * scattered[at];
                }
        if (fabs(there - back) > 1e-4 * fmax(1, fabs(there))) {
            fprintf(stderr, "kernels: patches and scatter disagree: %.9g and %.9g\n", there, back);
            exit(1);
        }
        release();
        const long n = 1 + number % 50, columns = 1 + number % 33, lanes = 4 << number % 3, panel = 1 + number % 4;
        const long whole = (columns + lanes - 1) / lanes * lanes;
        graft_train_pack(floats(n * columns), columns, 1, n, columns, lanes, panel, floats(n * whole), n);
        const float *source = floats(n * columns);
        float *turned = floats(n * columns), *again = floats(n * columns);
        graft_train_copy(source, 1, columns, columns, n, turned);
        graft_train_copy(turned, 1, n, n, columns, again);
        if (memcmp(source, again, (size_t)(n * columns) * sizeof(float)) != 0) {
            fprintf(stderr, "kernels: copy: turned twice, a matrix is another\n");
            exit(1);
        }
        graft_train_add(again, source, n * columns);
        release();
    }
}
