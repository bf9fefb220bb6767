// AVX-512 with BF16: a pair's products and sums are one instruction. Tiles as those of float32.
#include "isa.h"
#if defined(__x86_64__)
#define GK_SET_AVX512
#define GK_SET_BF16
#define GK_NAME_OF_SET "avx512bf16"
#define GK_TABLE gk_bf16_table_avx512bf16
#define GK_LANES 16
#define GK_PANEL 3
#define GK_HALVES 1
#define GK_TILES_1(X) GK_UP_TO_12(X, 1)
#define GK_TILES_2(X) GK_UP_TO_12(X, 2)
#define GK_TILES_3(X) GK_UP_TO_8(X, 3)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512bf16,fma"))), apply_to = function)
#include "bf16_table.inc"
#pragma clang attribute pop
#endif
