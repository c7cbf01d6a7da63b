/* SPDX-License-Identifier: BSD-3-Clause -- smaller blocks while INSERTs come too late. */
#include "store/pull/block_limit.h"

enum {
    ROWS_LEAST = 256,
    /* Of the limit: twenty blocks in time for one that is tried too large. */
    GROWTH_PART = 32
};

void block_limit_init(struct block_limit *limit, uint32_t most)
{
    *limit = (struct block_limit){.most = most, .rows = most};
}

bool block_limit_shrink(struct block_limit *limit, uint32_t rows)
{
    bool was_full = limit->rows == limit->most;
    uint32_t half = rows / 2 > ROWS_LEAST ? rows / 2 : ROWS_LEAST;
    /* Several blocks of the old size may be under way: they count once. */
    if (half < limit->rows) {
        limit->rows = half;
    }
    return was_full && limit->rows < limit->most;
}

bool block_limit_grow(struct block_limit *limit, uint32_t rows)
{
    /* A block that was sealed small tells nothing of large ones. */
    if (limit->rows == limit->most || rows < limit->rows / 2) {
        return false;
    }
    uint32_t growth = limit->rows / GROWTH_PART;
    limit->rows = limit->most - limit->rows > growth ? limit->rows + growth : limit->most;
    return limit->rows == limit->most;
}
