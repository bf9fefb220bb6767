/* TIFF to RGB by libtiff, the first picture of a file: its bytes are decoded by libtiff, and unpacked here as Pillow
 * unpacks them. Alpha is dropped; where colors are multiplied by it, that is undone first. Of 16 bits the high ones are
 * kept, also of grays, whose values Pillow's convert("RGB") would clip. */
#ifdef GRAFT_TIFF
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#include "result.h"

/* What libtiff may take at once: one row, tile or table. */
static const tmsize_t most_memory = 64 << 20;

enum { most_samples = 8 };

typedef struct source {
    const uint8_t *bytes;
    uint64_t count, place;
    /* The last of libtiff's errors: those before it did not stop it. */
    char message[200];
    /* Without its palette libtiff takes a picture for a gray one. */
    int lost_palette;
} source;

static tmsize_t read_bytes(thandle_t handle, void *to, tmsize_t count) {
    source *source = handle;
    if (source->place >= source->count || count <= 0) return 0;
    const uint64_t left = source->count - source->place;
    const uint64_t there = (uint64_t)count < left ? (uint64_t)count : left;
    memcpy(to, source->bytes + source->place, there);
    source->place += there;
    return (tmsize_t)there;
}

static tmsize_t write_nothing(thandle_t handle, void *from, tmsize_t count) {
    (void)handle, (void)from, (void)count;
    return 0;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    source *source = handle;
    if (whence == SEEK_CUR) offset += source->place;
    if (whence == SEEK_END) offset += source->count;
    return source->place = offset;
}

static int close_nothing(thandle_t handle) { return (void)handle, 0; }
static toff_t size_of(thandle_t handle) { return ((source *)handle)->count; }

static int map(thandle_t handle, void **base, toff_t *size) {
    source *source = handle;
    *base = (void *)(uintptr_t)source->bytes;
    *size = source->count;
    return 1;
}

static void unmap(thandle_t handle, void *base, toff_t size) { (void)handle, (void)base, (void)size; }

static int on_error(TIFF *tiff, void *user_data, const char *module, const char *format, va_list values) {
    (void)tiff, (void)module;
    source *source = user_data;
    vsnprintf(source->message, sizeof source->message, format, values);
    return 1;
}

static int on_warning(TIFF *tiff, void *user_data, const char *module, const char *format, va_list values) {
    (void)tiff, (void)module;
    source *source = user_data;
    char message[200];
    vsnprintf(message, sizeof message, format, values);
    if (strstr(message, "ColorMap")) source->lost_palette = 1;
    return 1;
}

static TIFF *open_tiff(source *source) {
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options) return NULL;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, most_memory);
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, source);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, source);
    /* A name is only for messages; "m" would leave the memory unmapped. */
    TIFF *tiff = TIFFClientOpenExt(
        "", "r", source, read_bytes, write_nothing, seek, close_nothing, size_of, map, unmap, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

static graft_image_result failure(const source *source, const char *message) {
    return graft_image_result_make(graft_image_corrupt, source->message[0] ? source->message : message);
}

static graft_image_result unsupported(const char *what) { return graft_image_result_make(graft_image_unsupported, what); }

graft_image_result graft_tiff_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height) {
    source source = {.bytes = bytes, .count = count};
    TIFF *tiff = open_tiff(&source);
    if (!tiff) return failure(&source, "no directory");
    graft_image_result result = graft_image_result_make(graft_image_ok, "");
    if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, width) || !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, height)) {
        result = graft_image_result_make(graft_image_corrupt, "no size");
    }
    TIFFClose(tiff);
    return result;
}

/* How samples become colors. */
typedef struct layout {
    uint16_t bits, samples, photometric, planar, alpha /* 1: colors are multiplied by it */;
    /* Samples that make a color. */
    uint16_t colors;
    const uint16_t *map[3];
} layout;

