/* SPDX-License-Identifier: BSD-3-Clause -- whose the flows of a batch are. */
#include "ingest/batch/flow_share.h"

#include <stdlib.h>

struct flow_origin flow_origin_of(const struct flow *flow, uint32_t day)
{
    struct flow_origin origin = {.day = day};
    if (flow_has(flow, FLOW_SAMPLER_ADDRESS)) {
        origin.exporter = flow->sampler_address;
    }
    if (flow_has(flow, FLOW_OBSERVATION_DOMAIN_ID)) {
        origin.domain = (uint32_t)flow->observation_domain_id;
    }
    if (flow_has(flow, FLOW_TYPE)) {
        origin.type = (uint32_t)flow->type;
    }
    return origin;
}

static size_t size_of_room(uint32_t room)
{
    return sizeof(struct share_list) + room * sizeof(struct flow_share);
}

struct share_list *share_list_new(uint32_t room)
{
    struct share_list *list = malloc(size_of_room(room));
    if (list != NULL) {
        list->count = 0;
        list->room = room;
    }
    return list;
}

void share_list_destroy(struct share_list **list_p)
{
    free(*list_p);
    *list_p = NULL;
}

size_t share_list_size(const struct share_list *list)
{
    return list != NULL ? size_of_room(list->room) : 0;
}
