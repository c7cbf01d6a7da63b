/* SPDX-License-Identifier: BSD-3-Clause -- which sFlow flow records are read, and by whom. */
#include "ingest/decode/sflow_sample.h"

struct record_reader {
    uint32_t format;
    enum sflow_record_outcome (*read)(struct flow *flow, struct cursor record);
};

/* The commonest first, except the raw header, which samples read themselves. What no field holds is
 * left to sflow_extra.def. */
static const struct record_reader READERS[] = {
    {1001, sflow_read_switch},
    {1, sflow_read_raw_header},
    {1002, sflow_read_router},
    {1003, sflow_read_gateway},
    {2, sflow_read_ethernet},
    {3, sflow_read_ipv4},
    {4, sflow_read_ipv6},
    {1006, sflow_read_mpls},
    {1007, sflow_read_nat},
    {1012, sflow_read_vlan_tunnel},
    {1013, sflow_read_80211_payload},
    {1020, sflow_read_nat_ports},
    {1029, sflow_read_vni},
    {1030, sflow_read_vni},
};

void sflow_count_record(struct decode_context *context, bool is_counter, uint32_t format,
    enum sflow_record_outcome outcome)
{
    if (outcome == SFLOW_RECORD_BAD) {
        decode_drop(context, DECODE_SAMPLE_RECORD);
    } else if (outcome == SFLOW_RECORD_SKIPPED) {
        counter_add(&context->counters->skipped_records, 1);
        sflow_skipped_count(&context->counters->skipped_formats, is_counter, format);
    }
}

enum sflow_record_outcome sflow_record_read(
    struct flow *flow, uint32_t format, struct cursor record)
{
    for (size_t i = 0; i < sizeof READERS / sizeof READERS[0]; i++) {
        if (READERS[i].format == format) {
            return READERS[i].read(flow, record);
        }
    }
    return SFLOW_RECORD_SKIPPED;
}