static int is_known(uint16_t compression) {
    switch (compression) {
    case COMPRESSION_NONE:
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4:
    case COMPRESSION_LZW:
    case COMPRESSION_JPEG:
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_PACKBITS:
    case COMPRESSION_LZMA:
    case COMPRESSION_ZSTD: return TIFFIsCODECConfigured(compression);
    default: return 0;
    }
}

static graft_image_result read_layout(TIFF *tiff, layout *layout) {
    uint16_t compression, format, extra_count = 0, *extras = NULL;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &layout->bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &layout->samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &layout->planar);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra_count, &extras);
    /* Some writers leave it out. */
    if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &layout->photometric)) layout->photometric = PHOTOMETRIC_MINISWHITE;
    if (!is_known(compression)) return unsupported("another compression");
    if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID) return unsupported("signed or floating-point samples");
    if (compression == COMPRESSION_JPEG && layout->photometric == PHOTOMETRIC_YCBCR) {
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        layout->photometric = PHOTOMETRIC_RGB;
    }
    switch (layout->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK: layout->colors = 1; break;
    case PHOTOMETRIC_PALETTE:
        layout->colors = 1;
        if (layout->bits > 8) return unsupported("a palette of more than 256 colors");
        if (!TIFFGetField(
                tiff, TIFFTAG_COLORMAP, &layout->map[0], &layout->map[1], &layout->map[2])) {
            return graft_image_result_make(graft_image_corrupt, "no palette");
        }
        break;
    case PHOTOMETRIC_RGB: layout->colors = 3; break;
    case PHOTOMETRIC_SEPARATED: layout->colors = 4; break;
    case PHOTOMETRIC_YCBCR: return unsupported("YCbCr without JPEG");
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
    case PHOTOMETRIC_ITULAB: return unsupported("L*a*b* colors");
    default: return unsupported("another color space");
    }
    const int whole_bytes = layout->bits == 8 || layout->bits == 16;
    const int part_of_byte = layout->samples == 1 && (layout->bits == 1 || layout->bits == 2 || layout->bits == 4);
    if (!whole_bytes && !part_of_byte) return unsupported("an unusual number of bits a sample");
    if (layout->samples < layout->colors) return graft_image_result_make(graft_image_corrupt, "too few samples");
    if (layout->samples > most_samples) return unsupported("more than 8 samples a pixel");
    layout->alpha = extra_count > 0 && extras[0] == EXTRASAMPLE_ASSOCALPHA && layout->samples > layout->colors &&
        (layout->colors == 1 || layout->colors == 3) && layout->photometric != PHOTOMETRIC_PALETTE;
    return graft_image_result_make(graft_image_ok, "");
}

static uint8_t divided(unsigned value, unsigned alpha) {
    if (alpha == 0 || alpha == 255) return (uint8_t)(alpha ? value : 0);
    value = value * 255 / alpha;
    return (uint8_t)(value > 255 ? 255 : value);
}

/* One color from its samples of 8 bits (or less, for grays and palettes). */
static void paint(const layout *layout, const uint8_t *samples, uint8_t *to) {
    uint8_t color[3];
    switch (layout->photometric) {
    case PHOTOMETRIC_PALETTE:
        for (int c = 0; c < 3; c++) color[c] = (uint8_t)(layout->map[c][samples[0]] >> 8);
        break;
    case PHOTOMETRIC_SEPARATED:
        for (int c = 0; c < 3; c++) {
            const int light = 255 - samples[3], product = samples[c] * light + 128;
            const int value = light - (((product >> 8) + product) >> 8);
            color[c] = (uint8_t)(value < 0 ? 0 : value);
        }
        break;
    case PHOTOMETRIC_RGB: memcpy(color, samples, 3); break;
    default: {
        const unsigned scaled = layout->bits < 8 ? samples[0] * 255u / ((1u << layout->bits) - 1) : samples[0];
        memset(color, (int)(layout->photometric == PHOTOMETRIC_MINISWHITE ? 255 - scaled : scaled), 3);
    }
    }
    if (layout->alpha) {
        for (int c = 0; c < 3; c++) color[c] = divided(color[c], samples[layout->colors]);
    }
    memcpy(to, color, 3);
}

