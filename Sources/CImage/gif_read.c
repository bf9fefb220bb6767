/* GIF to RGB by giflib: the first frame on its canvas, as Pillow has it. What the frame leaves bare is of the transparent
 * color, or the first one. */
#ifdef GRAFT_GIF
#include <stdlib.h>
#include <string.h>

#include <gif_lib.h>

#include "result.h"

typedef struct source {
    const uint8_t *bytes;
    size_t left;
    /* Set for the last row: giflib then also wants the end of the data, which says nothing about the picture. */
    int padded;
    int ended;
} source;

static int read_bytes(GifFileType *gif, GifByteType *to, int count) {
    source *source = gif->UserData;
    const size_t there = (size_t)count < source->left ? (size_t)count : source->left;
    memcpy(to, source->bytes, there);
    source->bytes += there;
    source->left -= there;
    if (there < (size_t)count) {
        source->ended = 1;
        if (!source->padded) return (int)there;
        memset(to + there, 0, (size_t)count - there);
    }
    return count;
}

static graft_image_result failure(const source *source, int code) {
    if (code == D_GIF_ERR_NOT_ENOUGH_MEM) return graft_image_result_make(graft_image_no_memory, "");
    if (source->ended || code == D_GIF_ERR_EOF_TOO_SOON) return graft_image_result_make(graft_image_truncated, "");
    const char *message = GifErrorString(code);
    return graft_image_result_make(graft_image_corrupt, message ? message : "not a valid stream");
}

/* Reads up to the first frame's data. `*background` is the color of what the frame does not cover. */
static graft_image_result find_frame(GifFileType *gif, const source *source, int *background) {
    GifRecordType record;
    *background = 0;
    while (DGifGetRecordType(gif, &record) == GIF_OK) {
        if (record == IMAGE_DESC_RECORD_TYPE) {
            if (DGifGetImageDesc(gif) != GIF_OK) break;
            return graft_image_result_make(graft_image_ok, "");
        }
        if (record == TERMINATE_RECORD_TYPE) return graft_image_result_make(graft_image_corrupt, "no picture");
        int code;
        GifByteType *block;
        if (DGifGetExtension(gif, &code, &block) != GIF_OK) break;
        if (code == GRAPHICS_EXT_FUNC_CODE && block && block[0] >= 4 && block[1] & 1) *background = block[4];
        while (block) {
            if (DGifGetExtensionNext(gif, &block) != GIF_OK) return failure(source, gif->Error);
        }
    }
    return failure(source, gif->Error);
}

/* The screen's size, or more where the frame is larger. */
static uint32_t canvas(GifWord screen, GifWord start, GifWord length) {
    return (uint32_t)(screen > start + length ? screen : start + length);
}

graft_image_result graft_gif_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height) {
    source source = {.bytes = bytes, .left = count};
    int code = 0, background;
    GifFileType *gif = DGifOpen(&source, read_bytes, &code);
    if (!gif) return failure(&source, code);
    const graft_image_result result = find_frame(gif, &source, &background);
    if (result.status == graft_image_ok) {
        *width = canvas(gif->SWidth, gif->Image.Left, gif->Image.Width);
        *height = canvas(gif->SHeight, gif->Image.Top, gif->Image.Height);
    }
    DGifCloseFile(gif, NULL);
    return result;
}

/* Without a palette values are grays. Colors that a palette lacks are black. */
static void fill_colors(const ColorMapObject *map, uint8_t colors[256][3]) {
    for (int i = 0; i < 256; i++) {
        if (!map) {
            memset(colors[i], i, 3);
        } else if (i < map->ColorCount) {
            colors[i][0] = map->Colors[i].Red, colors[i][1] = map->Colors[i].Green, colors[i][2] = map->Colors[i].Blue;
        } else {
            memset(colors[i], 0, 3);
        }
    }
}

static void paint(const uint8_t colors[256][3], const uint8_t *from, size_t count, uint8_t *to) {
    for (size_t i = 0; i < count; i++) memcpy(to + i * 3, colors[from[i]], 3);
}

static graft_image_result read_rows(
    GifFileType *gif, source *source, const uint8_t colors[256][3], uint8_t *row, uint8_t *pixels, size_t stride) {
    static const struct { uint32_t first, step; } plain[] = {{0, 1}}, interlaced[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
    const GifImageDesc *frame = &gif->Image;
    const uint32_t height = (uint32_t)frame->Height;
    uint32_t rows = 0;
    pixels += (size_t)frame->Top * stride + (size_t)frame->Left * 3;
    for (int pass = 0; pass < (frame->Interlace ? 4 : 1); pass++) {
        const uint32_t first = frame->Interlace ? interlaced[pass].first : plain[0].first;
        const uint32_t step = frame->Interlace ? interlaced[pass].step : plain[0].step;
        for (uint32_t y = first; y < height; y += step) {
            source->padded = ++rows == height;
            if (DGifGetLine(gif, row, frame->Width) != GIF_OK) return failure(source, gif->Error);
            paint(colors, row, (size_t)frame->Width, pixels + y * stride);
        }
    }
    return graft_image_result_make(graft_image_ok, "");
}

graft_image_result graft_gif_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride,
    graft_image_details *details) {
    (void)details;
    source source = {.bytes = bytes, .left = count};
    int code = 0, background;
    GifFileType *gif = DGifOpen(&source, read_bytes, &code);
    if (!gif) return failure(&source, code);
    graft_image_result result = find_frame(gif, &source, &background);
    const GifImageDesc *frame = &gif->Image;
    if (result.status == graft_image_ok &&
        (canvas(gif->SWidth, frame->Left, frame->Width) != width ||
         canvas(gif->SHeight, frame->Top, frame->Height) != height || frame->Width < 1 || frame->Height < 1)) {
        result = graft_image_result_make(graft_image_corrupt, "contradictory sizes");
    }
    if (result.status == graft_image_ok) {
        uint8_t colors[256][3];
        fill_colors(frame->ColorMap ? frame->ColorMap : gif->SColorMap, colors);
        if ((uint32_t)frame->Width != width || (uint32_t)frame->Height != height) {
            for (uint32_t y = 0; y < height; y++) {
                for (uint32_t x = 0; x < width; x++) memcpy(pixels + y * stride + x * 3, colors[background], 3);
            }
        }
        uint8_t *row = malloc((size_t)frame->Width);
        result = row ? read_rows(gif, &source, (const uint8_t(*)[3])colors, row, pixels, stride)
                     : graft_image_result_make(graft_image_no_memory, "");
        free(row);
    }
    DGifCloseFile(gif, NULL);
    return result;
}
#endif
