// Arm with dot products of signed bytes: unsigned ones are taken 128 lower, and that is made up for.
#include "isa.h"
#if defined(__aarch64__)
#define GB_DOTPROD
#define GB_NAME_OF_SET "dotprod"
#define GB_TABLE gk_byte_table_dotprod
#define GB_LANES 4
#define GB_DEPTHWISE_TILE 2
#define GB_TILES_1(X) GK_UP_TO_8(X, 1)
#define GB_TILES_2(X) GK_UP_TO_8(X, 2)
#define GB_TILES_4(X) GK_UP_TO_6(X, 4)
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#include "byte_table.inc"
#pragma clang attribute pop
#endif