/* A row's sample number `x`, the high byte of 16 bits. */
static uint8_t sample(const layout *layout, const uint8_t *row, size_t x) {
    if (layout->bits == 8) return row[x];
    if (layout->bits == 16) {
        uint16_t value;
        memcpy(&value, row + x * 2, 2);
        return (uint8_t)(value >> 8);
    }
    const size_t bit = x * layout->bits;
    return (uint8_t)(row[bit / 8] >> (8 - layout->bits - bit % 8) & ((1 << layout->bits) - 1));
}

/* The buffers of one row or tile: with separate planes, one for each sample that is needed. */
typedef struct planes {
    uint8_t *bytes[most_samples];
    uint16_t count;
} planes;

static int take_planes(planes *planes, const layout *layout, size_t size) {
    const uint16_t needed = (uint16_t)(layout->colors + layout->alpha);
    planes->count = layout->planar == PLANARCONFIG_SEPARATE ? needed : 1;
    for (uint16_t i = 0; i < planes->count; i++) {
        /* Cleared, for a damaged file may leave parts of it unwritten. */
        if (!(planes->bytes[i] = calloc(size, 1))) return 0;
    }
    return 1;
}

static void free_planes(planes *planes) {
    for (uint16_t i = 0; i < planes->count; i++) free(planes->bytes[i]);
}

/* The bytes that `count` pixels of one plane take. */
static uint64_t row_bytes(const layout *layout, uint32_t count) {
    const uint64_t samples = layout->planar == PLANARCONFIG_SEPARATE ? 1 : layout->samples;
    return (samples * layout->bits * count + 7) / 8;
}

static void paint_row(
    const layout *layout, const planes *planes, size_t offset, size_t count, uint8_t *to) {
    if (layout->photometric == PHOTOMETRIC_RGB && layout->samples == 3 && layout->bits == 8 && planes->count == 1) {
        memcpy(to, planes->bytes[0] + offset, count * 3);
        return;
    }
    uint8_t samples[most_samples];
    const uint16_t needed = (uint16_t)(layout->colors + layout->alpha);
    for (size_t x = 0; x < count; x++, to += 3) {
        for (uint16_t s = 0; s < needed; s++) {
            samples[s] = planes->count > 1 ? sample(layout, planes->bytes[s] + offset, x)
                                           : sample(layout, planes->bytes[0] + offset, x * layout->samples + s);
        }
        paint(layout, samples, to);
    }
}

static graft_image_result read_tiles(
    TIFF *tiff, const source *source, const layout *layout, uint32_t width, uint32_t height, uint8_t *pixels,
    size_t stride) {
    uint32_t columns = 0, rows = 0;
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &columns);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &rows);
    const uint64_t size = TIFFTileSize64(tiff), row_size = TIFFTileRowSize64(tiff);
    if (!columns || !rows || row_size < row_bytes(layout, columns) || row_size > size / rows) {
        return failure(source, "impossible tiles");
    }
    if (size > (uint64_t)most_memory) return unsupported("tiles of more than 64 MiB");
    planes planes = {.count = 0};
    graft_image_result result = graft_image_result_make(graft_image_ok, "");
    if (!take_planes(&planes, layout, size)) result = graft_image_result_make(graft_image_no_memory, "");
    for (uint32_t top = 0; top < height && result.status == graft_image_ok; top += rows) {
        for (uint32_t left = 0; left < width && result.status == graft_image_ok; left += columns) {
            for (uint16_t s = 0; s < planes.count; s++) {
                if (TIFFReadTile(tiff, planes.bytes[s], left, top, 0, s) < 0) result = failure(source, "a damaged tile");
            }
            const uint32_t right = columns < width - left ? columns : width - left;
            const uint32_t bottom = rows < height - top ? rows : height - top;
            for (uint32_t y = 0; y < bottom && result.status == graft_image_ok; y++) {
                paint_row(layout, &planes, y * row_size, right, pixels + (top + y) * stride + (size_t)left * 3);
            }
            if (right < columns) break;
        }
        if (rows > height - top) break;
    }
    free_planes(&planes);
    return result;
}

