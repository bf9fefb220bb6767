/* JPEG XL to RGB by libjxl, which turns the picture itself: the first frame, alpha dropped. The profile is that of the
 * pixels that libjxl gives, which it makes sRGB where it must choose. */
#ifdef GRAFT_JPEGXL
#include <stdlib.h>

#include <jxl/decode.h>
#if __has_include(<jxl/version.h>)
#include <jxl/version.h>
#endif

#include "result.h"

/* Later versions leave out an argument that was never used. */
#if defined(JPEGXL_MAJOR_VERSION) && (JPEGXL_MAJOR_VERSION > 0 || JPEGXL_MINOR_VERSION >= 9)
#define GRAFT_FORMAT(format)
#else
#define GRAFT_FORMAT(format) format,
#endif

static const JxlPixelFormat format = {.num_channels = 3, .data_type = JXL_TYPE_UINT8, .endianness = JXL_NATIVE_ENDIAN};

static JxlDecoder *open_decoder(const uint8_t *bytes, size_t count, int events) {
    JxlDecoder *decoder = JxlDecoderCreate(NULL);
    if (!decoder) return NULL;
    if (JxlDecoderSubscribeEvents(decoder, events) != JXL_DEC_SUCCESS ||
        JxlDecoderSetInput(decoder, bytes, count) != JXL_DEC_SUCCESS) {
        JxlDecoderDestroy(decoder);
        return NULL;
    }
    return decoder;
}

static graft_image_result unexpected(JxlDecoderStatus status) {
    return status == JXL_DEC_NEED_MORE_INPUT ? graft_image_result_make(graft_image_truncated, "")
                                             : graft_image_result_make(graft_image_corrupt, "not a valid bitstream");
}

graft_image_result graft_jxl_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height) {
    JxlDecoder *decoder = open_decoder(bytes, count, JXL_DEC_BASIC_INFO);
    if (!decoder) return graft_image_result_make(graft_image_no_memory, "");
    JxlBasicInfo info;
    const JxlDecoderStatus status = JxlDecoderProcessInput(decoder);
    const int found = status == JXL_DEC_BASIC_INFO && JxlDecoderGetBasicInfo(decoder, &info) == JXL_DEC_SUCCESS;
    if (found) *width = info.xsize, *height = info.ysize;
    JxlDecoderDestroy(decoder);
    return found ? graft_image_result_make(graft_image_ok, "") : unexpected(status);
}

/* A JPEG file takes about a quarter more than the file that was made of it. */
static const size_t most_growth = 64;

/* Twice the room, what is there kept. Returns whether the decoder goes on. */
static int enlarge(JxlDecoder *decoder, size_t most, uint8_t **buffer, size_t *size) {
    const size_t unused = *buffer ? JxlDecoderReleaseJPEGBuffer(decoder) : 0;
    const size_t used = *size - unused, next = *size ? *size * 2 : most / most_growth + 4096;
    uint8_t *larger = next > most ? NULL : realloc(*buffer, next);
    if (!larger) return 0;
    *buffer = larger;
    *size = next;
    return JxlDecoderSetJPEGBuffer(decoder, larger + used, next - used) == JXL_DEC_SUCCESS;
}

graft_image_result graft_jxl_jpeg(const uint8_t *bytes, size_t count, uint8_t **jpeg, size_t *jpeg_count) {
    *jpeg = NULL;
    *jpeg_count = 0;
    JxlDecoder *decoder = open_decoder(bytes, count, JXL_DEC_JPEG_RECONSTRUCTION | JXL_DEC_FULL_IMAGE);
    if (!decoder) return graft_image_result_make(graft_image_no_memory, "");
    const size_t most = (count + 4096) * most_growth;
    graft_image_result result = graft_image_result_make(graft_image_ok, "");
    size_t size = 0;
    for (int ended = 0; !ended && result.status == graft_image_ok;) {
        const JxlDecoderStatus status = JxlDecoderProcessInput(decoder);
        switch (status) {
        case JXL_DEC_JPEG_RECONSTRUCTION:
        case JXL_DEC_JPEG_NEED_MORE_OUTPUT:
            if (!enlarge(decoder, most, jpeg, &size)) result = graft_image_result_make(graft_image_no_memory, "");
            break;
        case JXL_DEC_FULL_IMAGE:
            *jpeg_count = *jpeg ? size - JxlDecoderReleaseJPEGBuffer(decoder) : 0;
            ended = 1;
            break;
        /* Pixels are asked for: there is no JPEG file. */
        case JXL_DEC_NEED_IMAGE_OUT_BUFFER: ended = 1; break;
        default: result = unexpected(status);
        }
    }
    JxlDecoderDestroy(decoder);
    return result;
}

static graft_image_result check_info(JxlDecoder *decoder, uint32_t width, uint32_t height) {
    JxlBasicInfo info;
    if (JxlDecoderGetBasicInfo(decoder, &info) != JXL_DEC_SUCCESS || info.xsize != width || info.ysize != height) {
        return graft_image_result_make(graft_image_corrupt, "contradictory sizes");
    }
    for (uint32_t i = 0; i < info.num_extra_channels; i++) {
        JxlExtraChannelInfo extra;
        if (JxlDecoderGetExtraChannelInfo(decoder, i, &extra) == JXL_DEC_SUCCESS && extra.type == JXL_CHANNEL_BLACK) {
            return graft_image_result_make(graft_image_unsupported, "CMYK");
        }
    }
    return graft_image_result_make(graft_image_ok, "");
}

static void read_profile(JxlDecoder *decoder, graft_image_details *details) {
    size_t count = 0;
    if (JxlDecoderGetICCProfileSize(decoder, GRAFT_FORMAT(&format) JXL_COLOR_PROFILE_TARGET_DATA, &count) !=
            JXL_DEC_SUCCESS ||
        !count || count > 16 << 20 || details->profile || !(details->profile = malloc(count))) {
        return;
    }
    if (JxlDecoderGetColorAsICCProfile(
            decoder, GRAFT_FORMAT(&format) JXL_COLOR_PROFILE_TARGET_DATA, details->profile, count) == JXL_DEC_SUCCESS) {
        details->profile_count = count;
    }
}

graft_image_result graft_jxl_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride,
    graft_image_details *details) {
    JxlDecoder *decoder =
        open_decoder(bytes, count, JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FULL_IMAGE);
    if (!decoder) return graft_image_result_make(graft_image_no_memory, "");
    graft_image_result result = graft_image_result_make(graft_image_ok, "");
    int complete = 0;
    while (!complete && result.status == graft_image_ok) {
        const JxlDecoderStatus status = JxlDecoderProcessInput(decoder);
        switch (status) {
        case JXL_DEC_BASIC_INFO: result = check_info(decoder, width, height); break;
        case JXL_DEC_COLOR_ENCODING: read_profile(decoder, details); break;
        case JXL_DEC_NEED_IMAGE_OUT_BUFFER: {
            size_t size = 0;
            if (JxlDecoderImageOutBufferSize(decoder, &format, &size) != JXL_DEC_SUCCESS || size != stride * height ||
                JxlDecoderSetImageOutBuffer(decoder, &format, pixels, size) != JXL_DEC_SUCCESS) {
                result = graft_image_result_make(graft_image_corrupt, "contradictory sizes");
            }
            break;
        }
        case JXL_DEC_FULL_IMAGE: complete = 1; break;
        default: result = unexpected(status);
        }
    }
    JxlDecoderDestroy(decoder);
    return result;
}
#endif
