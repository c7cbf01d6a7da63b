/* SPDX-License-Identifier: BSD-3-Clause -- sFlow decode and pack: flows per core-second. */
#include "common/clock.h"
#include "common/flow_codec.h"
#include "ingest/decode/decode_context.h"
#include "ingest/decode/exporter.h"
#include "tests/support/cpu_clock.h"
#include "tests/support/sflow_builder.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SAMPLES = 7, /* of 128-octet headers, about what fits an Ethernet frame */
    DATAGRAMS = 256,
    SNIPPET_SIZE = 128,
    SOURCE_OFFSET = 4, /* in a sample, behind its number */
    DEFAULT_ROUNDS = 2000
};

struct wire_datagram {
    size_t size;
    size_t numbers_at[1 + SAMPLES]; /* the datagram's own, and each sample's */
    uint8_t bytes[1500];
};

/* The sink of a worker: packs each flow behind the last, and starts over when the room is used. */
struct packing {
    struct flow_packer packer;
    uint64_t flows;
    uint64_t bytes;
    size_t size;
    uint8_t out[1 << 16];
};

static struct wire_datagram datagrams[DATAGRAMS];
static struct packing packing;

static void pack(void *context, const struct flow *flow)
{
    struct packing *state = context;
    if (sizeof state->out - state->size < FLOW_PACKED_MAX) {
        state->size = 0;
    }
    size_t size = flow_pack(&state->packer, flow, state->out + state->size);
    state->size += size;
    state->bytes += size;
    state->flows++;
}

/* A quarter of the packets are VLAN-tagged, a quarter are IPv6, a half are UDP: `kind` decides. */
static void put_packet(struct build *frame, unsigned kind)
{
    bool is_ipv6 = (kind & 3) == 1;
    uint16_t etype = is_ipv6 ? 0x86dd : 0x0800;
    bool is_tagged = (kind >> 2 & 3) == 1;
    bool is_udp = (kind >> 4 & 1) == 1;
    frame->size = 0;
    frame_ethernet(frame, is_tagged ? 0x8100 : etype);
    if (is_tagged) {
        frame_tag(frame, 100, etype);
    }
    if (is_ipv6) {
        frame_ipv6(frame, is_udp ? 17 : 6);
    } else {
        frame_ipv4(frame, is_udp ? 17 : 6);
    }
    if (is_udp) {
        frame_udp(frame, 53);
    } else {
        frame_tcp(frame, 0x10);
    }
    build_zeroes(frame, SNIPPET_SIZE - frame->size);
}

/* Each sample of a datagram is of another interface. */
static void put_sample(
    struct wire_datagram *datagram, struct sflow_builder *builder, int place, unsigned kind)
{
    static struct build frame;
    put_packet(&frame, kind);
    sflow_open_flow_sample(builder, 1024, 3, 4);
    datagram->numbers_at[place] = builder->sample_at;
    sflow_overwrite(builder, builder->sample_at + SOURCE_OFFSET, (uint32_t)place);
    sflow_raw_header(builder, 1, 1518, &frame);
    sflow_close_sample(builder);
}

static void build_datagrams(bool is_mixed)
{
    static struct sflow_builder builder;
    srandom(1);
    for (size_t i = 0; i < DATAGRAMS; i++) {
        sflow_begin(&builder);
        datagrams[i].numbers_at[0] = builder.number_at;
        for (int place = 1; place <= SAMPLES; place++) {
            put_sample(&datagrams[i], &builder, place, is_mixed ? (unsigned)random() : 0);
        }
        datagrams[i].size = builder.wire.size;
        memcpy(datagrams[i].bytes, builder.wire.bytes, builder.wire.size);
    }
}

/* No number twice: each round's datagrams go on where the last ones ended. */
static void renumber(struct wire_datagram *datagram)
{
    static uint32_t next;
    uint32_t number = __builtin_bswap32(next++);
    for (size_t i = 0; i <= SAMPLES; i++) {
        memcpy(datagram->bytes + datagram->numbers_at[i], &number, sizeof number);
    }
}

static void decode_all(uint64_t received_ns)
{
    static struct decode_counters counters;
    static struct exporter exporter;
    static struct flow flow;
    const struct flow_sink sink = {.take = pack, .context = &packing};
    for (size_t i = 0; i < DATAGRAMS; i++) {
        renumber(&datagrams[i]);
        const struct datagram datagram = {
            .bytes = datagrams[i].bytes, .size = datagrams[i].size, .received_ns = received_ns + i};
        struct decode_context context = {.exporter = &exporter,
            .datagram = &datagram,
            .counters = &counters,
            .sink = &sink,
            .flow = &flow};
        sflow_decode(&context, cursor_of(datagram.bytes, datagram.size));
    }
}

static void run(const char *name, bool is_mixed, long rounds)
{
    build_datagrams(is_mixed);
    packing = (struct packing){0};
    uint64_t start_ns = cpu_clock_ns();
    for (long i = 0; i < rounds; i++) {
        decode_all(clock_wall_ns());
    }
    uint64_t spent_ns = cpu_clock_ns() - start_ns;
    double flows = (double)packing.flows;
    printf("decode + pack sFlow, %s: %.2f M flows per core-second, %.1f ns and %.1f bytes a flow\n",
        name, flows * 1e3 / (double)spent_ns, (double)spent_ns / flows,
        (double)packing.bytes / flows);
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : DEFAULT_ROUNDS;
    run("IPv4 TCP", false, rounds);
    run("mixed packets", true, rounds);
    return 0;
}
