// Buffers that end where memory ends, and the comparison of a kernel's with a formula's.
#pragma once
#include "CKernels.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

typedef struct { float *floats; char *base; size_t size; } buffer;
enum { most = 64, page = 1 << 16 };
static buffer held[most];
static int held_count;

#ifdef SANITIZED
static buffer exactly(size_t bytes) { return (buffer){malloc(bytes), NULL, 0}; }
#else
// Memory that ends where a page begins that may not be touched.
static buffer exactly(size_t bytes) {
    const size_t whole = (bytes + page - 1) / page * page;
    char *base = mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (base == MAP_FAILED || mprotect(base + whole, page, PROT_NONE) != 0) abort();
    return (buffer){(float *)(base + whole - bytes), base, whole + page};
}
#endif

// `count` floats, until the next `release`.
static float *take(long count) {
    if (held_count == most) abort();
    held[held_count] = exactly((size_t)count * sizeof(float));
    if (!held[held_count].floats) abort();
    return held[held_count++].floats;
}

static void release(void) {
    while (held_count > 0) {
        const buffer last = held[--held_count];
        if (last.base) munmap(last.base, last.size);
        else free(last.floats);
    }
}

// Floats between -1 and 1.
static float *floats(long count) {
    static unsigned state = 1;
    float *taken = take(count);
    for (long i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        taken[i] = (float)(state >> 8) / 8388608.f - 1.f;
    }
    return taken;
}

// A copy for the formula to write to: what a kernel must not write has to stay as it was.
static float *twin(const float *original, long count) {
    return original ? memcpy(take(count), original, (size_t)count * sizeof(float)) : NULL;
}

static void compare(const gk_table *table, const char *kernel, const float *found, const float *expected, long count) {
    for (long i = 0; found && i < count; i++) {
        const double difference = fabs((double)found[i] - expected[i]);
        if (difference <= 8e-6 * fmax(1, fabs((double)expected[i]))) continue;
        fprintf(stderr, "kernels: %s: %s: value %ld is %.9g, not %.9g\n", table->name, kernel, i, (double)found[i],
                (double)expected[i]);
        exit(1);
    }
}

static gk_activation activation(long number) { return (gk_activation)(number % GK_ACTIVATION_COUNT); }
