/* The C boundary of Images: codecs (libjpeg-turbo, libpng, libwebp, and by the package's traits giflib, libtiff,
 * libheif, libavif and libjxl) and colour management (lcms2) behind functions that take a memory buffer and never crash,
 * exit or print, and the inner loops of resampling. Every pixel buffer is RGB, 8 bits, rows without padding. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum __attribute__((enum_extensibility(closed))) graft_image_status {
    graft_image_ok = 0,
    /* The data ends before the picture does. */
    graft_image_truncated,
    graft_image_corrupt,
    /* A valid file of a kind that is not read. */
    graft_image_unsupported,
    graft_image_no_memory,
} graft_image_status;

/* What became of a call; the message is the codec's own, empty where the status says it all. */
typedef struct graft_image_result {
    graft_image_status status;
    char message[200];
} graft_image_result;

/* What a codec finds beside the pixels. */
typedef struct graft_image_details {
    /* As EXIF numbers it; 0 where nothing is said. */
    int orientation;
    /* An ICC profile, or NULL. To be freed with graft_image_free, also after an error. */
    uint8_t *profile;
    size_t profile_count;
} graft_image_details;

/* Reads the header only. Nothing that grows with the picture is allocated. */
graft_image_result graft_jpeg_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height);
graft_image_result graft_webp_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height);
graft_image_result graft_gif_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height);
graft_image_result graft_tiff_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height);
graft_image_result graft_heic_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height);
graft_image_result graft_avif_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height);
graft_image_result graft_jxl_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height);

/* Decode into `pixels`, rows `stride` bytes apart. The picture must be of the given size, which the caller has
 * checked. A JPEG picture may be had smaller, both sides divided by `denominator` (1, 2, 4 or 8) and rounded up: most of
 * the inverse transform is then left out. */
graft_image_result graft_jpeg_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint32_t denominator, uint8_t *pixels,
    size_t stride);
graft_image_result graft_png_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride,
    graft_image_details *details);
graft_image_result graft_webp_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride);
graft_image_result graft_gif_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride,
    graft_image_details *details);
graft_image_result graft_tiff_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride,
    graft_image_details *details);
graft_image_result graft_heic_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride,
    graft_image_details *details);
graft_image_result graft_avif_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride,
    graft_image_details *details);
graft_image_result graft_jxl_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, size_t stride,
    graft_image_details *details);

/* The JPEG file that a JPEG XL file was losslessly made from; NULL if it was not, or the parts for it are missing.
 * `*jpeg` is to be freed with graft_image_free, also after an error. */
graft_image_result graft_jxl_jpeg(const uint8_t *bytes, size_t count, uint8_t **jpeg, size_t *jpeg_count);

/* The way to sRGB from the colors of an ICC profile, perceptually. There is nothing to do where the profile is sRGB
 * itself, is damaged, or has other than three channels or one. Takes some milliseconds to make; NULL without memory. */
typedef struct graft_color graft_color;
graft_color *graft_color_open(const uint8_t *profile, size_t profile_count);
void graft_color_close(graft_color *color);

/* Converts `count` pixels in place. Several threads may share `color`. */
void graft_color_convert(const graft_color *color, uint8_t *pixels, size_t count);

/* Encodes as a baseline JPEG file (4:2:0). `*bytes` is to be freed with graft_image_free, also after an error. */
graft_image_result graft_jpeg_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, uint8_t **bytes, size_t *count);
void graft_image_free(uint8_t *bytes);

/* Turns a picture of width x height as EXIF orientation 2...8 says; 5...8 swap the sides of `to`. */
void graft_image_orient(const uint8_t *from, uint32_t width, uint32_t height, int orientation, uint8_t *to);

/* Fixed-point weights of one axis: output i is the sum over t < counts[i] of weights[i * capacity + t] times input
 * starts[i] + t, scaled by 2^22. */
typedef struct graft_image_axis {
    const int32_t *starts, *counts, *weights;
    /* Outputs, and the distance between the weights of one and the next. */
    size_t outputs, capacity;
    /* What any output needs: inputs first_input ..< first_input + inputs. */
    size_t first_input, inputs;
} graft_image_axis;

typedef enum __attribute__((enum_extensibility(closed))) graft_image_order {
    graft_image_columns_first,
    graft_image_rows_first,
} graft_image_order;

/* Resamples a picture of width x height into `to`, [rows.outputs, columns.outputs, 3], by way of `between`, which has
 * graft_image_between_size bytes. Pixels are read four bytes at a time, so the picture's last row is read from a copy
 * that is one byte longer. `portable` takes the kernels that run on any processor. */
void graft_image_resample(
    const uint8_t *pixels, size_t width, size_t height, const uint8_t *last_row, const graft_image_axis *columns,
    const graft_image_axis *rows, graft_image_order order, int portable, uint8_t *between, uint8_t *to);
size_t graft_image_between_size(
    const graft_image_axis *columns, const graft_image_axis *rows, graft_image_order order);

/* to[i] = table[i % 3][from[i]], for `count` pixels. */
void graft_image_look_up(const uint8_t *from, size_t count, const float *table /* [3, 256] */, float *to);

/* to[i] = table[i % 3][from[i]], for `count` pixels; `from` may be `to`. */
void graft_image_map(const uint8_t *from, size_t count, const uint8_t *table /* [3, 256] */, uint8_t *to);

/* How often each value occurs in each channel. */
void graft_image_histogram(const uint8_t *from, size_t count, uint32_t *counts /* [3, 256] */);

/* The brightnesses of `count` pixels as Pillow's mode L has them, added up. */
uint64_t graft_image_luma_sum(const uint8_t *from, size_t count);

/* The same weights, in floating point and not rounded, of every pixel. */
void graft_image_grey(const uint8_t *from, size_t count, float *grey);

/* Over a part of a grey picture, from columns[0] to below columns[1], rows alike: sums[0] of the differences between pixels
   `step` apart, and sums[1] of what is less of each after a mean of 2 * reach + 1 pixels along the same way. */
void graft_image_detail(const float *grey, ptrdiff_t width, const ptrdiff_t columns[2], const ptrdiff_t rows[2],
                        ptrdiff_t step, ptrdiff_t reach, float sums[2]);

/* base + factor * (value - base), clipped, as Pillow's `blend` rounds it. */
uint8_t graft_image_blend(uint8_t base, uint8_t value, float factor);

/* Pillow's ImageEnhance.Color: blends with the gray picture. */
void graft_image_saturate(const uint8_t *from, size_t count, float factor, uint8_t *to);

/* Adds `shift` to Pillow's HSV hue, modulo 256. */
void graft_image_turn_hue(const uint8_t *from, size_t count, uint8_t shift, uint8_t *to);

/* Pillow's ImageEnhance.Sharpness: blends with the picture smoothed by a 3x3 filter. */
void graft_image_sharpen(const uint8_t *from, size_t width, size_t height, float factor, uint8_t *to);

/* Output (x, y) is taken from (m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5]), `fill` where that is outside.
 * Pillow's nearest pixels are found in fixed point. */
void graft_image_warp_nearest(
    const uint8_t *from, size_t width, size_t height, const double m[6], const uint8_t fill[3], uint8_t *to);
void graft_image_warp_bilinear(
    const uint8_t *from, size_t width, size_t height, const double m[6], const uint8_t fill[3], uint8_t *to);
