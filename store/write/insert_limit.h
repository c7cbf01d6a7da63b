/*
 * insert_limit.h -- how many rows an INSERT may have after the database took a larger one for too
 * large.
 *
 * A proxy's limit stays, a lack of memory passes: so the limit is kept for some minutes, and then
 * twice as many rows are tried. A value of the writer's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Zeroes: no limit. */
struct insert_limit {
    uint32_t rows; /* 0: no limit */
    uint64_t try_ns;
};

/* UINT32_MAX: no limit. */
uint32_t insert_limit_rows(const struct insert_limit *limit);

/* An INSERT of so many rows was too large. True: until now there was no limit. */
bool insert_limit_shrink(struct insert_limit *limit, uint32_t rows, uint64_t now_ns);

/* An INSERT went in. True: from now on there is no limit. */
bool insert_limit_pass(struct insert_limit *limit, uint64_t now_ns);