/* libtiff reads strips row by row, each plane from its first row on: separate planes have their rows kept. */
static graft_image_result read_strips(
    TIFF *tiff, const source *source, const layout *layout, uint32_t width, uint32_t height, uint8_t *pixels,
    size_t stride) {
    const uint64_t size = TIFFScanlineSize64(tiff);
    if (size < row_bytes(layout, width) || size > (uint64_t)most_memory) return failure(source, "impossible rows");
    const int separate = layout->planar == PLANARCONFIG_SEPARATE;
    planes planes = {.count = 0};
    graft_image_result result = graft_image_result_make(graft_image_ok, "");
    if (!take_planes(&planes, layout, separate ? size * height : size)) {
        result = graft_image_result_make(graft_image_no_memory, "");
    }
    for (uint16_t s = 0; s < planes.count && separate && result.status == graft_image_ok; s++) {
        for (uint32_t y = 0; y < height && result.status == graft_image_ok; y++) {
            if (TIFFReadScanline(tiff, planes.bytes[s] + y * size, y, s) < 0) result = failure(source, "a damaged row");
        }
    }
    for (uint32_t y = 0; y < height && result.status == graft_image_ok; y++) {
        if (!separate && TIFFReadScanline(tiff, planes.bytes[0], y, 0) < 0) {
            result = failure(source, "a damaged row");
        } else {
            paint_row(layout, &planes, separate ? y * size : 0, width, pixels + y * stride);
        }
    }
    free_planes(&planes);
    return result;
}

/* Whether every strip or tile lies inside of the file. */
static int is_complete(TIFF *tiff, uint64_t count) {
    const uint32_t parts = TIFFIsTiled(tiff) ? TIFFNumberOfTiles(tiff) : TIFFNumberOfStrips(tiff);
    for (uint32_t i = 0; i < parts; i++) {
        const uint64_t offset = TIFFGetStrileOffset(tiff, i), length = TIFFGetStrileByteCount(tiff, i);
        if (offset > count || length > count - offset) return 0;
    }
    return 1;
}

static void read_details(TIFF *tiff, graft_image_details *details) {
    uint16_t orientation = 0;
    uint32_t count = 0;
    void *profile = NULL;
    if (TIFFGetField(tiff, TIFFTAG_ORIENTATION, &orientation)) details->orientation = orientation;
    if (TIFFGetField(tiff, TIFFTAG_ICCPROFILE, &count, &profile) && count && (details->profile = malloc(count))) {
        memcpy(details->profile, profile, count);
        details->profile_count = count;
    }
}

static graft_image_result decode(
    TIFF *tiff, source *source, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride,
    graft_image_details *details) {
    uint32_t found_width = 0, found_height = 0;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &found_width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &found_height);
    if (found_width != width || found_height != height) {
        return graft_image_result_make(graft_image_corrupt, "contradictory sizes");
    }
    if (source->lost_palette) return graft_image_result_make(graft_image_corrupt, "no palette");
    layout layout = {.alpha = 0};
    graft_image_result result = read_layout(tiff, &layout);
    if (result.status != graft_image_ok) return result;
    if (!is_complete(tiff, source->count)) return graft_image_result_make(graft_image_truncated, "");
    read_details(tiff, details);
    /* What it has warned of so far did not matter. */
    source->message[0] = 0;
    return TIFFIsTiled(tiff) ? read_tiles(tiff, source, &layout, width, height, pixels, stride)
                             : read_strips(tiff, source, &layout, width, height, pixels, stride);
}

graft_image_result graft_tiff_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride,
    graft_image_details *details) {
    source source = {.bytes = bytes, .count = count};
    TIFF *tiff = open_tiff(&source);
    if (!tiff) return failure(&source, "no directory");
    const graft_image_result result = decode(tiff, &source, width, height, pixels, stride, details);
    TIFFClose(tiff);
    return result;
}
#endif
