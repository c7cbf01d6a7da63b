/* SPDX-License-Identifier: BSD-3-Clause -- smaller INSERTs where large ones are refused. */
#include "store/write/insert_limit.h"

#include "common/clock.h"

enum {
    ROWS_MOST = 1 << 24 /* no block has more */
};

#define HOLD_NS (600 * NS_PER_S)

uint32_t insert_limit_rows(const struct insert_limit *limit)
{
    return limit->rows > 0 ? limit->rows : UINT32_MAX;
}

bool insert_limit_shrink(struct insert_limit *limit, uint32_t rows, uint64_t now_ns)
{
    bool was_free = limit->rows == 0;
    uint32_t half = rows > 1 ? rows / 2 : 1;
    limit->rows = was_free || half < limit->rows ? half : limit->rows;
    limit->try_ns = now_ns + HOLD_NS;
    return was_free;
}

bool insert_limit_pass(struct insert_limit *limit, uint64_t now_ns)
{
    if (limit->rows == 0 || now_ns < limit->try_ns) {
        return false;
    }
    limit->rows = limit->rows < ROWS_MOST / 2 ? limit->rows * 2 : 0;
    limit->try_ns = now_ns + HOLD_NS;
    return limit->rows == 0;
}
