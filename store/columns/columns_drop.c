/* SPDX-License-Identifier: BSD-3-Clause -- takes a batch's rows out of columns again. */
#include "store/columns/column.h"

#include <assert.h>

/* Closes the gap of values first..end among `count`; returns how many are left. */
static uint64_t close_gap(
    uint8_t *values, unsigned size_shift, uint64_t first, uint64_t end, uint64_t count)
{
    memmove(values + (first << size_shift), values + (end << size_shift),
        (size_t)(count - end) << size_shift);
    return count - (end - first);
}

static void drop_values(struct column *column, uint32_t first_row, uint32_t end_row)
{
    column->filled =
        (uint32_t)close_gap(column->values, column->size_shift, first_row, end_row, column->filled);
}

static void drop_lists(struct column *column, uint32_t first_row, uint32_t end_row)
{
    uint64_t *ends = column->ends;
    uint64_t first = first_row > 0 ? ends[first_row - 1] : 0;
    uint64_t end = ends[end_row - 1];
    column->value_count =
        close_gap(column->values, column->size_shift, first, end, column->value_count);
    uint32_t left = column->filled - end_row;
    for (uint32_t i = 0; i < left; i++) {
        ends[first_row + i] = ends[end_row + i] - (end - first);
    }
    column->filled = first_row + left;
}

static void drop_identity(struct columns *columns, uint32_t first_row, uint32_t row_count)
{
    size_t run = 0;
    for (uint32_t row = 0; row < first_row; run++) {
        row += columns->identities[run].row_count;
    }
    assert(run < columns->identity_count && columns->identities[run].row_count == row_count);
    columns->identity_count--;
    memmove(columns->identities + run, columns->identities + run + 1,
        (columns->identity_count - run) * sizeof *columns->identities);
}

void columns_drop(struct columns *columns, uint32_t first_row, uint32_t row_count)
{
    if (row_count == 0) {
        return;
    }
    uint32_t end_row = first_row + row_count;
    drop_identity(columns, first_row, row_count);
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        struct column *column = &columns->columns[i];
        if (column->filled == 0) {
            continue; /* never had a value */
        }
        if (column->ends != NULL) {
            drop_lists(column, first_row, end_row);
        } else {
            drop_values(column, first_row, end_row);
        }
    }
    columns->rows -= row_count;
}
