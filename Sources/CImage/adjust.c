/* Changes of colour, to the bit as Pillow makes them. */
#include <string.h>

#include "CImage.h"

/* Pillow rounds after each multiplication and each addition. */
#pragma STDC FP_CONTRACT OFF

void graft_image_map(const uint8_t *from, size_t count, const uint8_t *table, uint8_t *to) {
    for (size_t i = 0; i < count; i++, from += 3, to += 3) {
        to[0] = table[from[0]];
        to[1] = table[256 + from[1]];
        to[2] = table[512 + from[2]];
    }
}

void graft_image_histogram(const uint8_t *from, size_t count, uint32_t *counts) {
    memset(counts, 0, 3 * 256 * sizeof *counts);
    for (size_t i = 0; i < count; i++, from += 3) {
        counts[from[0]]++;
        counts[256 + from[1]]++;
        counts[512 + from[2]]++;
    }
}

/* ITU-R 601-2 luma in 16-bit fixed point. */
static inline uint8_t luma(const uint8_t *rgb) {
    return (uint8_t)((rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 0x8000u) >> 16);
}

uint64_t graft_image_luma_sum(const uint8_t *from, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += luma(from + 3 * i);
    return sum;
}

static inline uint8_t blend(uint8_t base, uint8_t value, float factor) {
    const float mixed = (float)base + factor * (float)(value - base);
    return (uint8_t)(mixed < 0 ? 0 : mixed > 255 ? 255 : mixed);
}

uint8_t graft_image_blend(uint8_t base, uint8_t value, float factor) { return blend(base, value, factor); }

void graft_image_saturate(const uint8_t *from, size_t count, float factor, uint8_t *to) {
    for (size_t i = 0; i < count; i++, from += 3, to += 3) {
        const uint8_t gray = luma(from);
        for (int c = 0; c < 3; c++) to[c] = blend(gray, from[c], factor);
    }
}

static inline int larger(int a, int b) { return a > b ? a : b; }
static inline int smaller(int a, int b) { return a < b ? a : b; }

/* To the nearest whole number, for what is not negative. */
static inline uint8_t nearest(double value) { return (uint8_t)(int)(value + 0.5); }

/* Hue in units of 1/255 of the circle, as Pillow's mode HSV keeps it; 0 for gray. `high` and `low` are the largest and
 * the smallest of the three. */
static inline int hue_of(const uint8_t *rgb, int high, int low) {
    const float range = (float)(high - low);
    const float r = (float)(high - rgb[0]) / range, g = (float)(high - rgb[1]) / range;
    const float b = (float)(high - rgb[2]) / range;
    const float sixths = rgb[0] == high   ? b - g
                         : rgb[1] == high ? (float)(2.0 + (double)r - (double)b)
                                          : (float)(4.0 + (double)g - (double)r);
    const double turned = (double)sixths / 6.0 + 1.0;
    const float hue = (float)(turned >= 1 ? turned - 1 : turned);
    return (int)((double)hue * 255.0);
}

void graft_image_turn_hue(const uint8_t *from, size_t count, uint8_t shift, uint8_t *to) {
    /* Per hue: which sixth of the circle, and how far in it. */
    uint8_t sixth[256];
    float place[256];
    for (int hue = 0; hue < 256; hue++) {
        const double sixths = hue * 6.0 / 255.0;
        sixth[hue] = (uint8_t)((int)sixths % 6);
        place[hue] = (float)(sixths - (int)sixths);
    }
    for (size_t i = 0; i < count; i++, from += 3, to += 3) {
        const int high = larger(from[0], larger(from[1], from[2])), low = smaller(from[0], smaller(from[1], from[2]));
        const uint8_t v = (uint8_t)high;
        if (high == low) {
            to[0] = to[1] = to[2] = v;
            continue;
        }
        const uint8_t hue = (uint8_t)(hue_of(from, high, low) + shift);
        const int saturation = (int)((double)((float)(high - low) / (float)high) * 255.0);
        const float s = (float)(saturation / 255.0), f = place[hue];
        const uint8_t p = nearest(high * (1.0 - (double)s));
        const uint8_t q = nearest(high * (1.0 - (double)s * (double)f));
        const uint8_t t = nearest(high * (1.0 - (double)s * (1.0 - (double)f)));
        switch (sixth[hue]) {
        case 0: to[0] = v, to[1] = t, to[2] = p; break;
        case 1: to[0] = q, to[1] = v, to[2] = p; break;
        case 2: to[0] = p, to[1] = v, to[2] = t; break;
        case 3: to[0] = p, to[1] = q, to[2] = v; break;
        case 4: to[0] = t, to[1] = p, to[2] = v; break;
        default: to[0] = v, to[1] = p, to[2] = q; break;
        }
    }
}

void graft_image_sharpen(const uint8_t *from, size_t width, size_t height, float factor, uint8_t *to) {
    const size_t stride = width * 3;
    /* The rim is not smoothed, so that it stays. */
    memcpy(to, from, stride * height);
    if (width < 3 || height < 3) return;
    for (size_t y = 1; y + 1 < height; y++) {
        for (size_t x = 3; x + 3 < stride; x++) {
            const uint8_t *at = from + y * stride + x, *above = at - stride, *below = at + stride;
            const unsigned sum = above[-3] + above[0] + above[3] + at[-3] + 5u * at[0] + at[3] + below[-3] +
                                 below[0] + below[3];
            to[y * stride + x] = blend((uint8_t)((2 * sum + 13) / 26), at[0], factor);
        }
    }
}
