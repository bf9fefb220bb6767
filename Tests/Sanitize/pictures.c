// pictures COUNT FILE...: COUNT damaged copies of each picture, decoded, turned and resized with the bytes and the pixels
// in buffers of their exact size: a byte too far stops the program (AddressSanitizer). What a decoder answers is for
// Tests/HostileTests.
#include "CImage.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { side_limit = 4096, pixel_limit = 1 << 20 };

static uint64_t state = 7;

// SplitMix64.
static size_t next(size_t bound) {
    uint64_t word = state += 0x9E3779B97F4A7C15u;
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9u;
    word = (word ^ (word >> 27)) * 0x94D049BB133111EBu;
    return (size_t)((word ^ (word >> 31)) % bound);
}

static void *memory(size_t count) {
    void *buffer = malloc(count);
    if (!buffer) abort();
    return buffer;
}

// A few faults: bits flipped, bytes set, runs of 0xFF, the end cut, a piece taken from elsewhere.
static uint8_t *damaged(const uint8_t *original, size_t *count) {
    static const uint8_t edges[] = {0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF};
    size_t size = *count;
    uint8_t *work = memory(size);
    memcpy(work, original, size);
    for (size_t faults = next(4) + 1; faults > 0 && size > 0; faults--) {
        const size_t place = next(size), rest = size - place, length = 1 + next(rest < 16 ? rest : 16);
        switch (next(7)) {
        case 0: work[place] ^= (uint8_t)(1u << next(8)); break;
        case 1: work[place] = (uint8_t)next(256); break;
        case 2: work[place] = edges[next(sizeof edges)]; break;
        case 3: memset(work + place, 0xFF, length); break;
        case 4: size = place; break;
        case 5:
            memmove(work + place, work + place + length, rest - length);
            size -= length;
            break;
        default: memmove(work + place, work + next(size - length + 1), length);
        }
    }
    uint8_t *exact = memory(size);
    memcpy(exact, work, size);
    free(work);
    *count = size;
    return exact;
}

// Every output from up to four inputs from its place on.
typedef struct { graft_image_axis axis; int32_t *starts, *counts, *weights; } axis;

static axis make_axis(size_t input, size_t outputs) {
    const size_t capacity = input < 4 ? input : 4;
    axis made = {
        .starts = memory(outputs * sizeof(int32_t)),
        .counts = memory(outputs * sizeof(int32_t)),
        .weights = memory(outputs * capacity * sizeof(int32_t)),
    };
    size_t end = 0;
    for (size_t i = 0; i < outputs; i++) {
        const size_t place = i * input / outputs, start = place < input - capacity ? place : input - capacity;
        made.starts[i] = (int32_t)start;
        made.counts[i] = (int32_t)capacity;
        end = start + capacity;
        for (size_t t = 0; t < capacity; t++) made.weights[i * capacity + t] = (int32_t)((1 << 22) / capacity);
    }
    made.axis = (graft_image_axis){made.starts, made.counts, made.weights, outputs, capacity, 0, end};
    return made;
}

static void free_axis(axis made) {
    free(made.starts);
    free(made.counts);
    free(made.weights);
}

static void use(const uint8_t *pixels, uint32_t width, uint32_t height) {
    const size_t size = (size_t)width * height * 3, row = (size_t)width * 3;
    uint8_t *turned = memory(size);
    graft_image_orient(pixels, width, height, 2 + (int)next(7), turned);
    free(turned);

    uint8_t *last_row = memory(row + 1);
    memcpy(last_row, pixels + size - row, row);
    last_row[row] = 0;
    const axis columns = make_axis(width, 1 + next(40)), rows = make_axis(height, 1 + next(40));
    const graft_image_order order = next(2) ? graft_image_columns_first : graft_image_rows_first;
    uint8_t *between = memory(graft_image_between_size(&columns.axis, &rows.axis, order));
    const size_t outputs = columns.axis.outputs * rows.axis.outputs;
    uint8_t *to = memory(outputs * 3);
    graft_image_resample(
        pixels, width, height, last_row, &columns.axis, &rows.axis, order, (int)next(2), between, to);
    float *table = calloc(3 * 256, sizeof(float)), *values = memory(outputs * 3 * sizeof(float));
    if (!table) abort();
    graft_image_look_up(to, outputs, table, values);
    uint8_t *file = NULL;
    size_t count = 0;
    (void)graft_jpeg_encode(
        to, (uint32_t)columns.axis.outputs, (uint32_t)rows.axis.outputs, 1 + (int)next(100), &file, &count);
    graft_image_free(file);
    free(values);
    free(table);
    free(to);
    free(between);
    free(last_row);
    free_axis(columns);
    free_axis(rows);
}

