// AVX2: pairs are taken apart, which needs registers.
#include "isa.h"
#if defined(__x86_64__)
#define GK_SET_AVX2
#define GK_NAME_OF_SET "avx2"
#define GK_TABLE gk_bf16_table_avx2
#define GK_LANES 8
#define GK_PANEL 2
#define GK_TILES_1(X) GK_UP_TO_6(X, 1)
#define GK_TILES_2(X) GK_UP_TO_4(X, 2)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "bf16_table.inc"
#pragma clang attribute pop
#endif
