/* PNG to RGB as Pillow's convert("RGB"): alpha and tRNS are dropped, not blended; gamma is ignored. */
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "result.h"

typedef struct source {
    const uint8_t *bytes;
    size_t left;
    graft_image_result result;
} source;

static void on_error(png_structp png, png_const_charp message) {
    source *source = png_get_error_ptr(png);
    if (source->result.status == graft_image_ok) {
        source->result = graft_image_result_make(graft_image_corrupt, message);
    }
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp message) { (void)png, (void)message; }

static void read_bytes(png_structp png, png_bytep to, size_t count) {
    source *source = png_get_io_ptr(png);
    if (count > source->left) {
        source->result = graft_image_result_make(graft_image_truncated, "");
        png_error(png, "");
    }
    memcpy(to, source->bytes, count);
    source->bytes += count;
    source->left -= count;
}

static void keep_profile(png_structp png, png_infop info, graft_image_details *details) {
    png_charp name;
    int compression;
    png_bytep profile;
    png_uint_32 count;
    if (!png_get_iCCP(png, info, &name, &compression, &profile, &count)) return;
    details->profile = malloc(count);
    if (!details->profile) return;
    memcpy(details->profile, profile, count);
    details->profile_count = count;
}

static void decode(
    png_structp png, png_infop info, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride,
    graft_image_details *details) {
    if (setjmp(png_jmpbuf(png))) return;
    /* Text and the like may inflate to any size, and only the profile is needed: one above the limit is passed over. */
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    static const png_byte transparency[] = "tRNS", profile[] = "iCCP";
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, transparency, 1);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_AS_DEFAULT, profile, 1);
    png_set_benign_errors(png, 1);
    png_set_user_limits(png, width, height);
    png_set_chunk_malloc_max(png, 4 << 20);
    png_read_info(png, info);
    keep_profile(png, info, details);

    const int color = png_get_color_type(png, info);
    if (color == PNG_COLOR_TYPE_PALETTE) {
        png_set_palette_to_rgb(png);
    } else if (!(color & PNG_COLOR_MASK_COLOR)) {
        png_set_expand_gray_1_2_4_to_8(png);
        png_set_gray_to_rgb(png);
    }
    /* The high byte, as Pillow takes it of RGB. */
    png_set_strip_16(png);
    png_set_strip_alpha(png);
    const int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height ||
        png_get_rowbytes(png, info) != (size_t)width * 3) {
        png_error(png, "contradictory sizes");
    }
    for (int pass = 0; pass < passes; pass++) {
        for (uint32_t y = 0; y < height; y++) png_read_row(png, pixels + y * stride, NULL);
    }
    /* What follows the last row is not needed. */
}

graft_image_result graft_png_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride,
    graft_image_details *details) {
    source source = {.bytes = bytes, .left = count};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, on_error, ignore_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_read_struct(&png, NULL, NULL);
        return graft_image_result_make(graft_image_no_memory, "");
    }
    png_set_read_fn(png, &source, read_bytes);
    decode(png, info, width, height, pixels, stride, details);
    png_destroy_read_struct(&png, &info, NULL);
    return source.result;
}
