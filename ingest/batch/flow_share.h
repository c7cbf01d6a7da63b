/*
 * flow_share.h -- whose the flows of a batch are, for the loss ledger.
 *
 * Batches mix exporters, so each carries a short list of shares, one for each origin in it. The
 * list belongs to the batch, and later to its place in the publisher's window; whoever drops flows
 * finds in it whose they were. A batch without a list is nobody's: the ledger's exporter ::.
 */
#pragma once

#include "common/address.h"
#include "common/flow.h"

/* What the ledger tells apart, as the flow table spells it. No padding: compared as bytes. */
struct flow_origin {
    struct address exporter; /* SamplerAddress */
    uint32_t domain;
    uint32_t type; /* enum flow_type */
    uint32_t day;  /* of TimeReceived: days since 1970, UTC */
};
_Static_assert(sizeof(struct flow_origin) == sizeof(struct address) + 3 * sizeof(uint32_t),
    "an origin has no padding");

struct flow_share {
    struct flow_origin origin;
    uint32_t flows;
};

struct share_list {
    uint32_t count;
    uint32_t room;
    struct flow_share shares[];
};

/* The origin of a flow that was received on that day. */
struct flow_origin flow_origin_of(const struct flow *flow, uint32_t day);

static inline bool flow_origin_equal(const struct flow_origin *a, const struct flow_origin *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* An empty list with room for so many; NULL without memory. */
struct share_list *share_list_new(uint32_t room);
void share_list_destroy(struct share_list **list_p);

/* Memory that the list takes; NULL takes none. */
size_t share_list_size(const struct share_list *list);
