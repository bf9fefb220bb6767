// The instructions that every processor of the architecture has.
#include "isa.h"
#define GK_SET_BASELINE
#define GK_NAME_OF_SET "baseline"
#define GK_TABLE gk_bf16_table_baseline
#define GK_LANES 4
#define GK_PANEL 2
#define GK_TILES_1(X) GK_UP_TO_4(X, 1)
#define GK_TILES_2(X) GK_UP_TO_4(X, 2)
#include "bf16_table.inc"
