/* SPDX-License-Identifier: BSD-3-Clause -- NetFlow 9 and IPFIX: headers, templates, data sets. */
#include "common/clock.h"
#include "tools/replay/synthetic_export.h"

/*
 * Both have the same records but for the times: NetFlow 9 counts from the router's start, IPFIX has
 * milliseconds since 1970; and IPFIX counts octets and packets in 64 bits.
 */
enum {
    TEMPLATE_IPV4 = 256,
    TEMPLATE_IPV6 = 257,
    TEMPLATE_SAMPLING = 258,
    TEMPLATE_PERIOD = 256, /* datagrams; routers repeat templates every few minutes */
    SET_HEADER = 4,
    SCOPE_SYSTEM = 1,        /* NetFlow 9, RFC 3954 section 6.1 */
    SCOPE_OBSERVATION = 149, /* IPFIX: observationDomainId */
    ELEMENT_SAMPLING_INTERVAL = 34,
    ELEMENT_SAMPLING_ALGORITHM = 35
};

struct element {
    uint16_t id;
    uint16_t size;
};

struct version {
    uint16_t number;
    uint16_t template_set;
    uint16_t options_set;
    const struct element *head; /* times, octets, packets */
    size_t head_count;
    void (*put_head)(struct synthetic_export *export, const struct mix_flow *flow);
};

#define ADDRESSES_IPV4                                                                             \
    {8, 4}, {12, 4}, {15, 4}, {9, 1},                                                              \
    {                                                                                              \
        13, 1                                                                                      \
    }
#define ADDRESSES_IPV6                                                                             \
    {27, 16}, {28, 16}, {62, 16}, {29, 1},                                                         \
    {                                                                                              \
        30, 1                                                                                      \
    }
#define TAIL                                                                                       \
    {7, 2}, {11, 2}, {4, 1}, {5, 1}, {6, 1}, {61, 1}, {10, 4}, {14, 4}, {16, 4},                   \
    {                                                                                              \
        17, 4                                                                                      \
    }

static const struct element IPV4_FIELDS[] = {ADDRESSES_IPV4, TAIL};
static const struct element IPV6_FIELDS[] = {ADDRESSES_IPV6, TAIL};
static const struct element NETFLOW9_HEAD[] = {{22, 4}, {21, 4}, {1, 4}, {2, 4}};
static const struct element IPFIX_HEAD[] = {{152, 8}, {153, 8}, {1, 8}, {2, 8}};

enum {
    FIELD_COUNT = sizeof IPV4_FIELDS / sizeof IPV4_FIELDS[0],
    HEAD_COUNT = sizeof IPFIX_HEAD / sizeof IPFIX_HEAD[0],
    TAIL_SIZE = 24
};

static void put_netflow9_head(struct synthetic_export *export, const struct mix_flow *flow)
{
    put_be32(&export->put, export->uptime_ms - flow->start_ms);
    put_be32(&export->put, export->uptime_ms - flow->end_ms);
    put_be32(&export->put, flow->bytes);
    put_be32(&export->put, flow->packets);
}

static void put_ipfix_head(struct synthetic_export *export, const struct mix_flow *flow)
{
    uint64_t now_ms = export->now_ns / NS_PER_MS;
    put_be64(&export->put, now_ms - flow->start_ms);
    put_be64(&export->put, now_ms - flow->end_ms);
    put_be64(&export->put, flow->bytes);
    put_be64(&export->put, flow->packets);
}

static const struct version NETFLOW9 = {9, 0, 1, NETFLOW9_HEAD, HEAD_COUNT, put_netflow9_head};
static const struct version IPFIX = {10, 2, 3, IPFIX_HEAD, HEAD_COUNT, put_ipfix_head};

static void put_elements(struct put *put, const struct element *elements, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put_be16(put, elements[i].id);
        put_be16(put, elements[i].size);
    }
}

static void put_templates(struct put *put, const struct version *version)
{
    size_t fields = version->head_count + FIELD_COUNT;
    put_be16(put, version->template_set);
    put_be16(put, (uint16_t)(SET_HEADER + 2 * (4 + 4 * fields)));
    put_be16(put, TEMPLATE_IPV4);
    put_be16(put, (uint16_t)fields);
    put_elements(put, version->head, version->head_count);
    put_elements(put, IPV4_FIELDS, FIELD_COUNT);
    put_be16(put, TEMPLATE_IPV6);
    put_be16(put, (uint16_t)fields);
    put_elements(put, version->head, version->head_count);
    put_elements(put, IPV6_FIELDS, FIELD_COUNT);
}

