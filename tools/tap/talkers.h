/*
 * talkers.h -- who sends how much: sums by address, in bounded memory.
 *
 * When all places are taken, further addresses are summed up as one, "other". One thread.
 */
#pragma once

#include "common/address.h"
#include "common/err.h"

#include <stddef.h>

enum {
    TALKERS_MAX = 65536
};

struct talker {
    struct address address; /* :: for all others */
    uint64_t bytes;
    uint64_t packets;
    uint64_t flows;
};

struct talkers;

MUST_CHECK enum err talkers_new(struct talkers **talkers_p);
void talkers_destroy(struct talkers **talkers_p);

/* Adds the bytes, packets and flows of `sums` to those of its address. */
void talkers_add(struct talkers *talkers, const struct talker *sums);

/* Distinct addresses, as far as there is room. */
size_t talkers_count(const struct talkers *talkers);

/* All of it together. */
struct talker talkers_total(const struct talkers *talkers);

/* Writes the first `room` by bytes, largest first, into `top`; returns how many there are. */
size_t talkers_top(const struct talkers *talkers, struct talker *top, size_t room);
