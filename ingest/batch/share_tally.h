/*
 * share_tally.h -- counts whose the flows of the open batch are.
 *
 * It is told when flows of another origin begin, which is once a datagram or set at most, and
 * counts by differences: a flow costs nothing. The batcher owns it.
 */
#pragma once

#include "ingest/batch/origin_map.h"

enum {
    SHARES_MAX = 1024 /* origins in one batch */
};

struct share_tally {
    struct origin_map origins;
    uint32_t flows[SHARES_MAX]; /* by number of the origin, up to `since` */
    uint32_t current;           /* whose flows come now */
    uint32_t since;             /* flows in the batch when they began */
};

MUST_CHECK enum err share_tally_init(struct share_tally *tally);
void share_tally_clear(struct share_tally *tally);

/*
 * The flows behind the first `flow_count` are of that origin. Not when it is full: the batch is to
 * be sealed then.
 */
void share_tally_turn(
    struct share_tally *tally, const struct flow_origin *origin, uint32_t flow_count);

static inline bool share_tally_is_full(const struct share_tally *tally)
{
    return tally->origins.count == SHARES_MAX;
}

/*
 * The batch is sealed with so many flows: writes its list, made anew where *list_p has not the
 * room, and begins with an empty batch. *list_p is NULL without memory.
 */
void share_tally_seal(struct share_tally *tally, uint32_t flow_count, struct share_list **list_p);
