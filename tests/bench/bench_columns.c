/* SPDX-License-Identifier: BSD-3-Clause -- the store's own work: unpack, columns, Native. */
#include "common/clock.h"
#include "common/flow_codec.h"
#include "tests/support/native_writer.h"
#include "tests/support/random_flow.h"

#include <stdio.h>
#include <stdlib.h>

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
            start_ns = clock_thread_cpu_ns();
        }
        if (plan != NULL) {
            write_block(bench, plan);
        } else {
            fill_block(bench);
        }
    }
    return (double)(clock_thread_cpu_ns() - start_ns) / ((double)rounds * FLOWS);
}

static void report(const char *what, double ns)
{
    printf("%s: %.2f M flows per core-second, %.1f ns a flow\n", what, 1e3 / ns, ns);
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : DEFAULT_ROUNDS;
    struct random random = {1};
    struct bench bench = {.payload = malloc((size_t)FLOWS_A_BATCH * 256)};
    if (bench.payload == NULL || columns_new(&bench.columns, FLOWS) != ERR_OK) {
        fail("out of memory");
    }
    bench.payload_size = random_netflow5_batch(&random, bench.payload, FLOWS_A_BATCH);
    struct native_plan *binary = native_writer_plan("IPv6");
    struct native_plan *text = native_writer_plan("String");
    double unpack_ns = measure(&bench, NULL, rounds);
    double binary_ns = measure(&bench, binary, rounds);
    double text_ns = measure(&bench, text, rounds);
    report("unpack into columns", unpack_ns);
    report("Native, addresses as IPv6", binary_ns);
    report("Native, addresses as String", text_ns);
    report("unpack + columns + Native, IPv6", unpack_ns + binary_ns);
    report("unpack + columns + Native, String", unpack_ns + text_ns);
    native_plan_destroy(&binary);
    native_plan_destroy(&text);
    columns_destroy(&bench.columns);
    buffer_clear(&bench.block);
    free(bench.payload);
    return EXIT_SUCCESS;
}
