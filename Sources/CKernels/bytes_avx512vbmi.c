// AVX-512 with VNNI and VBMI: 32 registers of 16 sums, 6 x 4 or 12 x 2 of them; tables of 256 bytes in four registers.
#include "isa.h"
#if defined(__x86_64__)
#define GB_SET_AVX512
#define GB_VBMI
#define GB_NAME_OF_SET "avx512vbmi"
#define GB_TABLE gk_byte_table_avx512vbmi
#define GB_LANES 16
#define GB_DEPTHWISE_TILE 4
#define GB_TILES_1(X) GK_UP_TO_12(X, 1)
#define GB_TILES_2(X) GK_UP_TO_12(X, 2)
#define GB_TILES_4(X) GK_UP_TO_6(X, 4)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512vnni,avx512vbmi,fma"))), apply_to = function)
#include "byte_table.inc"
#pragma clang attribute pop
#endif
