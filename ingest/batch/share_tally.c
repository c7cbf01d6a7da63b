/* SPDX-License-Identifier: BSD-3-Clause -- whose the flows of the open batch are. */
#include "ingest/batch/share_tally.h"

#include <assert.h>

enum err share_tally_init(struct share_tally *tally)
{
    tally->current = 0;
    tally->since = 0;
    return origin_map_init(&tally->origins, SHARES_MAX);
}

void share_tally_clear(struct share_tally *tally)
{
    origin_map_clear(&tally->origins);
}

/* Of the origin whose flows came last. */
static void count_to(struct share_tally *tally, uint32_t flow_count)
{
    if (tally->origins.count > 0) {
        tally->flows[tally->current] += flow_count - tally->since;
    }
    tally->since = flow_count;
}

void share_tally_turn(
    struct share_tally *tally, const struct flow_origin *origin, uint32_t flow_count)
{
    struct origin_map *origins = &tally->origins;
    if (origins->count > 0 && flow_origin_equal(&origins->origins[tally->current], origin)) {
        return;
    }
    count_to(tally, flow_count);
    uint32_t known = origins->count;
    tally->current = origin_map_take(origins, origin);
    assert(tally->current < SHARES_MAX);
    if (tally->current == known) {
        tally->flows[known] = 0;
    }
}

void share_tally_seal(struct share_tally *tally, uint32_t flow_count, struct share_list **list_p)
{
    count_to(tally, flow_count);
    uint32_t count = tally->origins.count;
    if (*list_p == NULL || (*list_p)->room < count) {
        share_list_destroy(list_p);
        *list_p = share_list_new(count);
    }
    struct share_list *list = *list_p;
    if (list != NULL) {
        list->count = count;
        for (uint32_t i = 0; i < count; i++) {
            list->shares[i] = (struct flow_share){tally->origins.origins[i], tally->flows[i]};
        }
    }
    origin_map_empty(&tally->origins);
}
