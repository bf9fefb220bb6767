// AVX2: 16 registers of 8 sums; products of 16 bits, which are exact.
#include "isa.h"
#if defined(__x86_64__)
#define GB_SET_AVX2
#define GB_NAME_OF_SET "avx2"
#define GB_TABLE gk_byte_table_avx2
#define GB_LANES 8
#define GB_DEPTHWISE_TILE 2
#define GB_TILES_1(X) GK_UP_TO_8(X, 1)
#define GB_TILES_2(X) GK_UP_TO_4(X, 2)
#define GB_TILES_4(X) X(1, 4) X(2, 4)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "byte_table.inc"
#pragma clang attribute pop
#endif
