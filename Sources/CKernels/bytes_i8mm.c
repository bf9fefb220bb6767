// Arm with I8MM: four products of an unsigned and a signed byte at once.
#include "isa.h"
#if defined(__aarch64__)
#define GB_I8MM
#define GB_NAME_OF_SET "i8mm"
#define GB_TABLE gk_byte_table_i8mm
#define GB_LANES 4
#define GB_DEPTHWISE_TILE 2
#define GB_TILES_1(X) GK_UP_TO_8(X, 1)
#define GB_TILES_2(X) GK_UP_TO_8(X, 2)
#define GB_TILES_4(X) GK_UP_TO_6(X, 4)
#pragma clang attribute push(__attribute__((target("dotprod,i8mm"))), apply_to = function)
#include "byte_table.inc"
#pragma clang attribute pop
#endif
