// Kernels on bytes against plain integer formulas, to the bit.
#pragma once
#include "buffers.h"
#include <math.h>

static uint8_t *take_bytes(long count) {
    if (held_count == most) abort();
    held[held_count] = exactly((size_t)count);
    if (!held[held_count].floats) abort();
    return (uint8_t *)(void *)held[held_count++].floats;
}

static unsigned drawn(void) {
    static unsigned state = 7;
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

// Whatever a byte can be, and the ends of its range more often.
static uint8_t *some_bytes(long count) {
    uint8_t *taken = take_bytes(count);
    for (long i = 0; i < count; i++) {
        const unsigned number = drawn();
        taken[i] = (uint8_t)(number % 5 == 0 ? 255 : number % 7 == 0 ? 0 : number / 64);
    }
    return taken;
}

static int8_t *some_weights(long count) {
    int8_t *taken = (int8_t *)take_bytes(count);
    for (long i = 0; i < count; i++) {
        const unsigned number = drawn();
        taken[i] = (int8_t)(number % 6 == 0 ? 127 : number % 7 == 0 ? -127 : (int)(number / 64 % 255) - 127);
    }
    return taken;
}

// Numbers that saturate at both ends, or hardly ever, or end in one half; a channel that is dead.
static float *some_factors(long count, long number) {
    float *taken = take(count);
    for (long i = 0; i < count; i++) {
        const float base = number % 4 == 0 ? 0.5f : number % 4 == 1 ? 0.0078125f : number % 4 == 2 ? 1e-4f : 0.0003f;
        taken[i] = i % 11 == 5 ? 0.f : base * (float)(1 + drawn() % 64) / 32.f;
    }
    return taken;
}

static int32_t *some_sums(long count) {
    int32_t *taken = (int32_t *)(void *)take(count);
    for (long i = 0; i < count; i++) taken[i] = (int32_t)(drawn() % 20001) - 10000;
    return taken;
}

// One operation after the other, each rounded.
static uint8_t formula_byte(float value, long zero, const uint8_t *table) {
    const long whole = (long)nearbyintf(value) + zero;
    const uint8_t byte = (uint8_t)(whole < 0 ? 0 : whole > 255 ? 255 : whole);
    return table ? table[byte] : byte;
}

static void same(const gk_byte_table *table, const char *kernel, const void *found, const void *expected, long count) {
    const uint8_t *a = found, *b = expected;
    for (long i = 0; i < count; i++) {
        if (a[i] == b[i]) continue;
        fprintf(stderr, "kernels: %s: %s: byte %ld is %d, not %d\n", table->name, kernel, i, a[i], b[i]);
        exit(1);
    }
}

static void byte_product(
    const gk_byte_table *table, long rows, long vectors, long segments, long depth, long last, long number
) {
    const long lanes = table->lanes, columns = vectors * lanes;
    const long groups = (depth + 3) / 4, last_groups = (last + 3) / 4, total = (segments - 1) * groups + last_groups;
    const long stride = depth + 3, out_stride = columns + number % 3;
    const int makes_floats = number % 5 == 4;
    const uint8_t *inputs[3];
    for (long s = 0; s < segments; s++)
        inputs[s] = some_bytes((rows - 1) * stride + 4 * (s + 1 < segments ? groups : last_groups));
    int8_t *panels = some_weights(total * 4 * columns);
    const int32_t *bias = some_sums(columns);
    const float *factors = some_factors(columns, number);
    const long count = (rows - 1) * out_stride + columns;
    gk_byte_gemm g = {
        .segments = inputs,
        .segment_count = segments,
        .depth = depth,
        .last_depth = last,
        .pixel_stride = stride,
        .rows = rows,
        .panels = panels,
        .bias = bias,
        .multiplier = factors,
        .vectors = vectors,
        .out = some_bytes(count),
        .out_stride = out_stride,
        .zero = number % 3 == 0 ? 0 : number % 3 == 1 ? 255 : drawn() % 256,
        .residual = number % 2 ? some_bytes(count) : NULL,
        .residual_stride = out_stride,
        .residual_scale = 0.75f + (float)number / 64.f,
        .table = number % 7 < 3 ? some_bytes(256) : NULL,
        .floats = makes_floats ? floats(count) : NULL,
        .floats_stride = out_stride,
    };
    uint8_t *plain = memcpy(take_bytes(count), g.out, (size_t)count);
    float *plain_floats = twin(g.floats, count);
    for (long p = 0; p < gk_byte_panel_count(vectors); p++) {
        const long first = gk_byte_panel_start(p, vectors), width = gk_byte_panel_start(p + 1, vectors) - first;
        for (long j = 0; j < width; j++) {
            for (long lane = 0; lane < lanes; lane++) {
                const long at = (first + j) * lanes + lane;
                const long column = makes_floats ? at : first * lanes + gk_byte_column(j, lane, width);
                const int8_t *weights = panels + first * lanes * 4 * total + (j * lanes + lane) * 4;
                for (long k = 0; k < total; k++) {
                    const long s = k / groups < segments ? k / groups : segments - 1, begin = s * groups;
                    const long real = s + 1 < segments ? depth : last;
                    for (long b = 0; b < 4; b++)
                        if ((k - begin) * 4 + b >= real) ((int8_t *)weights)[k * width * lanes * 4 + b] = 0;
                }
                for (long m = 0; m < rows; m++) {
                    int32_t sum = bias[at];
                    for (long s = 0; s < segments; s++)
                        for (long k = 0; k < (s + 1 < segments ? depth : last); k++)
                            sum += inputs[s][m * stride + k]
                                   * weights[(s * groups + k / 4) * width * lanes * 4 + k % 4];
                    float value = (float)sum * factors[at];
                    if (makes_floats) plain_floats[m * out_stride + column] = value;
                    if (g.residual) {
                        const float other = (float)g.residual[m * out_stride + column] * g.residual_scale;
                        value = value + other;
                    }
                    plain[m * out_stride + column] = formula_byte(value, g.zero, g.table);
                }
            }
        }
    }
    table->gemm(&g, 0, gk_byte_panel_count(vectors));
    if (makes_floats) same(table, "byte gemm's floats", g.floats, plain_floats, count * 4);
    else same(table, "byte gemm", g.out, plain, count);
    release();
}

// Of a 3x3 convolution at stride 1, all three stages: what byte_product's formula makes of its sums. Every other one has nothing but
// the largest values and weights, of one sign or of two.
static void byte_winograd(const gk_byte_table *table, long number) {
    const long lanes = table->lanes, channels = 1 + number * 7 % 70, vectors = 1 + number % 7, columns = vectors * lanes;
    const long height = 1 + number % 9, width = 1 + number / 3 % 10, tile_rows = (height + 3) / 4, across = (width + 3) / 4;
    const long padded = (channels + 2 * lanes - 1) / (2 * lanes) * 2 * lanes, pitch = 4 * across + 2;
    const long tiles = tile_rows * across, pairs = (channels + 1) / 2;
    const int makes_floats = number % 5 == 4, extreme = number % 2;
    uint8_t *image = some_bytes((4 * tile_rows + 2) * pitch * padded);
    int8_t *weights = some_weights(columns * channels * 9);
    if (extreme) {
        memset(image, 255, (size_t)((4 * tile_rows + 2) * pitch * padded));
        for (long i = 0; i < columns * channels * 9; i++)
            weights[i] = (int8_t)(number % 4 == 1 ? -127 : i / (channels * 9) % 3 == 0 ? 0 : drawn() % 2 ? 127 : -127);
    }
    const long out_stride = columns + number % 3, count = (height * width - 1) * out_stride + columns;
    const gk_byte_gemm g = {
        .bias = some_sums(columns),
        .multiplier = some_factors(columns, number),
        .vectors = vectors,
        .out = some_bytes(count),
        .out_stride = out_stride,
        .zero = number % 3 == 0 ? 0 : number % 3 == 1 ? 255 : drawn() % 256,
        .residual = number / 2 % 2 ? some_bytes(count) : NULL,
        .residual_stride = out_stride,
        .residual_scale = 0.75f + (float)number / 64.f,
        .table = number % 7 < 3 ? some_bytes(256) : NULL,
        .floats = makes_floats ? floats(count) : NULL,
        .floats_stride = out_stride,
    };
    uint8_t *plain = memcpy(take_bytes(count), g.out, (size_t)count);
    float *plain_floats = twin(g.floats, count);
    const long in_stride = tiles * padded + number % 2 * 32;
    int16_t *values = (int16_t *)(void *)take_bytes((35 * in_stride + tiles * padded) * 2);
    for (long t = 0; t < tile_rows; t++) {
        gk_byte_winograd_input w = {
            .pixel_stride = padded,
            .tiles = across,
            .vectors = padded / (2 * lanes),
            .out = values + t * across * padded,
            .tile_stride = padded,
            .position_stride = in_stride,
        };
        for (long y = 0; y < 6; y++) w.rows[y] = image + (4 * t + y) * pitch * padded;
        table->winograd_input(&w);
    }
    for (long p = 0; p < gk_byte_panel_count(vectors); p++) {
        const long first = gk_byte_panel_start(p, vectors), wide = gk_byte_panel_start(p + 1, vectors) - first;
        long order[64];
        for (long j = 0; j < wide; j++)
            for (long lane = 0; lane < lanes; lane++) {
                const long at = first * lanes + j * lanes + lane;
                const long column = makes_floats ? at : first * lanes + gk_byte_column(j, lane, wide);
                order[j * lanes + lane] = column;
                for (long pixel = 0; pixel < height * width; pixel++) {
                    int32_t sum = g.bias[at];
                    for (long tap = 0; tap < 9; tap++)
                        for (long c = 0; c < channels; c++) {
                            const long y = pixel / width + tap / 3, x = pixel % width + tap % 3;
                            sum += image[(y * pitch + x) * padded + c] * weights[(column * channels + c) * 9 + tap];
                        }
                    float value = (float)sum * g.multiplier[at];
                    const long place = pixel * out_stride + column;
                    if (makes_floats) plain_floats[place] = value;
                    if (g.residual) {
                        const float other = (float)g.residual[place] * g.residual_scale;
                        value = value + other;
                    }
                    plain[place] = formula_byte(value, g.zero, g.table);
                }
            }
        int16_t *panel = (int16_t *)(void *)take_bytes(36 * pairs * wide * lanes * 4);
        gk_byte_winograd_pack(weights, channels, order, wide * lanes, panel);
        const long sums_stride = tiles * wide * lanes + number % 3 * 16;
        int32_t *sums = (int32_t *)(void *)take(35 * sums_stride + tiles * wide * lanes);
        const gk_byte_winograd_products products = {
            .in = values,
            .tile_stride = padded,
            .position_stride = in_stride,
            .tiles = tiles,
            .pairs = pairs,
            .panel = panel,
            .width = wide,
            .out = sums,
            .out_stride = sums_stride,
        };
        table->winograd_products(&products);
        for (long t = 0; t < tile_rows; t++) {
            gk_byte_gemm finish = g;
            finish.out += 4 * t * width * out_stride;
            if (g.residual) finish.residual += 4 * t * width * out_stride;
            if (g.floats) finish.floats += 4 * t * width * out_stride;
            const gk_byte_winograd_output w = {
                .in = sums + t * across * wide * lanes,
                .position_stride = sums_stride,
                .tiles = across,
                .vector = first,
                .width = wide,
                .pixels = width,
                .rows = height - 4 * t < 4 ? height - 4 * t : 4,
                .finish = &finish,
            };
            table->winograd_output(&w);
        }
    }
    if (makes_floats) same(table, "byte winograd's floats", g.floats, plain_floats, count * 4);
    else same(table, "byte winograd", g.out, plain, count);
    release();
}

static void byte_depthwises(const gk_byte_table *table) {
    for (long number = 0; number < 260; number++) {
        const long kernel_width = 1 + number % 7, kernel_height = 1 + number % 5, step = 1 + number / 7 % 3;
        const long dilation = number % 13 == 0 ? 2 : 1, width = 1 + number % 11, groups = 1 + number % 2;
        const long lanes = table->lanes, channels = 4 * lanes * groups;
        const long quads = gk_byte_quads(kernel_width, step, dilation), variants = gk_byte_variants(step, dilation);
        const int alone = dilation != 1 || step > 2;
        const long span = (width - 1) * step + (kernel_width - 1) * dilation + 1;
        const long out_stride = channels + number % 3, count = (width - 1) * out_stride + channels;
        const uint8_t *rows[5];
        for (long y = 0; y < kernel_height; y++) rows[y] = some_bytes(span * channels);
        // The plain weights, [kernel row][tap][channel], and the packed ones.
        const int8_t *plain_weights = some_weights(kernel_height * kernel_width * channels);
        const long size = groups * kernel_height * quads * variants * 16 * lanes;
        int8_t *weights = (int8_t *)take_bytes(size);
        memset(weights, 0, (size_t)size);
        const int32_t *bias = some_sums(channels);
        const float *factors = some_factors(channels, number);
        gk_byte_depthwise d = {
            .rows = rows,
            .pixel_stride = channels,
            .weights = weights,
            .bias = bias,
            .multiplier = factors,
            .out = some_bytes(count),
            .out_stride = out_stride,
            .zero = number % 256,
            .table = number % 5 == 0 ? some_bytes(256) : NULL,
            .sums = number % 3 == 0 ? some_sums(channels) : NULL,
            .groups = groups,
            .width = width,
            .kernel_height = kernel_height,
            .kernel_width = kernel_width,
            .stride = step,
            .dilation = dilation,
        };
        uint8_t *plain = memcpy(take_bytes(count), d.out, (size_t)count);
        for (long group = 0; group < groups; group++) {
            for (long j = 0; j < 4; j++) {
                for (long lane = 0; lane < lanes; lane++) {
                    const long at = (group * 4 + j) * lanes + lane;
                    const long channel = group * 4 * lanes + gk_byte_column(j, lane, 4);
                    for (long y = 0; y < kernel_height; y++) {
                        for (long q = 0; q < kernel_width; q++) {
                            const int8_t weight = plain_weights[(y * kernel_width + q) * channels + channel];
                            for (long v = 0; v < variants; v++) {
                                const long place = alone ? 4 * q : q + v;
                                const long block = ((group * kernel_height + y) * quads + place / 4) * variants + v;
                                weights[((block * 4 + j) * lanes + lane) * 4 + place % 4] = weight;
                            }
                        }
                    }
                    for (long x = 0; x < width; x++) {
                        int32_t sum = bias[at];
                        for (long y = 0; y < kernel_height; y++)
                            for (long q = 0; q < kernel_width; q++)
                                sum += rows[y][(x * step + q * dilation) * channels + channel]
                                       * plain_weights[(y * kernel_width + q) * channels + channel];
                        plain[x * out_stride + channel] = formula_byte((float)sum * factors[at], d.zero, d.table);
                    }
                }
            }
        }
        table->depthwise(&d);
        same(table, "byte depthwise", d.out, plain, count);
        for (long c = 0; d.sums && c < channels; c++) {
            int32_t sum = 0;
            for (long x = 0; x < width; x++) sum += plain[x * out_stride + c];
            same(table, "byte depthwise's sums", &d.sums[c], &sum, 4);
        }
        release();
    }
}

static void byte_maps(const gk_byte_table *table) {
    for (long number = 0; number < 60; number++) {
        const long pixels = 1 + number % 9, vectors = 1 + number % 5, channels = vectors * table->lanes;
        const long stride = channels + number % 3, count = (pixels - 1) * stride + channels;
        gk_byte_map m = {
            .a = some_bytes(count),
            .a_stride = stride,
            .pixels = pixels,
            .vectors = vectors,
            .out = some_bytes(count),
            .out_stride = stride,
            .zero = number * 31 % 256,
            .table = number % 3 == 0 ? some_bytes(256) : NULL,
            .factors = some_factors(channels, number),
            .a_zero = number * 7 % 256,
            .b = some_bytes(count),
            .b_stride = stride,
            .a_scale = 0.5f + (float)(number % 8) / 4,
            .b_scale = (float)(number % 5) / 8,
            .offset = (float)(number % 17) - 30.25f,
            .sums = some_sums(channels),
            .floats = floats(count),
            .floats_stride = stride,
        };
        uint8_t *plain = memcpy(take_bytes(count), m.out, (size_t)count);
        float *plain_floats = twin(m.floats, count);
        int32_t *plain_sums = memcpy(take(channels), m.sums, (size_t)channels * 4);
        for (long p = 0; p < pixels; p++) {
            for (long c = 0; c < channels; c++) {
                const long i = p * stride + c;
                const float difference = (float)m.a[i] - (float)m.a_zero;
                plain[i] = formula_byte(difference * m.factors[c], m.zero, m.table);
                plain_floats[i] = difference * m.a_scale;
                plain_sums[c] += m.a[i];
            }
        }
        table->scale(&m);
        same(table, "byte scale", m.out, plain, count);
        table->dequantize(&m);
        same(table, "dequantize", m.floats, plain_floats, count * 4);
        table->sums(&m);
        same(table, "byte sums", m.sums, plain_sums, channels * 4);
        for (long p = 0; p < pixels; p++) {
            for (long c = 0; c < channels; c++) {
                const long i = p * stride + c;
                const float first = (float)m.a[i] * m.a_scale, second = (float)m.b[i] * m.b_scale;
                const float both = first + second;
                plain[i] = formula_byte(both + m.offset, m.zero, m.table);
            }
        }
        table->add(&m);
        same(table, "byte add", m.out, plain, count);

        // Any number of values; some far out, some in the middle of two, one that is no number.
        const long values = 1 + number * 5 % 83;
        float *from = floats(values);
        for (long i = 0; i < values; i++) from[i] = i % 13 == 3 ? 1e30f : i % 13 == 4 ? -1e30f : from[i] * 200;
        if (number % 2) from[values - 1] = (float)NAN;
        for (long i = 0; i < values; i += 3) from[i] = nearbyintf(from[i]) + 0.5f;
        uint8_t *to = take_bytes(values), *expected = take_bytes(values);
        const float factor = number % 4 == 0 ? 1.f : 0.37f;
        for (long i = 0; i < values; i++) {
            const float value = from[i] * factor;
            expected[i] = formula_byte(value >= -65536.f ? fminf(value, 65536.f) : -65536.f, m.zero, NULL);
        }
        table->quantize(from, to, values, factor, m.zero);
        same(table, "quantize", to, expected, values);
        release();
    }
}

static void byte_windows(const gk_byte_table *table) {
    for (long number = 0; number < 60; number++) {
        const long kernel = 1 + number % 4, step = 1 + number % 3, width = 1 + number % 9, before = number % kernel;
        const long channels = table->lanes * (1 + number % 3), row_count = 1 + number % 3;
        const long input_width = (width - 1) * step + kernel - before, stride = channels + number % 2;
        const uint8_t *rows[3];
        for (long y = 0; y < row_count; y++) rows[y] = some_bytes((input_width - 1) * stride + channels);
        const long count = width * channels;
        gk_byte_window w = {
            .rows = rows,
            .row_count = row_count,
            .pixel_stride = stride,
            .input_width = input_width,
            .out = some_bytes(count),
            .out_stride = channels,
            .width = width,
            .vectors = channels / table->lanes,
            .first_column = -before,
            .kernel_width = kernel,
            .stride = step,
        };
        uint8_t *plain = take_bytes(count);
        memset(plain, 0, (size_t)count);
        for (long x = 0; x < width; x++)
            for (long q = 0; q < kernel; q++)
                for (long y = 0; y < row_count; y++)
                    for (long c = 0; c < channels; c++) {
                        const long column = x * step + q - before;
                        if (column < 0 || column >= input_width) continue;
                        const uint8_t value = rows[y][column * stride + c];
                        if (value > plain[x * channels + c]) plain[x * channels + c] = value;
                    }
        table->largest(&w);
        same(table, "byte window", w.out, plain, count);
        release();
    }
}

static void bytes(void) {
    for (long index = 0; index < gk_byte_set_count(); index++) {
        const gk_byte_table *table = gk_byte_set(index);
        if (!gk_byte_set_runs(index)) {
            printf("kernels: bytes, %s: not on this processor\n", table->name);
            continue;
        }
        long number = 0;
        for (long rows = 1; rows <= 25; rows++)
            for (long vectors = 1; vectors <= 9; vectors++, number++) {
                byte_product(table, rows, vectors, 1, 1 + number % 37, 1 + number % 37, number);
                byte_product(table, rows, vectors, 1 + number % 3, 9, number % 3 ? 1 + number % 9 : 9, number + 3);
                byte_product(table, rows, vectors, 3, 8, 8, number + 7);
            }
        if (table->winograd_products)
            for (number = 0; number < 210; number++) byte_winograd(table, number);
        byte_depthwises(table);
        byte_maps(table);
        byte_windows(table);
        printf("kernels: bytes, %s: every kernel is right\n", table->name);
    }
}
