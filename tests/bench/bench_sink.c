/* SPDX-License-Identifier: BSD-3-Clause -- whole blocks into the embedded engine. */
#include "common/clock.h"
#include "store/sink/sink.h"
#include "tests/support/random_flow.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    FLOWS_A_BATCH = 2048,
    BATCHES = 256,
    FLOWS = FLOWS_A_BATCH * BATCHES,
    DEFAULT_ROUNDS = 3
};

static void fail(const char *what)
{
    fprintf(stderr, "bench_sink: %s\n", what);
    exit(EXIT_FAILURE);
}

/* CPU time of all threads: the engine has its own. */
static uint64_t process_cpu_ns(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NS_PER_S +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * NS_PER_US;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static void fill(struct block *block)
{
    static uint8_t payload[FLOWS_A_BATCH * 256];
    struct random random = {.state = 1};
    struct row_identity identity = {.ingest_id = 1};
    for (identity.sequence = 0; identity.sequence < BATCHES; identity.sequence++) {
        size_t size = random_netflow5_batch(&random, payload, FLOWS_A_BATCH);
        if (columns_append(block->columns, cursor_of(payload, size), FLOWS_A_BATCH, &identity) !=
            ERR_OK) {
            fail("the payload is corrupt");
        }
    }
}

static void insert(struct sink *sink, const struct block *block, long rounds)
{
    struct buffer error = {0};
    uint64_t start_ns = 0;
    for (long i = 0; i <= rounds; i++) {
        if (i == 1) { /* the first one warms up */
            start_ns = process_cpu_ns();
        }
        if (sink_insert(sink, block, &error) != SINK_DONE) {
            fail(buffer_text(&error));
        }
    }
    double ns_a_flow = (double)(process_cpu_ns() - start_ns) / ((double)rounds * FLOWS);
    printf("insert into the engine: %.2f M flows per core-second, %.1f ns each\n", 1e3 / ns_a_flow,
        ns_a_flow);
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : DEFAULT_ROUNDS;
    char folder[] = "/tmp/bench-sink-XXXXXX";
    struct sink *sink = NULL;
    struct block *block = NULL;
    struct buffer error = {0};
    if (rounds < 1 || mkdtemp(folder) == NULL) {
        fail("no temporary folder, or a number of rounds that is none");
    }
    struct sink_options options = {.addresses = {.count = 1, .values = {"embedded"}},
        .database = "default",
        .table = "netflow",
        .path = folder};
    if (sink_open(&sink, &options) != ERR_OK || block_new(&block, FLOWS) != ERR_OK) {
        fail("cannot open the engine");
    }
    fill(block);
    if (sink_prepare(sink, RECORD_FLOWS, &error) != SINK_DONE) {
        fail(buffer_text(&error));
    }
    insert(sink, block, rounds);
    block_destroy(&block);
    sink_close(&sink);
    (void)nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return EXIT_SUCCESS;
}
