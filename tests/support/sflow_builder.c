/* SPDX-License-Identifier: BSD-3-Clause -- builds sFlow version 5 datagrams. */
#include "tests/support/sflow_builder.h"

void sflow_overwrite(struct sflow_builder *builder, size_t at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        builder->wire.bytes[at + (size_t)i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static void increment(struct sflow_builder *builder, size_t at)
{
    sflow_overwrite(builder, at, load_be32(builder->wire.bytes + at) + 1);
}

static size_t put_zero(struct sflow_builder *builder)
{
    build_u32(&builder->wire, 0);
    return builder->wire.size - 4;
}

/* Writes the length of what follows the word at `length_at`, and pads. */
static void close_opaque(struct sflow_builder *builder, size_t length_at)
{
    size_t size = builder->wire.size - length_at - 4;
    sflow_overwrite(builder, length_at, (uint32_t)size);
    build_zeroes(&builder->wire, -size & 3);
}

static void put_counters(struct sflow_builder *builder)
{
    build_u32(&builder->wire, 7); /* sub-agent */
    builder->number_at = builder->wire.size;
    build_u32(&builder->wire, 1000);
    build_u32(&builder->wire, 5555); /* uptime */
    builder->sample_count_at = put_zero(builder);
}

void sflow_begin(struct sflow_builder *builder)
{
    *builder = (struct sflow_builder){0};
    build_u32(&builder->wire, 5);
    build_u32(&builder->wire, 1);
    build_u32(&builder->wire, 0xc0000264);
    put_counters(builder);
}

void sflow_begin_ipv6(struct sflow_builder *builder)
{
    *builder = (struct sflow_builder){0};
    build_u32(&builder->wire, 5);
    build_u32(&builder->wire, 2);
    build_u32(&builder->wire, 0x20010db8);
    build_zeroes(&builder->wire, 11);
    build_u8(&builder->wire, 0x64);
    put_counters(builder);
}

void sflow_open_sample(struct sflow_builder *builder, uint32_t format)
{
    increment(builder, builder->sample_count_at);
    build_u32(&builder->wire, format);
    builder->sample_length_at = put_zero(builder);
    builder->sample_at = builder->wire.size;
}

void sflow_open_flow_sample(struct sflow_builder *builder, uint32_t rate, uint32_t in, uint32_t out)
{
    sflow_open_sample(builder, 1);
    build_u32(&builder->wire, 1); /* sequence number */
    build_u32(&builder->wire, 3); /* data source: ifIndex 3 */
    build_u32(&builder->wire, rate);
    build_u32(&builder->wire, 100); /* pool */
    build_u32(&builder->wire, 0);   /* drops */
    build_u32(&builder->wire, in);
    build_u32(&builder->wire, out);
    builder->record_count_at = put_zero(builder);
}

void sflow_open_flow_sample_expanded(
    struct sflow_builder *builder, uint32_t rate, uint64_t in, uint64_t out)
{
    sflow_open_sample(builder, 3);
    build_u32(&builder->wire, 1); /* sequence number */
    build_u32(&builder->wire, 0); /* data source: ifIndex 3 */
    build_u32(&builder->wire, 3);
    build_u32(&builder->wire, rate);
    build_u32(&builder->wire, 100); /* pool */
    build_u32(&builder->wire, 0);   /* drops */
    build_u32(&builder->wire, (uint32_t)(in >> 32));
    build_u32(&builder->wire, (uint32_t)in);
    build_u32(&builder->wire, (uint32_t)(out >> 32));
    build_u32(&builder->wire, (uint32_t)out);
    builder->record_count_at = put_zero(builder);
}

void sflow_open_discarded_packet(
    struct sflow_builder *builder, uint32_t in, uint32_t out, uint32_t reason)
{
    sflow_open_sample(builder, 5);
    build_u32(&builder->wire, 1); /* sequence number */
    build_u32(&builder->wire, 0); /* data source: ifIndex 3 */
    build_u32(&builder->wire, 3);
    build_u32(&builder->wire, 0); /* drops */
    build_u32(&builder->wire, in);
    build_u32(&builder->wire, out);
    build_u32(&builder->wire, reason);
    builder->record_count_at = put_zero(builder);
}

void sflow_close_sample(struct sflow_builder *builder)
{
    close_opaque(builder, builder->sample_length_at);
}

void sflow_open_record(struct sflow_builder *builder, uint32_t format)
{
    increment(builder, builder->record_count_at);
    build_u32(&builder->wire, format);
    builder->record_length_at = put_zero(builder);
}

void sflow_close_record(struct sflow_builder *builder)
{
    close_opaque(builder, builder->record_length_at);
}

void sflow_raw_header(struct sflow_builder *builder, uint32_t protocol, uint32_t frame_length,
    const struct build *frame)
{
    sflow_open_record(builder, 1);
    build_u32(&builder->wire, protocol);
    build_u32(&builder->wire, frame_length);
    build_u32(&builder->wire, 4); /* stripped: the frame check sequence */
    size_t length_at = put_zero(builder);
    build_bytes(&builder->wire, frame->bytes, frame->size);
    close_opaque(builder, length_at);
    sflow_close_record(builder);
}
