// Every kernel of every instruction set that this processor has, against its plain formula, on buffers of exactly the
// size that it may touch: a step too far stops the program (AddressSanitizer, else a page that may not be touched). Runs
// on this machine's processor (`make test-sanitize`) and on an emulated one (`make test-neon`).
#define _DEFAULT_SOURCE  // MAP_ANON
#include "buffers.h"
#include "bytes.h"
#include "doubles.h"
#include "formulas.h"
#include "pairs.h"
#include "tokens.h"
#include "training.h"

static void product(const gk_table *table, long rows, long vectors, long segments, long depth, long last, long number) {
    const long columns = vectors * table->lanes, total = (segments - 1) * depth + last;
    const long stride = depth + 3, out_stride = columns + 2;
    const long tail = number % 4 == 0 ? number / 4 % table->lanes : 0;
    const long written = tail == 0 ? columns : columns - table->lanes + tail;
    const long count = (rows - 1) * out_stride + written;
    // The second half of the last vector may be left out: the same as zeros.
    const int half = number % 5 == 0;
    const long real = half ? columns - table->lanes / 2 : columns;
    float *matrix = floats(total * columns), *bias = floats(columns);
    float *after = number % 4 < 2 ? floats(columns) : NULL;
    const float *inputs[3];
    for (long s = 0; s < segments; s++) inputs[s] = floats((rows - 1) * stride + (s + 1 < segments ? depth : last));
    gk_gemm g = {
        .segments = inputs,
        .segment_count = segments,
        .depth = depth,
        .last_depth = last,
        .pixel_stride = stride,
        .rows = rows,
        .panels = matrix,
        .bias = bias,
        .after = after,
        .vectors = vectors,
        .out = floats(count),
        .out_stride = out_stride,
        .residual = number % 3 == 0 ? floats((rows - 1) * out_stride + columns) : NULL,
        .residual_stride = out_stride,
        .sums = number % 2 == 0 ? floats(columns) : NULL,
        .sum_scale = 0.5f,
        .continues = number % 5 == 0,
        .tail = tail,
        .half = half,
        .asks = number % 2,
        .ahead = matrix,
        .ahead_count = number % 3 == 1 ? 1 + number % 40 : 0,
        .activation = activation(number),
    };
    for (long n = real; n < columns; n++) {
        bias[n] = 0;
        if (after) after[n] = 0;
        for (long k = 0; k < total; k++) matrix[formula_packed(&g, table, k, n)] = 0;
    }
    gk_gemm plain = g;
    plain.out = twin(g.out, count);
    plain.sums = twin(g.sums, columns);
    const long panels = gk_panel_count(vectors, table->panel);
    table->gemm(&g, 0, panels);
    formula_gemm(&plain, table);
    compare(table, "gemm", g.out, plain.out, count);
    compare(table, "gemm's sums", g.sums, plain.sums, columns);
    if (rows == 1) {
        g.residual = plain.residual = NULL;
        g.sums = plain.sums = NULL;
        table->gemv(&g, 0, panels);
        formula_gemm(&plain, table);
        compare(table, "gemv", g.out, plain.out, count);
    }
    release();
}

static void products(const gk_table *table) {
    static const long shapes[][3] = {{1, 1, 1}, {1, 5, 5}, {3, 4, 2}, {2, 16, 16}, {1, 130, 130}, {2, 19, 1}};
    long number = 0;
    for (long rows = 1; rows <= 49; rows += rows < 17 ? 1 : 8)
        for (long vectors = 1; vectors <= 9; vectors++)
            for (int s = 0; s < 6; s++)
                product(table, rows, vectors, shapes[s][0], shapes[s][1], shapes[s][2], number++);
}

// Of a kernel `height` by `taps`; in groups of several channels where `group` is not 0.
static void depthwise_case(const gk_table *table, long width, long vectors, long height, long taps, long stride,
                           long dilation, long group, long number) {
    const long channels = vectors * table->lanes;
    const float *rows[7];
    for (long y = 0; y < height; y++) rows[y] = floats(((width - 1) * stride + dilation * (taps - 1) + 1) * channels);
    const gk_depthwise d = {
        .rows = rows,
        .pixel_stride = channels,
        .weights = floats(height * taps * (group ? group : 1) * channels),
        .weight_stride = channels,
        .bias = floats(channels),
        .after = number % 3 == 0 ? floats(channels) : NULL,
        .out = floats(width * channels),
        .out_stride = channels,
        .sums = number % 2 == 0 ? floats(channels) : NULL,
        .vectors = vectors,
        .width = width,
        .kernel_height = height,
        .kernel_width = taps,
        .stride = stride,
        .dilation = dilation,
        .group = group,
        .activation = activation(number),
    };
    gk_depthwise plain = d;
    plain.out = twin(d.out, width * channels);
    plain.sums = twin(d.sums, channels);
    if (group) table->grouped(&d);
    else table->depthwise(&d);
    formula_depthwise(&plain, table);
    compare(table, group ? "grouped" : "depthwise", d.out, plain.out, width * channels);
    compare(table, group ? "grouped's sums" : "depthwise's sums", d.sums, plain.sums, channels);
    release();
}

