// The instructions that every processor of the architecture has; NEON on Arm.
#include "isa.h"
#define GB_NAME_OF_SET "baseline"
#define GB_TABLE gk_byte_table_baseline
#define GB_LANES 4
#define GB_DEPTHWISE_TILE 2
#define GB_TILES_1(X) GK_UP_TO_4(X, 1)
#define GB_TILES_2(X) GK_UP_TO_4(X, 2)
#define GB_TILES_4(X) X(1, 4) X(2, 4)
#include "byte_table.inc"