/* The sampling rate of the whole exporter: options template and its one record. */
static void put_sampling(struct synthetic_export *export, const struct version *version)
{
    static const struct element FIELDS[] = {
        {ELEMENT_SAMPLING_INTERVAL, 4}, {ELEMENT_SAMPLING_ALGORITHM, 1}};
    struct put *put = &export->put;
    bool is_ipfix = version->number == 10;
    put_be16(put, version->options_set);
    put_be16(put, SET_HEADER + 18 + 2);
    put_be16(put, TEMPLATE_SAMPLING);
    put_be16(put, is_ipfix ? 3 : 4); /* fields in all; octets of scopes: RFC 3954 section 6.1 */
    put_be16(put, is_ipfix ? 1 : 8); /* scope fields; octets of options */
    put_be16(put, is_ipfix ? SCOPE_OBSERVATION : SCOPE_SYSTEM);
    put_be16(put, 4);
    put_elements(put, FIELDS, sizeof FIELDS / sizeof FIELDS[0]);
    put_zeroes(put, 2);
    put_be16(put, TEMPLATE_SAMPLING);
    put_be16(put, SET_HEADER + 9 + 3);
    put_be32(put, export->exporter->index);
    put_be32(put, export->sampling_rate);
    put_u8(put, 1); /* deterministic */
    put_zeroes(put, 3);
}

static void put_record(
    struct synthetic_export *export, const struct version *version, const struct mix_flow *flow)
{
    struct put *put = &export->put;
    size_t address_size = flow->is_ipv6 ? 16 : 4;
    version->put_head(export, flow);
    put_bytes(put, flow->source, address_size);
    put_bytes(put, flow->destination, address_size);
    put_bytes(put, flow->next_hop, address_size);
    put_u8(put, flow->source_mask);
    put_u8(put, flow->destination_mask);
    put_be16(put, flow->source_port);
    put_be16(put, flow->destination_port);
    put_u8(put, flow->proto);
    put_u8(put, flow->tos);
    put_u8(put, flow->tcp_flags);
    put_u8(put, 0); /* ingress */
    put_be32(put, flow->in_if);
    put_be32(put, flow->out_if);
    put_be32(put, flow->source_as);
    put_be32(put, flow->destination_as);
}

static size_t head_size(const struct version *version)
{
    size_t size = 0;
    for (size_t i = 0; i < version->head_count; i++) {
        size += version->head[i].size;
    }
    return size;
}

/* One set of as many records as fit into `room`, padded to 32 bits; returns their number. */
static uint16_t put_data(
    struct synthetic_export *export, const struct version *version, bool is_ipv6, size_t room)
{
    size_t record_size = head_size(version) + (is_ipv6 ? 50 : 14) + TAIL_SIZE;
    uint16_t count = (uint16_t)((room - SET_HEADER - 3) / record_size);
    size_t size = SET_HEADER + count * record_size;
    size_t padding = (4 - size % 4) % 4;
    put_be16(&export->put, is_ipv6 ? TEMPLATE_IPV6 : TEMPLATE_IPV4);
    put_be16(&export->put, (uint16_t)(size + padding));
    for (uint16_t i = 0; i < count; i++) {
        const struct mix_flow *flow = traffic_mix_next_of(export->mix, is_ipv6);
        put_record(export, version, flow);
        synthetic_count(export, flow);
    }
    put_zeroes(&export->put, padding);
    return count;
}

struct contents {
    uint16_t records; /* of any kind, templates included */
    uint16_t flows;
    uint16_t options;
};

static struct contents put_sets(
    struct synthetic_export *export, const struct version *version, const uint8_t *end)
{
    struct contents contents = {0};
    if (export->exporter->datagrams % TEMPLATE_PERIOD == 0) {
        put_templates(&export->put, version);
        contents.records = 2;
        if (export->sampling_rate > 1) {
            put_sampling(export, version);
            contents.records += 2;
            contents.options = 1;
        }
    }
    size_t room = (size_t)(end - export->put.pos);
    bool has_both = export->exporter->datagrams % 2 == 0;
    contents.flows = put_data(export, version, false, has_both ? room * 3 / 5 : room);
    if (has_both) {
        contents.flows += put_data(export, version, true, (size_t)(end - export->put.pos));
    }
    contents.records += contents.flows;
    return contents;
}

/* RFC 3954 section 5.1: the count is of records, the sequence number of datagrams. */
void synthetic_netflow9(struct synthetic_export *export)
{
    uint8_t *start = export->put.pos;
    put_be16(&export->put, NETFLOW9.number);
    put_be16(&export->put, 0);
    put_be32(&export->put, export->uptime_ms);
    put_be32(&export->put, (uint32_t)(export->now_ns / NS_PER_S));
    put_be32(&export->put, export->exporter->sequence++);
    put_be32(&export->put, export->exporter->index);
    struct contents contents = put_sets(export, &NETFLOW9, start + SYNTHETIC_MAX);
    put_be16_at(start + 2, contents.records);
}

/* RFC 7011 section 3.1: the sequence number counts data records, those of options too. */
void synthetic_ipfix(struct synthetic_export *export)
{
    uint8_t *start = export->put.pos;
    put_be16(&export->put, IPFIX.number);
    put_be16(&export->put, 0);
    put_be32(&export->put, (uint32_t)(export->now_ns / NS_PER_S));
    put_be32(&export->put, export->exporter->sequence);
    put_be32(&export->put, export->exporter->index);
    struct contents contents = put_sets(export, &IPFIX, start + SYNTHETIC_MAX);
    put_be16_at(start + 2, (uint16_t)(export->put.pos - start));
    export->exporter->sequence += (uint32_t)contents.flows + contents.options;
}
