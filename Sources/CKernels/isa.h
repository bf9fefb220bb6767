// What every isa_*.c includes before its target attribute: headers may not be compiled inside one.
#include "CKernels.h"
#include <stdint.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

// What the compiler may not know the value of.
#if defined(__x86_64__)
#define GK_OPAQUE(vector) __asm__ volatile("" : "+v"(vector))
#elif defined(__aarch64__)
#define GK_OPAQUE(vector) __asm__ volatile("" : "+w"(vector))
#else
#define GK_OPAQUE(vector) __asm__ volatile("" : "+m"(vector))
#endif

// Row counts of the register tiles, from 1 up: `GK_TILES_w(X)` lists those of width w vectors.
#define GK_UP_TO_4(X, w) X(1, w) X(2, w) X(3, w) X(4, w)
#define GK_UP_TO_6(X, w) GK_UP_TO_4(X, w) X(5, w) X(6, w)
#define GK_UP_TO_8(X, w) GK_UP_TO_6(X, w) X(7, w) X(8, w)
#define GK_UP_TO_12(X, w) GK_UP_TO_8(X, w) X(9, w) X(10, w) X(11, w) X(12, w)