static uint32_t big_endian(const uint8_t *from) {
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

typedef graft_image_result sizer(const uint8_t *, size_t, uint32_t *, uint32_t *);
typedef graft_image_result decoder(
    const uint8_t *, size_t, uint32_t, uint32_t, uint8_t *, size_t, graft_image_details *);
typedef struct { const char *ending; sizer *size; decoder *decode; } format;

static const format *find_format(const char *ending) {
    static const format formats[] = {
        {".jpg", graft_jpeg_size, NULL},
        {".webp", graft_webp_size, NULL},
        {".gif", graft_gif_size, graft_gif_decode},
        {".tif", graft_tiff_size, graft_tiff_decode},
        {".heic", graft_heic_size, graft_heic_decode},
        {".avif", graft_avif_size, graft_avif_decode},
        {".jxl", graft_jxl_size, graft_jxl_decode},
        {".png", NULL, graft_png_decode},
    };
    const size_t count = sizeof formats / sizeof *formats;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(formats[i].ending, ending) == 0) return &formats[i];
    }
    return &formats[count - 1];
}

// As it is, and damaged.
static void recolor(const uint8_t *profile, size_t count, uint8_t *pixels, size_t pixel_count) {
    for (int copy = 0; copy < 2; copy++) {
        size_t size = count;
        uint8_t *bytes = copy ? damaged(profile, &size) : NULL;
        graft_color *color = graft_color_open(bytes ? bytes : profile, size);
        graft_color_convert(color, pixels, pixel_count);
        graft_color_close(color);
        free(bytes);
    }
}

// Returns whether there is a picture.
static int decode(const uint8_t *bytes, size_t count, const char *ending) {
    uint32_t width = 0, height = 0;
    graft_image_result result = {.status = graft_image_ok};
    const format *format = find_format(ending);
    const int scales = strcmp(ending, ".jpg") == 0;
    if (format->size) {
        result = format->size(bytes, count, &width, &height);
    } else {
        if (count < 24) return 0;
        width = big_endian(bytes + 16);
        height = big_endian(bytes + 20);
    }
    if (result.status != graft_image_ok || width == 0 || height == 0 || width > side_limit || height > side_limit
        || (uint64_t)width * height > pixel_limit)
        return 0;
    const uint32_t denominator = scales ? 1u << next(4) : 1;
    const uint32_t columns = (width + denominator - 1) / denominator, rows = (height + denominator - 1) / denominator;
    const size_t stride = (size_t)columns * 3;
    uint8_t *pixels = memory(stride * rows);
    graft_image_details details = {.orientation = 0};
    result = format->decode ? format->decode(bytes, count, width, height, pixels, stride, &details)
        : scales ? graft_jpeg_decode(bytes, count, width, height, denominator, pixels, stride)
                 : graft_webp_decode(bytes, count, width, height, pixels, stride);
    if (result.status == graft_image_ok) {
        if (details.profile) recolor(details.profile, details.profile_count, pixels, (size_t)columns * rows);
        use(pixels, columns, rows);
    }
    graft_image_free(details.profile);
    if (strcmp(ending, ".jxl") == 0) {
        uint8_t *jpeg = NULL;
        size_t jpeg_count = 0;
        (void)graft_jxl_jpeg(bytes, count, &jpeg, &jpeg_count);
        graft_image_free(jpeg);
    }
    free(pixels);
    return result.status == graft_image_ok;
}

int main(int argument_count, char **arguments) {
    const long mutants = argument_count > 1 ? atol(arguments[1]) : 0;
    long read = 0, refused = 0, files = 0;
    for (int i = 2; i < argument_count; i++) {
        const char *ending = strrchr(arguments[i], '.');
        FILE *file = fopen(arguments[i], "rb");
        if (!file || !ending || fseek(file, 0, SEEK_END) != 0) return fprintf(stderr, "%s: no picture\n", arguments[i]), 1;
        const long size = ftell(file);
        rewind(file);
        uint8_t *original = memory((size_t)size);
        if (fread(original, 1, (size_t)size, file) != (size_t)size) return 1;
        fclose(file);
        files++;
        decode(original, (size_t)size, ending);
        for (long number = 0; number < mutants; number++) {
            size_t count = (size_t)size;
            uint8_t *mutant = damaged(original, &count);
            if (decode(mutant, count, ending)) read++; else refused++;
            free(mutant);
        }
        free(original);
    }
    printf("pictures: %ld files, %ld damaged copies read, %ld refused: nothing found\n", files, read, refused);
    return read > 0 && refused > 0 ? 0 : 1;
}
