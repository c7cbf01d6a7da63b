/* SPDX-License-Identifier: BSD-3-Clause -- decode and pack: flows per core-second. */
#include "common/clock.h"
#include "common/flow_codec.h"
#include "ingest/decode/decode.h"
#include "tests/support/cpu_clock.h"
#include "tests/support/packet_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECORDS = 30,
    DEFAULT_ROUNDS = 100000,
    OUT_SIZE = 1 << 18,
    TEMPLATE_ID = 256
};

/* Packs as a batch does, and starts the next one when the buffer is full. */
struct packing_sink {
    struct flow_packer packer;
    uint8_t *out;
    size_t size;
    uint64_t flows;
    uint64_t bytes;
};

static struct packet packet;

static void pack(void *context, const struct flow *flow)
{
    struct packing_sink *sink = context;
    if (OUT_SIZE - sink->size < FLOW_PACKED_MAX) {
        sink->bytes += sink->size;
        sink->size = 0;
    }
    sink->size += flow_pack(&sink->packer, flow, sink->out + sink->size);
    sink->flows++;
}

static void write_netflow5(void)
{
    packet_netflow5(&packet, RECORDS, 0);
    for (uint8_t i = 0; i < RECORDS; i++) {
        packet_netflow5_record(&packet, i);
    }
}

static void write_numbers(uint8_t i)
{
    struct build *wire = &packet.wire;
    build_u32(wire, 1500 + i * 997U);
    build_u32(wire, 10 + i);
    build_u32(wire, 3);
    build_u32(wire, 4);
    build_u16(wire, (uint16_t)(1024 + i));
    build_u16(wire, 443);
    build_u8(wire, 6);
    build_u8(wire, 0x28);
    build_u8(wire, 0x1b);
    build_u32(wire, 64512);
    build_u32(wire, 64513);
    build_u8(wire, 24);
    build_u8(wire, 16);
}

static void write_addresses(uint8_t i)
{
    packet_address(&packet, "192.0.2.1");
    packet.wire.bytes[packet.wire.size - 1] = i;
    packet_address(&packet, "198.51.100.7");
    packet_address(&packet, "203.0.113.254");
}

/* What routers export in NetFlow 9: NetFlow 5's fields, 32-bit interfaces and AS numbers. */
static void write_netflow9(void)
{
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, TEMPLATE_ID, {0, 8, 4}, {0, 12, 4}, {0, 15, 4}, {0, 1, 4},
        {0, 2, 4}, {0, 10, 4}, {0, 14, 4}, {0, 7, 2}, {0, 11, 2}, {0, 4, 1}, {0, 5, 1}, {0, 6, 1},
        {0, 16, 4}, {0, 17, 4}, {0, 9, 1}, {0, 13, 1}, {0, 22, 4}, {0, 21, 4});
    packet_open_set(&packet, TEMPLATE_ID);
    for (uint8_t i = 0; i < RECORDS; i++) {
        write_addresses(i);
        write_numbers(i);
        build_u32(&packet.wire, PACKET_UPTIME_MS - 3000);
        build_u32(&packet.wire, PACKET_UPTIME_MS - 1000 + i);
    }
    packet_close_set(&packet);
}

static void write_ipfix(void)
{
    packet_ipfix(&packet);
    PACKET_TEMPLATE(&packet, 2, TEMPLATE_ID, {0, 8, 4}, {0, 12, 4}, {0, 15, 4}, {0, 1, 4},
        {0, 2, 4}, {0, 10, 4}, {0, 14, 4}, {0, 7, 2}, {0, 11, 2}, {0, 4, 1}, {0, 5, 1}, {0, 6, 1},
        {0, 16, 4}, {0, 17, 4}, {0, 9, 1}, {0, 13, 1}, {0, 152, 8}, {0, 153, 8});
    packet_open_set(&packet, TEMPLATE_ID);
    for (uint8_t i = 0; i < RECORDS; i++) {
        write_addresses(i);
        write_numbers(i);
        packet_u64(&packet, UINT64_C(1699999997000));
        packet_u64(&packet, UINT64_C(1699999999000) + i);
    }
    packet_close_set(&packet);
    packet_close(&packet);
}

static int run(const char *name, void (*write)(void), long rounds)
{
    struct packing_sink sink = {.out = malloc(OUT_SIZE)};
    struct decoder *decoder = NULL;
    if (sink.out == NULL || decoder_new(&decoder, &(struct decoder_options){0}) != ERR_OK) {
        free(sink.out);
        return 1;
    }
    write();
    static const uint8_t SOURCE[4] = {203, 0, 113, 9};
    struct datagram datagram = {.bytes = packet.wire.bytes,
        .size = packet.wire.size,
        .source = address_from_ipv4(SOURCE),
        .received_ns = PACKET_EXPORT_S * NS_PER_S};
    struct flow_sink to = {.take = pack, .context = &sink};
    uint64_t start_ns = cpu_clock_ns();
    for (long i = 0; i < rounds; i++) {
        (void)decoder_decode(decoder, &datagram, &to);
    }
    uint64_t spent_ns = cpu_clock_ns() - start_ns;
    printf("decode + pack %s: %.2f M flows per core-second, %.1f ns and %.1f bytes a flow\n", name,
        (double)sink.flows * 1e3 / (double)spent_ns, (double)spent_ns / (double)sink.flows,
        (double)(sink.bytes + sink.size) / (double)sink.flows);
    decoder_destroy(&decoder);
    free(sink.out);
    return 0;
}

/* bench_decode [ROUNDS [netflow5|netflow9|ipfix]] */
int main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : DEFAULT_ROUNDS;
    static const struct {
        const char *name;
        void (*write)(void);
    } PROTOCOLS[] = {
        {"netflow5", write_netflow5}, {"netflow9", write_netflow9}, {"ipfix", write_ipfix}};
    int status = 0;
    for (size_t i = 0; i < sizeof PROTOCOLS / sizeof PROTOCOLS[0]; i++) {
        if (argc < 3 || strcmp(argv[2], PROTOCOLS[i].name) == 0) {
            status |= run(PROTOCOLS[i].name, PROTOCOLS[i].write, rounds);
        }
    }
    return status;
}
