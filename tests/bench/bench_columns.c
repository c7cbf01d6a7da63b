/* SPDX-License-Identifier: BSD-3-Clause -- the store's own work: unpack, columns, Native. */
#include "common/flow_codec.h"
#include "tests/support/cpu_clock.h"
#include "tests/support/native_writer.h"
#include "tests/support/packed_exports.h"
#include "tests/support/random_flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FLOWS_A_BATCH = 2048,
    BATCHES = 64,
    FLOWS = FLOWS_A_BATCH * BATCHES,
    DEFAULT_ROUNDS = 20
};

struct bench {
    struct columns *columns;
    uint8_t *payload;
    size_t payload_size;
    struct buffer block;
};

static void fail(const char *what)
{
    fprintf(stderr, "bench_columns: %s\n", what);
    exit(EXIT_FAILURE);
}

static void fill_block(struct bench *bench)
{
    struct row_identity identity = {.ingest_id = 1};
    columns_reset(bench->columns);
    for (identity.sequence = 0; identity.sequence < BATCHES; identity.sequence++) {
        struct cursor payload = cursor_of(bench->payload, bench->payload_size);
        if (columns_append(bench->columns, payload, FLOWS_A_BATCH, &identity) != ERR_OK) {
            fail("the payload is corrupt");
        }
    }
}

static void write_block(struct bench *bench, const struct native_plan *plan)
{
    bench->block.size = 0;
    if (native_write(plan, bench->columns, &bench->block) != ERR_OK) {
        fail("out of memory");
    }
}

/* Nanoseconds a flow, after one round that is not counted; without a plan of unpacking. */
static double measure(struct bench *bench, const struct native_plan *plan, long rounds)
{
    uint64_t start_ns = 0;
    for (long i = 0; i <= rounds; i++) {
        if (i == 1) {
            start_ns = cpu_clock_ns();
        }
        if (plan != NULL) {
            write_block(bench, plan);
        } else {
            fill_block(bench);
        }
    }
    return (double)(cpu_clock_ns() - start_ns) / ((double)rounds * FLOWS);
}

static void report(const char *protocol, const char *what, double ns)
{
    printf("%s, %s: %.2f M flows per core-second, %.1f ns a flow\n", what, protocol, 1e3 / ns, ns);
}

static void run(struct bench *bench, const char *protocol, long rounds)
{
    struct native_plan *binary = native_writer_plan("IPv6");
    struct native_plan *text = native_writer_plan("String");
    double unpack_ns = measure(bench, NULL, rounds);
    double binary_ns = measure(bench, binary, rounds);
    double text_ns = measure(bench, text, rounds);
    report(protocol, "unpack into columns", unpack_ns);
    report(protocol, "Native, addresses as IPv6", binary_ns);
    report(protocol, "Native, addresses as String", text_ns);
    report(protocol, "unpack + columns + Native, IPv6", unpack_ns + binary_ns);
    report(protocol, "unpack + columns + Native, String", unpack_ns + text_ns);
    native_plan_destroy(&binary);
    native_plan_destroy(&text);
}

/* NetFlow 5 from random flows, which the figures of docs/performance.md have always been of. */
static size_t fill_payload(uint8_t *payload, enum synthetic_protocol protocol)
{
    struct random random = {1};
    return protocol == SYNTHETIC_NETFLOW5 ? random_netflow5_batch(&random, payload, FLOWS_A_BATCH)
                                          : packed_exports(protocol, payload, FLOWS_A_BATCH);
}

/* bench_columns [ROUNDS [netflow5|netflow9|ipfix|sflow]] */
int main(int argc, char **argv)
{
    static const char *const PROTOCOLS[] = {"netflow5", "netflow9", "ipfix", "sflow"};
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : DEFAULT_ROUNDS;
    struct bench bench = {.payload = malloc((size_t)FLOWS_A_BATCH * 512)};
    if (bench.payload == NULL || columns_new(&bench.columns, FLOWS) != ERR_OK) {
        fail("out of memory");
    }
    for (size_t i = 0; i < sizeof PROTOCOLS / sizeof PROTOCOLS[0]; i++) {
        enum synthetic_protocol protocol;
        if (argc > 2 && strcmp(argv[2], PROTOCOLS[i]) != 0) {
            continue;
        }
        if (synthetic_protocol_parse(&protocol, PROTOCOLS[i]) != ERR_OK) {
            fail("no such protocol");
        }
        bench.payload_size = fill_payload(bench.payload, protocol);
        run(&bench, PROTOCOLS[i], rounds);
    }
    columns_destroy(&bench.columns);
    buffer_clear(&bench.block);
    free(bench.payload);
    return EXIT_SUCCESS;
}
