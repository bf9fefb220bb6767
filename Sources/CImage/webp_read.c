/* WebP to RGB; alpha is dropped, as Pillow's convert("RGB") does. */
#include <string.h>

#include <webp/decode.h>

#include "result.h"

static graft_image_result result_of(VP8StatusCode code) {
    switch (code) {
    case VP8_STATUS_OK: return graft_image_result_make(graft_image_ok, "");
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED: return graft_image_result_make(graft_image_truncated, "");
    case VP8_STATUS_OUT_OF_MEMORY: return graft_image_result_make(graft_image_no_memory, "");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
        return graft_image_result_make(graft_image_unsupported, "a feature that libwebp does not know");
    default: return graft_image_result_make(graft_image_corrupt, "not a valid bitstream");
    }
}

graft_image_result graft_webp_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height) {
    WebPBitstreamFeatures features;
    const VP8StatusCode code = WebPGetFeatures(bytes, count, &features);
    if (code == VP8_STATUS_OK) {
        *width = (uint32_t)features.width;
        *height = (uint32_t)features.height;
    }
    return result_of(code);
}

graft_image_result graft_webp_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride) {
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) {
        return graft_image_result_make(graft_image_unsupported, "another version of libwebp");
    }
    const VP8StatusCode code = WebPGetFeatures(bytes, count, &config.input);
    if (code != VP8_STATUS_OK) return result_of(code);
    if (config.input.width != (int)width || config.input.height != (int)height) {
        return graft_image_result_make(graft_image_corrupt, "contradictory sizes");
    }
    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = (int)stride;
    config.output.u.RGBA.size = stride * (height - 1) + (size_t)width * 3;
    return result_of(WebPDecode(bytes, count, &config));
}
