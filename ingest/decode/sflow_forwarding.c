/* SPDX-License-Identifier: BSD-3-Clause -- sFlow records 1001 to 1003: where the device sent the
 * packet. */
#include "ingest/decode/sflow_sample.h"
#include "ingest/decode/sflow_xdr.h"

enum {
    SWITCH_SIZE = 16,
    GATEWAY_AS_SIZE = 12, /* as, src_as, src_peer_as */
    VLAN_ID_MAX = 0x0fff,
    PREFIX_LENGTH_MAX = 128
};

/* Agents write what lies outside the range for "unknown": all ones, mostly. */
static uint32_t known_up_to(uint32_t limit, uint32_t value)
{
    return value <= limit ? value : 0;
}

enum sflow_record_outcome sflow_read_switch(struct flow *flow, struct cursor record)
{
    const uint8_t *bytes = cursor_take(&record, SWITCH_SIZE);
    if (bytes == NULL) {
        return SFLOW_RECORD_BAD;
    }
    flow_set_src_vlan(flow, known_up_to(VLAN_ID_MAX, load_be32(bytes)));
    flow_set_dst_vlan(flow, known_up_to(VLAN_ID_MAX, load_be32(bytes + 8)));
    return SFLOW_RECORD_READ;
}

enum sflow_record_outcome sflow_read_router(struct flow *flow, struct cursor record)
{
    struct address next_hop;
    bool is_known = sflow_xdr_address(&record, &next_hop);
    uint32_t src_net = cursor_be32(&record);
    uint32_t dst_net = cursor_be32(&record);
    if (!is_known || cursor_failed(&record)) {
        return SFLOW_RECORD_BAD;
    }
    if (!address_is_unspecified(&next_hop)) {
        flow_set_next_hop(flow, &next_hop);
    }
    flow_set_src_net(flow, known_up_to(PREFIX_LENGTH_MAX, src_net));
    flow_set_dst_net(flow, known_up_to(PREFIX_LENGTH_MAX, dst_net));
    return SFLOW_RECORD_READ;
}

/* A list of numbers behind its count, lent from the input; the count is held against the size. */
static struct cursor take_numbers(struct cursor *cursor)
{
    uint32_t count = cursor_be32(cursor);
    return cursor_sub(cursor, (size_t)count * 4);
}

/* The segments of an AS path (a type, then numbers), as far as they are whole. */
static struct cursor take_path(struct cursor *cursor)
{
    uint32_t segments = cursor_be32(cursor);
    struct cursor path = *cursor;
    for (uint32_t i = 0; i < segments && !cursor_failed(cursor); i++) {
        cursor_skip(cursor, 4);
        (void)take_numbers(cursor);
    }
    path.end = cursor_failed(cursor) ? path.end : cursor->pos;
    return path;
}

/* Sets and sequences alike are flattened into one list. Without a path: it is the router's AS. */
static void store_path(struct flow *flow, struct cursor path, uint32_t router_as)
{
    uint32_t first = 0;
    uint32_t last = router_as;
    flow_mark(flow, FLOW_AS_PATH, false);
    while (cursor_left(&path) > 0) {
        cursor_skip(&path, 4);
        struct cursor numbers = take_numbers(&path);
        while (cursor_left(&numbers) > 0) {
            last = cursor_be32(&numbers);
            first = flow_has(flow, FLOW_AS_PATH) ? first : last;
            flow_append_as_path(flow, last);
        }
    }
    flow_set_dst_as(flow, last);
    flow_set_next_hop_as(flow, first);
}

static void store_communities(struct flow *flow, struct cursor communities)
{
    flow_mark(flow, FLOW_BGP_COMMUNITIES, false);
    while (cursor_left(&communities) > 0) {
        flow_append_bgp_communities(flow, cursor_be32(&communities));
    }
}

static void store_bgp_next_hop(struct flow *flow, const struct address *next_hop)
{
    if (address_is_unspecified(next_hop)) {
        return;
    }
    flow_set_bgp_next_hop(flow, next_hop);
    if (!flow_has(flow, FLOW_NEXT_HOP)) {
        flow_set_next_hop(flow, next_hop);
    }
}

/* sFlow version 5 section 5: extended_gateway. */
enum sflow_record_outcome sflow_read_gateway(struct flow *flow, struct cursor record)
{
    struct address next_hop;
    bool is_known = sflow_xdr_address(&record, &next_hop);
    const uint8_t *numbers = cursor_take(&record, GATEWAY_AS_SIZE);
    struct cursor path = take_path(&record);
    struct cursor communities = take_numbers(&record);
    uint32_t local_pref = cursor_be32(&record);
    if (!is_known || numbers == NULL || cursor_failed(&record)) {
        return SFLOW_RECORD_BAD;
    }
    uint32_t router_as = load_be32(numbers);
    uint32_t src_as = load_be32(numbers + 4);
    flow_set_src_as(flow, src_as != 0 ? src_as : router_as);
    store_path(flow, path, router_as);
    store_communities(flow, communities);
    flow_set_local_pref(flow, local_pref);
    store_bgp_next_hop(flow, &next_hop);
    return SFLOW_RECORD_READ;
}