static void depthwise(const gk_table *table) {
    // Height, width, stride and dilation of the kernel.
    static const long shapes[][4] = {{3, 3, 1, 1}, {3, 3, 2, 1}, {5, 5, 1, 1}, {5, 5, 2, 1}, {7, 7, 1, 1}, {7, 7, 2, 1},
                                     {1, 3, 1, 1}, {3, 1, 1, 1}, {2, 4, 3, 1}, {3, 3, 1, 2}, {1, 2, 2, 3}};
    long number = 0;
    for (long width = 1; width <= 19; width++)
        for (long vectors = 1; vectors <= 3; vectors++) {
            for (int s = 0; s < 11; s++, number++)
                depthwise_case(table, width, vectors, shapes[s][0], shapes[s][1], shapes[s][2], shapes[s][3], 0, number);
            for (long stride = 1; stride <= 2; stride++)
                for (long group = 2; group <= table->lanes; group *= 2, number++)
                    depthwise_case(table, width, vectors, 3, 3, stride, 1, group, number);
        }
}

static void pooling(const gk_table *table) {
    // Input and output width, kernel, stride, first column.
    static const long shapes[][5] = {{1, 1, 3, 1, -1}, {7, 4, 3, 2, -1}, {8, 4, 2, 2, 0}, {5, 5, 3, 1, -1},
                                     {9, 3, 4, 3, -1}};
    for (int s = 0; s < 5; s++)
        for (long divisor = -1; divisor <= 1; divisor++)
            for (long vectors = 1; vectors <= 3; vectors++) {
                const long channels = vectors * table->lanes;
                const float *rows[3];
                for (int y = 0; y < 3; y++) rows[y] = floats(shapes[s][0] * channels);
                const gk_window w = {
                    .rows = rows,
                    .row_count = vectors,
                    .pixel_stride = channels,
                    .input_width = shapes[s][0],
                    .out = floats(shapes[s][1] * channels),
                    .out_stride = channels,
                    .width = shapes[s][1],
                    .vectors = vectors,
                    .first_column = shapes[s][4],
                    .kernel_width = shapes[s][2],
                    .stride = shapes[s][3],
                    .divisor = divisor,
                };
                gk_window plain = w;
                plain.out = twin(w.out, shapes[s][1] * channels);
                table->window(&w);
                formula_window(&plain, table);
                compare(table, "window", w.out, plain.out, shapes[s][1] * channels);
                release();
            }
    for (int kind = GK_GLOBAL_MEAN; kind <= GK_GLOBAL_POWER; kind++)
        for (long pixels = 1; pixels <= 49; pixels += 6) {
            const long vectors = 1 + pixels % 3;
            const gk_global g = {
                .in = floats(pixels * vectors * table->lanes),
                .pixel_stride = vectors * table->lanes,
                .pixels = pixels,
                .vectors = vectors,
                .divisor = pixels,
                .out = floats(vectors * table->lanes),
                .kind = kind,
                .power = 3,
            };
            gk_global plain = g;
            plain.out = twin(g.out, vectors * table->lanes);
            table->global(&g);
            formula_global(&plain, table);
            compare(table, "global", g.out, plain.out, vectors * table->lanes);
            release();
        }
}

static void winograd(const gk_table *table) {
    for (long width = 1; width <= 9; width++)
        for (long rows = 1; rows <= 2; rows++)
            for (long vectors = 1; vectors <= 3; vectors++) {
                const long tiles = (width + 1) / 2, channels = vectors * table->lanes;
                float *products = floats(16 * tiles * channels);
                gk_winograd_input in = {
                    .pixel_stride = channels,
                    .tiles = tiles,
                    .vectors = vectors,
                    .out = products,
                    .position_stride = tiles * channels,
                    .tile_stride = channels,
                };
                for (int y = 0; y < 4; y++) in.rows[y] = floats((2 * tiles + 2) * channels);
                gk_winograd_input plain_in = in;
                plain_in.out = twin(in.out, 16 * tiles * channels);
                table->winograd_input(&in);
                formula_winograd_input(&plain_in, table);
                compare(table, "winograd_input", in.out, plain_in.out, 16 * tiles * channels);
                for (int y = 0; y < 2; y++) in.rows[y] = plain_in.rows[y] = floats(2 * tiles * channels);
                table->winograd_gradient(&in);
                formula_winograd_gradient(&plain_in, table);
                compare(table, "winograd_gradient", in.out, plain_in.out, 16 * tiles * channels);
                const gk_winograd_output out = {
                    .in = products,
                    .position_stride = tiles * channels,
                    .tile_stride = channels,
                    .tiles = tiles,
                    .vectors = vectors,
                    .bias = floats(channels),
                    .after = width % 2 ? floats(channels) : NULL,
                    .residual = width % 3 == 0 ? NULL : floats(rows * width * channels),
                    .residual_stride = channels,
                    .residual_row = width * channels,
                    .out = floats(rows * width * channels),
                    .out_stride = channels,
                    .out_row = width * channels,
                    .rows = rows,
                    .width = width,
                    .activation = activation(width + rows),
                };
                gk_winograd_output plain_out = out;
                plain_out.out = twin(out.out, rows * width * channels);
                table->winograd_output(&out);
                formula_winograd_output(&plain_out, table);
                compare(table, "winograd_output", out.out, plain_out.out, rows * width * channels);
                release();
            }
}

