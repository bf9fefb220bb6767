/* HEIC to RGB by libheif: the primary picture, turned as its boxes say; an EXIF orientation does not count. */
#ifdef GRAFT_HEIC
#include <stdlib.h>
#include <string.h>

#include <libheif/heif.h>

#include "result.h"

static graft_image_result result_of(struct heif_error error) {
    switch (error.code) {
    case heif_error_Ok: return graft_image_result_make(graft_image_ok, "");
    case heif_error_Memory_allocation_error:
        /* Also what it says of limits. */
        return graft_image_result_make(
            error.subcode == heif_suberror_Security_limit_exceeded ? graft_image_corrupt : graft_image_no_memory,
            error.message);
    case heif_error_Unsupported_filetype:
    case heif_error_Unsupported_feature: return graft_image_result_make(graft_image_unsupported, error.message);
    default:
        return graft_image_result_make(
            error.subcode == heif_suberror_End_of_data ? graft_image_truncated : graft_image_corrupt, error.message);
    }
}

typedef struct reader {
    struct heif_context *context;
    struct heif_image_handle *picture;
} reader;

static graft_image_result open_reader(reader *reader, const uint8_t *bytes, size_t count) {
    reader->picture = NULL;
    reader->context = heif_context_alloc();
    if (!reader->context) return graft_image_result_make(graft_image_no_memory, "");
    /* Pictures are decoded side by side already. */
    heif_context_set_max_decoding_threads(reader->context, 0);
    struct heif_error error = heif_context_read_from_memory_without_copy(reader->context, bytes, count, NULL);
    if (error.code == heif_error_Ok) error = heif_context_get_primary_image_handle(reader->context, &reader->picture);
    return result_of(error);
}

static void close_reader(reader *reader) {
    if (reader->picture) heif_image_handle_release(reader->picture);
    if (reader->context) heif_context_free(reader->context);
}

graft_image_result graft_heic_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height) {
    reader reader;
    const graft_image_result result = open_reader(&reader, bytes, count);
    if (result.status == graft_image_ok) {
        const int columns = heif_image_handle_get_width(reader.picture);
        const int rows = heif_image_handle_get_height(reader.picture);
        *width = columns > 0 ? (uint32_t)columns : 0;
        *height = rows > 0 ? (uint32_t)rows : 0;
    }
    close_reader(&reader);
    return result;
}

static void read_details(const struct heif_image_handle *picture, graft_image_details *details) {
    const size_t count = heif_image_handle_get_raw_color_profile_size(picture);
    if (!count || !(details->profile = malloc(count))) return;
    details->profile_count = count;
    if (heif_image_handle_get_raw_color_profile(picture, details->profile).code != heif_error_Ok) {
        details->profile_count = 0;
    }
}

static graft_image_result copy(
    const struct heif_image *image, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride) {
    int from_stride = 0;
    const uint8_t *from = heif_image_get_plane_readonly(image, heif_channel_interleaved, &from_stride);
    if (!from || heif_image_get_width(image, heif_channel_interleaved) != (int)width ||
        heif_image_get_height(image, heif_channel_interleaved) != (int)height ||
        heif_image_get_bits_per_pixel_range(image, heif_channel_interleaved) != 8 ||
        (uint64_t)from_stride < (uint64_t)width * 3) {
        return graft_image_result_make(graft_image_corrupt, "contradictory sizes");
    }
    for (uint32_t y = 0; y < height; y++) memcpy(pixels + y * stride, from + y * (size_t)from_stride, (size_t)width * 3);
    return graft_image_result_make(graft_image_ok, "");
}

graft_image_result graft_heic_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride,
    graft_image_details *details) {
    reader reader;
    graft_image_result result = open_reader(&reader, bytes, count);
    struct heif_decoding_options *options = heif_decoding_options_alloc();
    struct heif_image *image = NULL;
    if (result.status == graft_image_ok && !options) result = graft_image_result_make(graft_image_no_memory, "");
    if (result.status == graft_image_ok) {
        options->convert_hdr_to_8bit = 1;
        options->strict_decoding = 1;
        result = result_of(
            heif_decode_image(reader.picture, &image, heif_colorspace_RGB, heif_chroma_interleaved_RGB, options));
    }
    if (result.status == graft_image_ok) {
        result = copy(image, width, height, pixels, stride);
        read_details(reader.picture, details);
    }
    if (image) heif_image_release(image);
    if (options) heif_decoding_options_free(options);
    close_reader(&reader);
    return result;
}
#endif
