// AVX2 and FMA: 16 registers of 8 floats, 6 x 2 sums, 2 of B, 1 of A. 4 x 3 would spill.
#include "isa.h"
#if defined(__x86_64__)
#define GK_SET_AVX2
#define GK_NAME_OF_SET "avx2"
#define GK_TABLE gk_table_avx2
#define GK_LANES 8
#define GK_PANEL 2
#define GK_DEPTHWISE_TILE 8
#define GK_DEPTHWISE_BY_TAPS 1
#define GK_TILES_1(X) GK_UP_TO_8(X, 1)
#define GK_TILES_2(X) GK_UP_TO_6(X, 2)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "table.inc"
#pragma clang attribute pop
#endif
