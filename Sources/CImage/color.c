/* Colours to sRGB by lcms2, as Pillow's ImageCms.profileToProfile(picture, profile, createProfile("sRGB")): perceptual
 * intent, no black point compensation but the one that lcms2 makes of version 4 profiles, 8 bits in and out. */
#include <stdlib.h>
#include <string.h>

#include <lcms2.h>

#include "CImage.h"

/* A conversion that moves no colour of the grid by more than this leaves the picture alone: sRGB profiles differ from
 * each other in how they round. */
enum { most_alike = 1 };

enum { side = 9, grid_colors = side * side * side + 256 };

/* A lattice over all colours, and every gray. */
static void fill_grid(uint8_t *grid) {
    for (int i = 0; i < side * side * side; i++, grid += 3) {
        const int step[] = {i % side, i / side % side, i / side / side};
        for (int c = 0; c < 3; c++) grid[c] = (uint8_t)(step[c] * 255 / (side - 1));
    }
    for (int gray = 0; gray < 256; gray++, grid += 3) memset(grid, gray, 3);
}

/* A gray picture has three times the same value. */
static void convert(cmsHTRANSFORM transform, int channels, uint8_t *pixels, size_t count) {
    enum { piece = 1024 };
    uint8_t grays[piece];
    for (size_t start = 0; start < count; start += piece) {
        const size_t length = count - start < piece ? count - start : piece;
        uint8_t *place = pixels + start * 3;
        if (channels == 1) {
            for (size_t i = 0; i < length; i++) grays[i] = place[i * 3];
        }
        cmsDoTransform(transform, channels == 1 ? grays : place, place, (cmsUInt32Number)length);
    }
}

static int changes_nothing(cmsHTRANSFORM transform, int channels) {
    uint8_t from[grid_colors * 3], to[grid_colors * 3];
    fill_grid(from);
    memcpy(to, from, sizeof to);
    /* The grays are the last. */
    const size_t first = channels == 1 ? grid_colors - 256 : 0;
    convert(transform, channels, to + first * 3, grid_colors - first);
    for (size_t i = 0; i < sizeof from; i++) {
        if (abs(from[i] - to[i]) > most_alike) return 0;
    }
    return 1;
}

static int is_gray(const uint8_t *pixels, size_t count) {
    for (size_t i = 0; i < count; i++, pixels += 3) {
        if (pixels[0] != pixels[1] || pixels[1] != pixels[2]) return 0;
    }
    return 1;
}

struct graft_color {
    /* Its own: lcms2 is then safe to use from several threads, and silent. */
    cmsContext context;
    /* Reads nothing but itself when it converts. NULL where there is nothing to do. */
    cmsHTRANSFORM transform;
    int channels;
};

static void make_transform(graft_color *color, const uint8_t *profile, size_t profile_count) {
    cmsHPROFILE from = cmsOpenProfileFromMemTHR(color->context, profile, (cmsUInt32Number)profile_count);
    if (!from) return;
    const cmsColorSpaceSignature space = cmsGetColorSpace(from);
    color->channels = space == cmsSigRgbData ? 3 : space == cmsSigGrayData ? 1 : 0;
    cmsHPROFILE to = color->channels ? cmsCreate_sRGBProfileTHR(color->context) : NULL;
    if (to) {
        color->transform = cmsCreateTransformTHR(
            color->context, from, color->channels == 1 ? TYPE_GRAY_8 : TYPE_RGB_8, to, TYPE_RGB_8,
            INTENT_PERCEPTUAL, 0);
        cmsCloseProfile(to);
    }
    cmsCloseProfile(from);
    if (color->transform && changes_nothing(color->transform, color->channels)) {
        cmsDeleteTransform(color->transform);
        color->transform = NULL;
    }
}

graft_color *graft_color_open(const uint8_t *profile, size_t profile_count) {
    graft_color *color = calloc(1, sizeof *color);
    if (!color) return NULL;
    color->context = cmsCreateContext(NULL, NULL);
    if (color->context && profile_count <= UINT32_MAX) make_transform(color, profile, profile_count);
    return color;
}

void graft_color_close(graft_color *color) {
    if (!color) return;
    if (color->transform) cmsDeleteTransform(color->transform);
    if (color->context) cmsDeleteContext(color->context);
    free(color);
}

void graft_color_convert(const graft_color *color, uint8_t *pixels, size_t count) {
    if (!color || !color->transform) return;
    if (color->channels == 1 && !is_gray(pixels, count)) return;
    convert(color->transform, color->channels, pixels, count);
}
