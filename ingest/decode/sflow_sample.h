/*
 * sflow_sample.h -- the layers of sFlow below the datagram: samples and their flow records.
 *
 * Internal to sflow*.c. Specification: sFlow version 5 (sflow.org, July 2004), section 5, and its
 * extensions on sflow.org. Everything is XDR (RFC 4506). What has a length is read through a
 * cursor of its own, so that a bad record costs itself and a bad sample costs itself.
 */
#pragma once

#include "ingest/decode/decode_context.h"
#include "ingest/decode/sflow_counters.h"

/*
 * Reads one sample into at most one flow and hands that on. The cursor covers the sample's body;
 * the format is its tag: an enterprise in the high 20 bits, 0 for sflow.org's, whose low 12 bits
 * are an enum sflow_sample_type.
 * Counter samples and those of other formats give no flow.
 */
void sflow_sample_decode(struct decode_context *context, uint32_t format, struct cursor sample);

/* Reads a counter sample, of either form, and hands it to the context's sink for counters. */
void sflow_counter_sample_decode(
    struct decode_context *context, enum sflow_sample_type type, struct cursor sample);

/* Follows the numbers of a sample's data source. */
void sflow_follow_source(struct decode_context *context, const struct sflow_source_step *step);

/* What a record of a sample did. */
enum sflow_record_outcome {
    SFLOW_RECORD_READ,
    SFLOW_RECORD_SKIPPED, /* a format, or a header protocol, that is not read */
    SFLOW_RECORD_BAD
};

/* Counts an outcome that is no success, of a record of that format. */
void sflow_count_record(struct decode_context *context, bool is_counter, uint32_t format,
    enum sflow_record_outcome outcome);

/* Reads one flow record, whose body the cursor covers, into the flow. */
enum sflow_record_outcome sflow_record_read(
    struct flow *flow, uint32_t format, struct cursor record);

/*
 * Reads a record that has no field into Extra, as sflow_extra.def tells; adds what found no room
 * to the count.
 */
enum sflow_record_outcome sflow_read_extra(
    struct flow *flow, uint32_t format, struct cursor record, uint32_t *dropped_p);

/*
 * The readers of single records: sflow_packet.c has those that describe the packet,
 * sflow_forwarding.c where it went, sflow_rewrite.c how it was changed on the way. A record that is
 * too short is bad and changes nothing. An agent sends each kind once; a second one adds to and
 * overwrites what the first said.
 */
enum sflow_record_outcome sflow_read_raw_header(struct flow *flow, struct cursor record);
enum sflow_record_outcome sflow_read_80211_payload(struct flow *flow, struct cursor record);
enum sflow_record_outcome sflow_read_ethernet(struct flow *flow, struct cursor record);
enum sflow_record_outcome sflow_read_ipv4(struct flow *flow, struct cursor record);
enum sflow_record_outcome sflow_read_ipv6(struct flow *flow, struct cursor record);
enum sflow_record_outcome sflow_read_switch(struct flow *flow, struct cursor record);
enum sflow_record_outcome sflow_read_router(struct flow *flow, struct cursor record);
enum sflow_record_outcome sflow_read_gateway(struct flow *flow, struct cursor record);
enum sflow_record_outcome sflow_read_mpls(struct flow *flow, struct cursor record);
enum sflow_record_outcome sflow_read_nat(struct flow *flow, struct cursor record);
enum sflow_record_outcome sflow_read_nat_ports(struct flow *flow, struct cursor record);
enum sflow_record_outcome sflow_read_vlan_tunnel(struct flow *flow, struct cursor record);
enum sflow_record_outcome sflow_read_vni(struct flow *flow, struct cursor record);
