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

static void convert_from(cmsContext context, cmsHPROFILE from, uint8_t *pixels, size_t count) {
    int channels;
    switch (cmsGetColorSpace(from)) {
    case cmsSigRgbData: channels = 3; break;
    case cmsSigGrayData: channels = 1; break;
    default: return;
    }
    if (channels == 1 && !is_gray(pixels, count)) return;
    cmsHPROFILE to = cmsCreate_sRGBProfileTHR(context);
    if (!to) return;
    cmsHTRANSFORM transform = cmsCreateTransformTHR(
        context, from, channels == 1 ? TYPE_GRAY_8 : TYPE_RGB_8, to, TYPE_RGB_8, INTENT_PERCEPTUAL, 0);
    cmsCloseProfile(to);
    if (!transform) return;
    if (!changes_nothing(transform, channels)) convert(transform, channels, pixels, count);
    cmsDeleteTransform(transform);
}

void graft_color_convert(const uint8_t *profile, size_t profile_count, uint8_t *pixels, size_t count) {
    if (profile_count > 16 << 20) return;
    /* A context of its own: lcms2 is then safe to use from several threads, and silent. */
    cmsContext context = cmsCreateContext(NULL, NULL);
    if (!context) return;
    cmsHPROFILE from = cmsOpenProfileFromMemTHR(context, profile, (cmsUInt32Number)profile_count);
    if (from) {
        convert_from(context, from, pixels, count);
        cmsCloseProfile(from);
    }
    cmsDeleteContext(context);
}
