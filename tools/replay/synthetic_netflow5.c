/* SPDX-License-Identifier: BSD-3-Clause -- NetFlow 5: a header of 24 octets, 30 records of 48. */
#include "common/clock.h"
#include "tools/replay/synthetic_export.h"

enum {
    VERSION = 5,
    RECORDS = 30,
    SAMPLING_MODE_DETERMINISTIC = 1 << 14,
    SAMPLING_MASK = 0x3fff
};

static void put_header(struct synthetic_export *export)
{
    struct put *put = &export->put;
    put_be16(put, VERSION);
    put_be16(put, RECORDS);
    put_be32(put, export->uptime_ms);
    put_be32(put, (uint32_t)(export->now_ns / NS_PER_S));
    put_be32(put, (uint32_t)(export->now_ns % NS_PER_S));
    put_be32(put, export->exporter->sequence);
    put_u8(put, 0); /* engine type */
    put_u8(put, (uint8_t) export->exporter->index);
    bool is_sampled = export->sampling_rate > 1;
    uint16_t interval = (uint16_t)(export->sampling_rate & SAMPLING_MASK);
    put_be16(put, is_sampled ? SAMPLING_MODE_DETERMINISTIC | interval : 0);
}

static void put_record(struct synthetic_export *export, const struct mix_flow *flow)
{
    struct put *put = &export->put;
    put_bytes(put, flow->source, 4);
    put_bytes(put, flow->destination, 4);
    put_bytes(put, flow->next_hop, 4);
    put_be16(put, flow->in_if);
    put_be16(put, flow->out_if);
    put_be32(put, flow->packets);
    put_be32(put, flow->bytes);
    put_be32(put, export->uptime_ms - flow->start_ms);
    put_be32(put, export->uptime_ms - flow->end_ms);
    put_be16(put, flow->source_port);
    put_be16(put, flow->destination_port);
    put_u8(put, 0);
    put_u8(put, flow->tcp_flags);
    put_u8(put, flow->proto);
    put_u8(put, flow->tos);
    put_be16(put, flow->source_as);
    put_be16(put, flow->destination_as);
    put_u8(put, flow->source_mask);
    put_u8(put, flow->destination_mask);
    put_be16(put, 0);
}

void synthetic_netflow5(struct synthetic_export *export)
{
    put_header(export);
    for (int i = 0; i < RECORDS; i++) {
        const struct mix_flow *flow = traffic_mix_next_of(export->mix, false);
        put_record(export, flow);
        synthetic_count(export, flow);
    }
    export->exporter->sequence += RECORDS;
}
