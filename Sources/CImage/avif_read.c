/* AVIF to RGB by libavif, as Pillow does it: the first picture, to be turned as its boxes say; an EXIF orientation does not
 * count. */
#ifdef GRAFT_AVIF
#include <stdlib.h>
#include <string.h>

#include <avif/avif.h>

#include "result.h"

static graft_image_result result_of(const avifDecoder *decoder, avifResult code) {
    switch (code) {
    case AVIF_RESULT_OK: return graft_image_result_make(graft_image_ok, "");
    case AVIF_RESULT_TRUNCATED_DATA:
    case AVIF_RESULT_IO_ERROR: return graft_image_result_make(graft_image_truncated, "");
    case AVIF_RESULT_OUT_OF_MEMORY: return graft_image_result_make(graft_image_no_memory, "");
    case AVIF_RESULT_NOT_IMPLEMENTED:
    case AVIF_RESULT_NO_CODEC_AVAILABLE:
    case AVIF_RESULT_UNSUPPORTED_DEPTH: return graft_image_result_make(graft_image_unsupported, avifResultToString(code));
    default:
        /* "Truncated data?", it asks. */
        if (strstr(decoder->diag.error, "runcated data")) return graft_image_result_make(graft_image_truncated, "");
        return graft_image_result_make(
            graft_image_corrupt, decoder->diag.error[0] ? decoder->diag.error : avifResultToString(code));
    }
}

/* Reads the boxes. `*decoder` is to be destroyed, also after an error. */
static graft_image_result open_decoder(avifDecoder **decoder, const uint8_t *bytes, size_t count) {
    *decoder = avifDecoderCreate();
    if (!*decoder) return graft_image_result_make(graft_image_no_memory, "");
    /* Pictures are decoded side by side already. */
    (*decoder)->maxThreads = 1;
    (*decoder)->ignoreExif = AVIF_TRUE;
    (*decoder)->ignoreXMP = AVIF_TRUE;
    /* As Pillow: some writers leave out how many bits there are, or crop oddly; a crop is not applied. */
    (*decoder)->strictFlags &= ~(avifStrictFlags)(AVIF_STRICT_PIXI_REQUIRED | AVIF_STRICT_CLAP_VALID);
    avifResult code = avifDecoderSetIOMemory(*decoder, bytes, count);
    if (code == AVIF_RESULT_OK) code = avifDecoderParse(*decoder);
    return result_of(*decoder, code);
}

static void close_decoder(avifDecoder *decoder) {
    if (decoder) avifDecoderDestroy(decoder);
}

graft_image_result graft_avif_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height) {
    avifDecoder *decoder;
    const graft_image_result result = open_decoder(&decoder, bytes, count);
    if (result.status == graft_image_ok) *width = decoder->image->width, *height = decoder->image->height;
    close_decoder(decoder);
    return result;
}

/* Quarter turns anticlockwise, then a mirror, as one of EXIF's numbers. */
static int orientation_of(const avifImage *image) {
    static const int turned[] = {1, 8, 3, 6}, mirrored_columns[] = {2, 7, 4, 5}, mirrored_rows[] = {4, 5, 2, 7};
    const int turns = image->transformFlags & AVIF_TRANSFORM_IROT ? image->irot.angle & 3 : 0;
    if (!(image->transformFlags & AVIF_TRANSFORM_IMIR)) return turned[turns];
#if AVIF_VERSION >= 1000000
    return image->imir.axis ? mirrored_columns[turns] : mirrored_rows[turns];
#else
    return image->imir.mode ? mirrored_columns[turns] : mirrored_rows[turns];
#endif
}

/* Without alpha libavif would put the picture on black. Where colors are multiplied by it, it undoes that. */
static graft_image_result convert(avifDecoder *decoder, uint8_t *pixels, size_t stride) {
    avifImage *image = decoder->image;
    if (!image->alphaPremultiplied) avifImageFreePlanes(image, AVIF_PLANES_A);
    const int with_alpha = image->alphaPlane != NULL;
    avifRGBImage rgb;
    avifRGBImageSetDefaults(&rgb, image);
    rgb.depth = 8;
    rgb.format = with_alpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
    rgb.rowBytes = with_alpha ? image->width * 4 : (uint32_t)stride;
    rgb.pixels = with_alpha ? malloc((size_t)image->width * image->height * 4) : pixels;
    if (!rgb.pixels) return graft_image_result_make(graft_image_no_memory, "");
    const graft_image_result result = result_of(decoder, avifImageYUVToRGB(image, &rgb));
    if (with_alpha) {
        for (uint32_t y = 0; y < image->height; y++) {
            const uint8_t *from = rgb.pixels + (size_t)y * rgb.rowBytes;
            uint8_t *to = pixels + y * stride;
            for (uint32_t x = 0; x < image->width; x++, from += 4, to += 3) memcpy(to, from, 3);
        }
        free(rgb.pixels);
    }
    return result;
}

graft_image_result graft_avif_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride,
    graft_image_details *details) {
    avifDecoder *decoder;
    graft_image_result result = open_decoder(&decoder, bytes, count);
    if (result.status == graft_image_ok) {
        /* The data states a size too: that of the boxes, or of tiles that reach over its edges. */
        const uint64_t most = ((uint64_t)width + 128) * ((uint64_t)height + 128);
        if (most < decoder->imageSizeLimit) decoder->imageSizeLimit = (uint32_t)most;
        result = result_of(decoder, avifDecoderNextImage(decoder));
    }
    if (result.status == graft_image_ok) {
        const avifImage *image = decoder->image;
        if (image->width != width || image->height != height) {
            result = graft_image_result_make(graft_image_corrupt, "contradictory sizes");
        } else {
            result = convert(decoder, pixels, stride);
        }
        details->orientation = orientation_of(image);
        if (image->icc.size && (details->profile = malloc(image->icc.size))) {
            memcpy(details->profile, image->icc.data, image->icc.size);
            details->profile_count = image->icc.size;
        }
    }
    close_decoder(decoder);
    return result;
}
#endif
