/* SPDX-License-Identifier: BSD-3-Clause -- sFlow 5: flow samples with raw packet headers. */
#include "tools/replay/synthetic_export.h"

/* Structures of the sFlow version 5 specification, section 5. */
enum {
    VERSION = 5,
    ADDRESS_IPV4 = 1,
    SAMPLES = 6,
    SAMPLE_FLOW = 1,
    RECORD_RAW = 1,
    RECORD_SWITCH = 1001,
    PROTOCOL_ETHERNET = 1,
    HEADER_SIZE = 128,
    FRAME_CHECK_SIZE = 4,
    SAMPLE_SIZE = 32 + 8 + 16 + HEADER_SIZE + 8 + 16
};

enum {
    PROTO_TCP = 6,
    ETYPE_VLAN = 0x8100,
    ETYPE_IPV4 = 0x0800,
    ETYPE_IPV6 = 0x86dd,
    VLAN = 100,
    ETHERNET_SIZE = 18 /* with one tag */
};

static void put_ethernet(struct put *put, const struct mix_flow *flow)
{
    static const uint8_t LOCAL_MAC[5] = {0x02, 0, 0, 0, 0};
    put_bytes(put, LOCAL_MAC, sizeof LOCAL_MAC);
    put_u8(put, (uint8_t)flow->out_if);
    put_bytes(put, LOCAL_MAC, sizeof LOCAL_MAC);
    put_u8(put, (uint8_t)flow->in_if);
    put_be16(put, ETYPE_VLAN);
    put_be16(put, VLAN);
    put_be16(put, flow->is_ipv6 ? ETYPE_IPV6 : ETYPE_IPV4);
}

static void put_ip(struct put *put, const struct mix_flow *flow, uint16_t payload_size)
{
    if (flow->is_ipv6) {
        put_be32(put, UINT32_C(6) << 28 | (uint32_t)flow->tos << 20);
        put_be16(put, payload_size);
        put_u8(put, flow->proto);
        put_u8(put, 64);
        put_bytes(put, flow->source, 16);
        put_bytes(put, flow->destination, 16);
        return;
    }
    put_u8(put, 0x45);
    put_u8(put, flow->tos);
    put_be16(put, (uint16_t)(20 + payload_size));
    put_be32(put, 0); /* identification, flags, offset */
    put_u8(put, 64);
    put_u8(put, flow->proto);
    put_be16(put, 0); /* checksum: switches sample before they care */
    put_bytes(put, flow->source, 4);
    put_bytes(put, flow->destination, 4);
}

static void put_transport(struct put *put, const struct mix_flow *flow, uint16_t payload_size)
{
    bool is_icmp = flow->source_port == 0;
    if (is_icmp) {
        put_be16(put, flow->destination_port);
        put_zeroes(put, 6);
        return;
    }
    put_be16(put, flow->source_port);
    put_be16(put, flow->destination_port);
    if (flow->proto == PROTO_TCP) {
        put_be64(put, flow->bytes);
        put_u8(put, 5 << 4);
        put_u8(put, flow->tcp_flags);
        put_zeroes(put, 6);
        return;
    }
    put_be16(put, payload_size);
    put_be16(put, 0);
}

/* The frame's first octets; what the flow's headers leave is zero. */
static void put_frame(struct put *put, const struct mix_flow *flow, uint32_t frame_size)
{
    uint8_t *end = put->pos + HEADER_SIZE;
    size_t ip_header = flow->is_ipv6 ? 40 : 20;
    uint16_t payload_size = (uint16_t)(frame_size - ETHERNET_SIZE - ip_header - FRAME_CHECK_SIZE);
    put_ethernet(put, flow);
    put_ip(put, flow, payload_size);
    put_transport(put, flow, payload_size);
    put_zeroes(put, (size_t)(end - put->pos));
}

static void put_sample(struct synthetic_export *export, const struct mix_flow *flow)
{
    struct put *put = &export->put;
    uint32_t frame_size = HEADER_SIZE + FRAME_CHECK_SIZE + flow->bytes % 1386;
    uint32_t samples = ++export->exporter->samples[flow->in_if - 1];
    put_be32(put, SAMPLE_FLOW);
    put_be32(put, SAMPLE_SIZE);
    put_be32(put, samples);
    put_be32(put, flow->in_if); /* source id: an ifIndex */
    put_be32(put, export->sampling_rate);
    put_be32(put, samples * export->sampling_rate);
    put_be32(put, 0); /* drops */
    put_be32(put, flow->in_if);
    put_be32(put, flow->out_if);
    put_be32(put, 2);
    put_be32(put, RECORD_RAW);
    put_be32(put, 16 + HEADER_SIZE);
    put_be32(put, PROTOCOL_ETHERNET);
    put_be32(put, frame_size);
    put_be32(put, FRAME_CHECK_SIZE);
    put_be32(put, HEADER_SIZE);
    put_frame(put, flow, frame_size);
    put_be32(put, RECORD_SWITCH);
    put_be32(put, 16);
    put_be32(put, VLAN);
    put_be32(put, 0);
    put_be32(put, VLAN);
    put_be32(put, 0);
    export->sums->flows++;
    export->sums->packets++;
    export->sums->bytes += frame_size;
}

void synthetic_sflow(struct synthetic_export *export)
{
    struct put *put = &export->put;
    uint32_t index = export->exporter->index;
    put_be32(put, VERSION);
    put_be32(put, ADDRESS_IPV4);
    put_be32(put, (UINT32_C(127) << 24) + 2 + index); /* the agent, as goflow-replay binds it */
    put_be32(put, 0);                                 /* sub-agent */
    put_be32(put, ++export->exporter->sequence);
    put_be32(put, export->uptime_ms);
    put_be32(put, SAMPLES);
    for (int i = 0; i < SAMPLES; i++) {
        put_sample(export, traffic_mix_next(export->mix));
    }
}
