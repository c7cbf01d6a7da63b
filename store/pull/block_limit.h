/*
 * block_limit.h -- how many rows a block may have, so that its INSERT arrives within the lease.
 *
 * Leases are renewed every third of their time, so that an INSERT which needs more than the other
 * two thirds to arrive finds its fence closed (docs/wire.md), and would again. So blocks get
 * smaller until they come in time, and grow again slowly while they do. A value; no clock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct block_limit {
    uint32_t most; /* as configured */
    uint32_t rows; /* now */
};

void block_limit_init(struct block_limit *limit, uint32_t most);

/* An INSERT of so many rows came too late. True: until now blocks had their full size. */
bool block_limit_shrink(struct block_limit *limit, uint32_t rows);

/* A block of so many rows came in time. True: from now on blocks have their full size again. */
bool block_limit_grow(struct block_limit *limit, uint32_t rows);