static void elementwise(const gk_table *table) {
    // Where functions saturate, and numbers overflow on the way.
    static const float edges[] = {-1e30f, -1000, -127, -88, -20, -3, -0.f, 0, 3, 6, 20, 88, 127, 1000, 1e30f};
    for (long number = 0; number < 70; number++) {
        const long pixels = 1 + number % 5, vectors = 1 + number % 7, channels = vectors * table->lanes;
        float *a = floats(pixels * channels);
        for (long i = 0; i < pixels * channels; i++)
            if (number % 3 == 0) a[i] = edges[i % 15];
            else if (number % 3 == 1) a[i] *= 30;
        const int one = number % 2;
        const gk_binary e = {
            .a = a,
            .b = floats((one ? 1 : pixels) * channels),
            .out = floats(pixels * channels),
            .a_stride = channels,
            .b_stride = one ? 0 : channels,
            .out_stride = channels,
            .pixels = pixels,
            .vectors = vectors,
            .activation = activation(number),
        };
        const float *shift = floats(channels), *factors = floats(pixels);
        gk_binary plain = e;
        plain.out = twin(e.out, pixels * channels);
        table->add(&e);
        formula_binary(&plain, table, FORMULA_ADD, NULL);
        compare(table, "add", e.out, plain.out, pixels * channels);
        table->multiply(&e);
        formula_binary(&plain, table, FORMULA_MULTIPLY, NULL);
        compare(table, "multiply", e.out, plain.out, pixels * channels);
        table->affine(&e, shift);
        formula_binary(&plain, table, FORMULA_AFFINE, shift);
        compare(table, "affine", e.out, plain.out, pixels * channels);
        table->activate(&e);
        formula_binary(&plain, table, FORMULA_ACTIVATE, NULL);
        compare(table, "activate", e.out, plain.out, pixels * channels);
        table->scale_rows(e.a, factors, e.out, pixels, vectors);
        for (long i = 0; i < pixels * channels; i++) plain.out[i] = e.a[i] * factors[i / channels];
        compare(table, "scale_rows", e.out, plain.out, pixels * channels);
        release();
    }
}

// A kernel that measures the machine has to do what it is said to do.
static void peaks(const gk_table *table) {
    for (long vectors = 1; vectors <= 19; vectors++) {
        const float *from = floats(vectors * table->lanes);
        float *sum = floats(table->lanes), *plain = take(table->lanes);
        table->peak_read(from, vectors, sum);
        for (long n = 0; n < table->lanes; n++) {
            double total = 0;
            for (long v = 0; v < vectors; v++) total += from[v * table->lanes + n];
            plain[n] = (float)total;
        }
        compare(table, "peak_read", sum, plain, table->lanes);
        for (long n = 0; n < table->lanes; n++) sum[n] = 0.5f;
        const long done = table->peak_multiply_adds(vectors, sum);
        double total = 0;
        for (long i = 0; i < done / vectors / table->lanes; i++) {
            double value = (double)i;
            for (long round = 0; round < vectors; round++) value = value * 0.5 + 0.5;
            total += value;
        }
        for (long n = 0; n < table->lanes; n++) plain[n] = (float)total;
        compare(table, "peak_multiply_adds", sum, plain, table->lanes);
        release();
    }
}

int main(void) {
    for (long index = 0; index < gk_set_count(); index++) {
        const gk_table *table = gk_set(index);
        if (!gk_set_runs(index)) {
            printf("kernels: %s: not on this processor\n", table->name);
            continue;
        }
        products(table);
        depthwise(table);
        pooling(table);
        winograd(table);
        elementwise(table);
        peaks(table);
        outer(table);
        depthwise_outer(table);
        normalization(table);
        layer_norms(table);
        softmaxes(table);
        double_sums(table);
        printf("kernels: %s: every kernel is right\n", table->name);
    }
    bytes();
    pairs();
    training();
    windows();
    printf("kernels: training: nothing found\n");
    return 0;
}
