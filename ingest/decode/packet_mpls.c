/* SPDX-License-Identifier: BSD-3-Clause -- the MPLS label stack (RFC 3032) and what follows it. */
#include "ingest/decode/packet_header.h"
#include "ingest/decode/packet_reader.h"

enum {
    LABEL_ENTRY_SIZE = 4,
    LABELS_MAX = 32, /* the deepest stacks of segment routing have about a dozen */
    CONTROL_WORD_SIZE = 4,
    ETYPE_OFFSET = 12 /* in an Ethernet header */
};

/* The first labels have fields of their own. */
static const struct {
    enum flow_field ttl;
    enum flow_field label;
} POSITIONS[] = {
    {FLOW_MPLS_1_TTL, FLOW_MPLS_1_LABEL},
    {FLOW_MPLS_2_TTL, FLOW_MPLS_2_LABEL},
    {FLOW_MPLS_3_TTL, FLOW_MPLS_3_LABEL},
};

static bool is_bottom(uint32_t entry)
{
    return (entry >> 8 & 1) != 0;
}

void packet_label_store(struct flow *flow, uint32_t position, uint32_t entry)
{
    uint32_t label = entry >> 12;
    uint32_t ttl = entry & 0xff;
    if (position == 0) {
        flow_mark(flow, FLOW_MPLS_TTL, false);
        flow_mark(flow, FLOW_MPLS_LABEL, false);
        flow_set_has_mpls(flow, true);
    }
    if (position < sizeof POSITIONS / sizeof POSITIONS[0]) {
        flow_set_number(flow, POSITIONS[position].ttl, ttl);
        flow_set_number(flow, POSITIONS[position].label, label);
    }
    flow_append_mpls_ttl(flow, ttl);
    flow_append_mpls_label(flow, label);
    flow_set_mpls_count(flow, position + 1);
    if (is_bottom(entry)) {
        flow_set_mpls_last_ttl(flow, ttl);
        flow_set_mpls_last_label(flow, label);
    }
}

/*
 * A control word (RFC 4385) begins with four zero bits, and so do most makers' addresses; where a
 * type that we know stands behind two addresses, it was one of those.
 */
static bool has_control_word(const struct cursor *payload)
{
    return cursor_left(payload) < ETYPE_OFFSET + 2 ||
           !packet_knows_etype(load_be16(payload->pos + ETYPE_OFFSET));
}

/*
 * Nothing in a stack names its payload; the first four bits tell (RFC 4928 section 3): 4 and 6 are
 * IP, 0 may be a control word before Ethernet, 1 is a pseudowire's associated channel.
 */
static enum packet_step follow_bottom(struct packet_reader *reader)
{
    if (cursor_left(&reader->cursor) == 0) {
        return PACKET_STEP_END;
    }
    switch (reader->cursor.pos[0] >> 4) {
    case 4:
    case 6:
        return packet_follow_ip_version(reader);
    case 0:
        return has_control_word(&reader->cursor) ? PACKET_STEP_CONTROL_WORD : PACKET_STEP_ETHERNET;
    case 1:
        return PACKET_STEP_END;
    default:
        return PACKET_STEP_ETHERNET;
    }
}

enum packet_step packet_read_mpls(struct packet_reader *reader)
{
    struct flow *flow = reader->flow;
    /* A second stack, inside a pseudowire, is passed over. */
    bool is_first = !flow_has(flow, FLOW_HAS_MPLS);
    for (uint32_t i = 0; i < LABELS_MAX; i++) {
        const uint8_t *bytes = cursor_take(&reader->cursor, LABEL_ENTRY_SIZE);
        if (bytes == NULL) {
            return PACKET_STEP_END;
        }
        uint32_t entry = load_be32(bytes);
        if (is_first) {
            packet_label_store(flow, i, entry);
        }
        if (is_bottom(entry)) {
            return follow_bottom(reader);
        }
    }
    return PACKET_STEP_END;
}

enum packet_step packet_read_control_word(struct packet_reader *reader)
{
    cursor_skip(&reader->cursor, CONTROL_WORD_SIZE);
    return PACKET_STEP_ETHERNET;
}
