#include "CImage.h"

void graft_image_orient(const uint8_t *from, uint32_t width, uint32_t height, int orientation, uint8_t *to) {
    /* Small enough that both sides of a transposition stay in the first-level cache. */
    enum { tile = 32 };
    const ptrdiff_t pixel = 3, row = (ptrdiff_t)width * 3;
    const ptrdiff_t last_column = row - pixel, last_row = (ptrdiff_t)(height - 1) * row;
    /* Where the first output pixel comes from, and the way to the next column and row of the output. */
    ptrdiff_t first, column_step, row_step;
    switch (orientation) {
    case 2: first = last_column, column_step = -pixel, row_step = row; break;
    case 3: first = last_row + last_column, column_step = -pixel, row_step = -row; break;
    case 4: first = last_row, column_step = pixel, row_step = -row; break;
    case 5: first = 0, column_step = row, row_step = pixel; break;
    case 6: first = last_row, column_step = -row, row_step = pixel; break;
    case 7: first = last_row + last_column, column_step = -row, row_step = -pixel; break;
    case 8: first = last_column, column_step = row, row_step = -pixel; break;
    default: first = 0, column_step = pixel, row_step = row; break;
    }
    const size_t columns = orientation > 4 ? height : width, rows = orientation > 4 ? width : height;
    for (size_t top = 0; top < rows; top += tile) {
        const size_t bottom = top + tile < rows ? top + tile : rows;
        for (size_t left = 0; left < columns; left += tile) {
            const size_t right = left + tile < columns ? left + tile : columns;
            for (size_t y = top; y < bottom; y++) {
                const uint8_t *source = from + first + (ptrdiff_t)y * row_step + (ptrdiff_t)left * column_step;
                uint8_t *target = to + (y * columns + left) * 3;
                for (size_t x = left; x < right; x++, source += column_step, target += 3) {
                    target[0] = source[0], target[1] = source[1], target[2] = source[2];
                }
            }
        }
    }
}
