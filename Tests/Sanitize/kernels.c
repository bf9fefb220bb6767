// Every kernel of every instruction set that this processor has, on buffers of exactly the size that it may touch: a
// step too far stops the program (AddressSanitizer). Whether the numbers are right is for Tests/EngineTests.
#include "CKernels.h"
#include <stdio.h>
#include <stdlib.h>

#define MOST 64
static float *held[MOST];
static int held_count;

// `count` floats on the heap between -1 and 1, until the next `release`.
static float *floats(long count) {
    static unsigned state = 1;
    if (held_count == MOST) abort();
    float *buffer = malloc((size_t)count * sizeof(float));
    if (!buffer) abort();
    for (long i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        buffer[i] = (float)(state >> 8) / 8388608.f - 1.f;
    }
    return held[held_count++] = buffer;
}

static void release(void) {
    while (held_count > 0) free(held[--held_count]);
}

static gk_activation activation(long number) { return (gk_activation)(number % (GK_SIGMOID + 1)); }

static void product(const gk_table *table, long rows, long vectors, long segments, long depth, long last, long number) {
    const long columns = vectors * table->lanes, total = (segments - 1) * depth + last;
    const long stride = depth + 3, out_stride = columns + 2;
    const long tail = number % 4 == 0 ? number / 4 % table->lanes : 0;
    const long written = tail == 0 ? columns : columns - table->lanes + tail;
    const float *inputs[3];
    for (long s = 0; s < segments; s++) inputs[s] = floats((rows - 1) * stride + (s + 1 < segments ? depth : last));
    const gk_gemm g = {
        .segments = inputs,
        .segment_count = segments,
        .depth = depth,
        .last_depth = last,
        .pixel_stride = stride,
        .rows = rows,
        .panels = floats(total * columns),
        .bias = floats(columns),
        .vectors = vectors,
        .out = floats((rows - 1) * out_stride + written),
        .out_stride = out_stride,
        .residual = number % 3 == 0 ? floats((rows - 1) * out_stride + columns) : NULL,
        .residual_stride = out_stride,
        .sums = number % 2 == 0 ? floats(columns) : NULL,
        .sum_scale = 0.5f,
        .continues = number % 5 == 0,
        .tail = tail,
        .activation = activation(number),
    };
    const long panels = gk_panel_count(vectors, table->panel);
    table->gemm(&g, 0, panels);
    if (rows == 1) table->gemv(&g, 0, panels);
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

static void depthwise(const gk_table *table) {
    // Height, width, stride and dilation of the kernel.
    static const long shapes[][4] = {{3, 3, 1, 1}, {3, 3, 2, 1}, {5, 5, 1, 1}, {5, 5, 2, 1}, {7, 7, 1, 1}, {7, 7, 2, 1},
                                     {1, 3, 1, 1}, {3, 1, 1, 1}, {2, 4, 3, 1}, {3, 3, 1, 2}, {1, 2, 2, 3}};
    long number = 0;
    for (long width = 1; width <= 19; width++)
        for (long vectors = 1; vectors <= 3; vectors++)
            for (int s = 0; s < 11; s++, number++) {
                const long height = shapes[s][0], taps = shapes[s][1], stride = shapes[s][2], dilation = shapes[s][3];
                const long channels = vectors * table->lanes;
                const float *rows[7];
                for (long y = 0; y < height; y++)
                    rows[y] = floats(((width - 1) * stride + dilation * (taps - 1) + 1) * channels);
                const gk_depthwise d = {
                    .rows = rows,
                    .pixel_stride = channels,
                    .weights = floats(height * taps * channels),
                    .weight_stride = channels,
                    .bias = floats(channels),
                    .out = floats(width * channels),
                    .out_stride = channels,
                    .sums = number % 2 == 0 ? floats(channels) : NULL,
                    .vectors = vectors,
                    .width = width,
                    .kernel_height = height,
                    .kernel_width = taps,
                    .stride = stride,
                    .dilation = dilation,
                    .activation = activation(number),
                };
                table->depthwise(&d);
                release();
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
                table->window(&w);
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
            table->global(&g);
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
                table->winograd_input(&in);
                const gk_winograd_output out = {
                    .in = products,
                    .position_stride = tiles * channels,
                    .tile_stride = channels,
                    .tiles = tiles,
                    .vectors = vectors,
                    .bias = floats(channels),
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
                table->winograd_output(&out);
                release();
            }
}

static void elementwise(const gk_table *table) {
    for (long number = 0; number < 70; number++) {
        const long pixels = 1 + number % 5, vectors = 1 + number % 7, channels = vectors * table->lanes;
        const int one = number % 2;
        const gk_binary e = {
            .a = floats(pixels * channels),
            .b = floats((one ? 1 : pixels) * channels),
            .out = floats(pixels * channels),
            .a_stride = channels,
            .b_stride = one ? 0 : channels,
            .out_stride = channels,
            .pixels = pixels,
            .vectors = vectors,
            .activation = activation(number),
        };
        table->add(&e);
        table->multiply(&e);
        table->affine(&e, floats(channels));
        table->activate(&e);
        table->scale_rows(e.a, floats(pixels), floats(pixels * channels), pixels, vectors);
        release();
    }
}

static void peaks(const gk_table *table) {
    for (long vectors = 1; vectors <= 19; vectors++) {
        table->peak_read(floats(vectors * table->lanes), vectors, floats(table->lanes));
        table->peak_multiply_adds(vectors, floats(table->lanes));
        release();
    }
}

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
        printf("kernels: %s: nothing found\n", table->name);
    }
    training();
    printf("kernels: training: nothing found\n");
    return 0;
}
