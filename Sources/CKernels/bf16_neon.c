// NEON: pairs are taken apart.
#include "isa.h"
#if defined(__aarch64__)
#define GK_SET_NEON
#define GK_NAME_OF_SET "neon"
#define GK_TABLE gk_bf16_table_neon
#define GK_LANES 4
#define GK_PANEL 4
#define GK_TILES_1(X) GK_UP_TO_8(X, 1)
#define GK_TILES_2(X) GK_UP_TO_6(X, 2)
#define GK_TILES_3(X) GK_UP_TO_4(X, 3)
#define GK_TILES_4(X) GK_UP_TO_4(X, 4)
#include "bf16_table.inc"
#endif
