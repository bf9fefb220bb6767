// The instructions that every processor of the architecture has. 16 registers on x86-64: 4 x 2 sums, 2 of B, 1 of A, 1
// product.
#include "isa.h"
#define GK_SET_BASELINE
#define GK_NAME_OF_SET "baseline"
#define GK_TABLE gk_table_baseline
#define GK_LANES 4
#define GK_PANEL 2
#define GK_DEPTHWISE_TILE 8
#define GK_DEPTHWISE_BY_TAPS 1
#define GK_TILES_1(X) GK_UP_TO_8(X, 1)
#define GK_TILES_2(X) GK_UP_TO_4(X, 2)
#include "table.inc"
