/*
 * sflow_builder.h -- builds sFlow version 5 datagrams, so that a test reads as one.
 *
 * A datagram is begun, samples are opened in it, records in those; each close writes the length of
 * what was opened, and each sample and record counts itself. What a test wants wrong it overwrites
 * afterwards, at the offsets the builder remembers.
 */
#pragma once

#include "common/cursor.h"
#include "tests/support/frame_builder.h"

struct sflow_builder {
    struct build wire;
    size_t number_at; /* of the datagram itself */
    size_t sample_count_at;
    size_t sample_length_at; /* of the sample opened last */
    size_t sample_at;        /* its body: the number, then the source */
    size_t record_count_at;  /* of the same sample */
    size_t record_length_at; /* of the record opened last */
};

/* Agent 192.0.2.100, sub-agent 7, sequence 1000, no samples yet. */
void sflow_begin(struct sflow_builder *builder);
/* The same from the agent 2001:db8::64. */
void sflow_begin_ipv6(struct sflow_builder *builder);

/* Any sample; its body follows. */
void sflow_open_sample(struct sflow_builder *builder, uint32_t format);
/* A flow sample; its records follow. */
void sflow_open_flow_sample(
    struct sflow_builder *builder, uint32_t rate, uint32_t in, uint32_t out);
/* The same in the expanded form, for interfaces with their format bits apart. */
void sflow_open_flow_sample_expanded(
    struct sflow_builder *builder, uint32_t rate, uint64_t in, uint64_t out);
void sflow_open_discarded_packet(
    struct sflow_builder *builder, uint32_t in, uint32_t out, uint32_t reason);
void sflow_close_sample(struct sflow_builder *builder);

/* Any record; its body follows. */
void sflow_open_record(struct sflow_builder *builder, uint32_t format);
void sflow_close_record(struct sflow_builder *builder);
/* A whole raw packet header record. */
void sflow_raw_header(struct sflow_builder *builder, uint32_t protocol, uint32_t frame_length,
    const struct build *frame);

/* Overwrites the word at an offset. */
void sflow_overwrite(struct sflow_builder *builder, size_t at, uint32_t value);
