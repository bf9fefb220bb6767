// NEON: 32 registers of 4 floats, 6 x 4 or 8 x 3 sums.
#include "isa.h"
#if defined(__aarch64__)
#define GK_SET_NEON
#define GK_NAME_OF_SET "neon"
#define GK_TABLE gk_table_neon
#define GK_LANES 4
#define GK_PANEL 4
#define GK_DEPTHWISE_TILE 8
#define GK_DEPTHWISE_BY_TAPS 0
#define GK_TILES_1(X) GK_UP_TO_12(X, 1)
#define GK_TILES_2(X) GK_UP_TO_12(X, 2)
#define GK_TILES_3(X) GK_UP_TO_8(X, 3)
#define GK_TILES_4(X) GK_UP_TO_6(X, 4)
#include "table.inc"
#endif
