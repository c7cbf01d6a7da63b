/* SPDX-License-Identifier: BSD-3-Clause -- steps of a program that concern the flow alone. */
#include "ingest/decode/program_step.h"

#include "common/utf8.h"
#include "ingest/decode/application_id.h"
#include "ingest/decode/packet_header.h"

/* Common properties of Juniper's inline monitoring: six bits say what the others are. */
enum {
    PROPERTY_TYPE_BITS = 6,
    PROPERTY_EXCEPTION = 2
};

/* firewallEvent (element 233). */
enum {
    FIREWALL_UPDATE = 5
};

/* Elements 70 to 79, in RFC 3032's order without its TTL: label 20 bits, EXP 3, bottom bit. */
static void append_label(struct flow *flow, uint32_t place, uint32_t entry)
{
    static const enum flow_field LABELS[] = {
        FLOW_MPLS_1_LABEL, FLOW_MPLS_2_LABEL, FLOW_MPLS_3_LABEL};
    if (entry == 0) {
        return; /* the stack was lower than the template */
    }
    uint32_t label = entry >> 4;
    flow_set_has_mpls(flow, true);
    flow_set_mpls_count(flow, flow_number(flow, FLOW_MPLS_COUNT) + 1);
    flow_append_mpls_label(flow, label);
    flow_set_mpls_last_label(flow, label);
    if (place < sizeof LABELS / sizeof LABELS[0]) {
        flow_set_number(flow, LABELS[place], label);
    }
}

/* Elements of which a template has as many as the list is long at most; the others are 0. */
static void append_number(struct flow *flow, enum flow_field field, uint64_t value)
{
    if (value != 0) {
        flow_append_number(flow, field, (uint32_t)value);
    }
}

static void append_address(
    struct flow *flow, enum flow_field field, const uint8_t *bytes, enum program_code family)
{
    struct address address;
    if (program_step_address(&address, bytes, family)) {
        flow_append_address(flow, field, &address);
    }
}

/* Where the set has fixed the exporter, the record's is not wanted. */
static void set_original(struct flow *flow, const uint8_t *bytes, enum program_code family)
{
    struct address address;
    if (program_step_address(&address, bytes, family) && !flow_has(flow, FLOW_SAMPLER_ADDRESS)) {
        flow_set_sampler_address(flow, &address);
    }
}

static void set_application(struct flow *flow, const uint8_t *bytes, size_t length)
{
    struct application_id id = application_id_read(bytes, length);
    if (id.number == 0 || flow_has(flow, FLOW_APPLICATION_ID)) {
        return;
    }
    flow_set_application_id(flow, id.number);
    flow_set_application_engine(flow, id.engine);
    flow_set_application_enterprise(flow, id.enterprise);
    flow_set_application_selector(flow, id.selector);
}

/* RFC 9487 section 5.1.6: the segment list as it stands in the header (RFC 8754 section 2). */
static void append_segments(struct flow *flow, const uint8_t *bytes, size_t length)
{
    if (flow_has(flow, FLOW_IPV6_ROUTING_ADDRESSES)) {
        return;
    }
    for (size_t at = 0; at + 16 <= length; at += 16) {
        struct address address = address_from_ipv6(bytes + at);
        flow_append_ipv6_routing_addresses(flow, &address);
    }
}

/* RFC 2474 section 3: the upper six bits of the octet that was type of service. */
static void set_dscp(struct flow *flow, enum flow_field field, uint64_t value)
{
    if (!flow_has(flow, field)) {
        flow_set_number(flow, field, (value & 0x3f) << 2);
    }
}

/* An element comes several times, for a property each (Junos OS, Juniper Resiliency Interface). */
static void set_exception(struct flow *flow, const struct program_op *op, uint64_t property)
{
    unsigned value_bits = op->length * 8U - PROPERTY_TYPE_BITS;
    uint64_t type = property >> value_bits;
    if (type == PROPERTY_EXCEPTION) {
        uint64_t code = property ^ type << value_bits;
        flow_set_number(flow, (enum flow_field)op->destination, (uint32_t)code);
    }
}

/* Names come padded with zeroes or blanks; what is not a character becomes '?'. */
static size_t copy_text(char out[FLOW_TEXT_BYTES], const uint8_t *bytes, size_t length)
{
    size_t size = 0;
    const uint8_t *end = bytes + strnlen((const char *)bytes, length);
    while (bytes < end) {
        size_t step = utf8_length(bytes, (size_t)(end - bytes));
        bool is_text = step != 0 && *bytes >= ' ' && *bytes != 0x7f;
        step = step != 0 ? step : 1;
        if (size + step > FLOW_TEXT_BYTES) {
            break;
        }
        memcpy(out + size, is_text ? (const char *)bytes : "?", step);
        size += step;
        bytes += step;
    }
    while (size > 0 && out[size - 1] == ' ') {
        size--;
    }
    return size;
}

/* The first of several that is not empty counts. */
static void set_text(struct flow *flow, enum flow_field field, const uint8_t *bytes, size_t length)
{
    char text[FLOW_TEXT_BYTES];
    if (!flow_has(flow, field)) {
        flow_set_text(flow, field, text, copy_text(text, bytes, length));
    }
}

void program_step_run(const struct program_op *op, const uint8_t *record, struct flow *flow)
{
    const uint8_t *bytes = record + op->source;
    enum flow_field field = (enum flow_field)op->destination; /* but for labels */
    switch ((enum program_code)op->code) {
    case PROGRAM_FALLBACK:
        program_step_fallback(op, record, flow);
        break;
    case PROGRAM_FLAGS:
        flow_set_number(flow, field, flow_number(flow, field) | program_step_number(record, op));
        break;
    case PROGRAM_DSCP:
        set_dscp(flow, field, program_step_number(record, op));
        break;
    case PROGRAM_EXCEPTION:
        set_exception(flow, op, program_step_number(record, op));
        break;
    case PROGRAM_APPLICATION:
        set_application(flow, bytes, op->length);
        break;
    case PROGRAM_DELTA:
        flow_set_is_delta(flow, flow_number(flow, FLOW_FIREWALL_EVENT) == FIREWALL_UPDATE);
        break;
    case PROGRAM_TEXT:
        set_text(flow, field, bytes, op->length);
        break;
    case PROGRAM_ORIGINAL_IPV4:
        set_original(flow, bytes, PROGRAM_IPV4);
        break;
    case PROGRAM_ORIGINAL_IPV6:
        set_original(flow, bytes, PROGRAM_IPV6);
        break;
    case PROGRAM_SEGMENTS:
        append_segments(flow, bytes, op->length);
        break;
    case PROGRAM_ROUTING_HEADER:
        if (!flow_has(flow, FLOW_IPV6_ROUTING_ADDRESSES)) {
            packet_routing_read(flow, cursor_of(bytes, op->length));
        }
        break;
    case PROGRAM_LABEL:
        append_label(flow, op->destination, (uint32_t)program_step_number(record, op));
        break;
    case PROGRAM_APPEND_NUMBER:
        append_number(flow, field, program_step_number(record, op));
        break;
    case PROGRAM_APPEND_IPV4:
        append_address(flow, field, bytes, PROGRAM_IPV4);
        break;
    case PROGRAM_APPEND_IPV6:
        append_address(flow, field, bytes, PROGRAM_IPV6);
        break;
    default:
        break;
    }
}
