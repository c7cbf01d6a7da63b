/* SPDX-License-Identifier: BSD-3-Clause -- blocks into the embedded engine, by two schemas. */
#include "common/clock.h"
#include "common/log.h"
#include "store/sink/sink.h"
#include "tests/support/random_flow.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    FLOWS_A_BATCH = 2048,
    BATCHES = 256,
    FLOWS = FLOWS_A_BATCH * BATCHES,
    DEFAULT_ROUNDS = 2,
    INSERTS = 9, /* of each table in a round */
    ROUNDS_MAX = 101
};

/*
 * More than this, and a column of our table costs more than it is worth: it is 1.2 to 1.3, and a
 * map whose keys had LowCardinality made it 2.5.
 */
static const double RATIO_MAX = 1.6;

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

static void run(struct sink *sink, const char *sql)
{
    struct buffer result = {0};
    struct buffer error = {0};
    if (sink_query(sink, sql, "TabSeparated", &result, &error) != SINK_DONE) {
        fail(buffer_text(&error));
    }
    buffer_clear(&result);
    buffer_clear(&error);
}

static const char *plain_type(const struct flow_field_info *field)
{
    if (field->kind == FLOW_KIND_ADDRESS) {
        return "String";
    }
    return field->size_bytes == 8 ? "UInt64" : field->size_bytes == 4 ? "UInt32" : "UInt8";
}

/* The numbers and addresses of a flow in the simplest types there are, with the table's settings.
 */
static void make_plain_table(struct sink *sink)
{
    struct buffer sql = {0};
    buffer_text_append(&sql, "CREATE TABLE plain (TimeReceived DateTime('UTC')");
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        const struct flow_field_info *field = &FLOW_FIELDS[i];
        bool is_plain = field->kind == FLOW_KIND_NUMBER || field->kind == FLOW_KIND_ADDRESS;
        if (is_plain && i != FLOW_TIME_RECEIVED && field->column[0] != '\0') {
            buffer_format(&sql, ", `%s` %s", field->name, plain_type(field));
        }
    }
    buffer_text_append(&sql, ") ENGINE = MergeTree PARTITION BY toYYYYMMDD(TimeReceived)"
                             " ORDER BY TimeReceived SETTINGS min_bytes_for_wide_part = 536870912");
    run(sink, buffer_text(&sql));
    buffer_clear(&sql);
}

/* Into whichever table bears the name just now. */
static double insert_ns(struct sink *sink, const struct block *block)
{
    struct buffer error = {0};
    if (sink_prepare(sink, RECORD_FLOWS, &error) != SINK_DONE) {
        fail(buffer_text(&error));
    }
    uint64_t start_ns = process_cpu_ns();
    if (sink_insert(sink, block, &error) != SINK_DONE) {
        fail(buffer_text(&error));
    }
    return (double)(process_cpu_ns() - start_ns) / FLOWS;
}

static void report(const char *what, double ns)
{
    printf("insert into the engine, %s: %.2f M flows per core-second, %.1f ns each\n", what,
        1e3 / ns, ns);
}

/*
 * Both tables in turn, so that what else the machine does falls on both; and of many inserts the
 * cheapest, since all it does only adds to them.
 */
static double compare_tables(struct sink *sink, const struct block *block, long inserts)
{
    double whole_ns = insert_ns(sink, block); /* warms up */
    double plain_ns = whole_ns;
    for (long i = 0; i < inserts; i++) {
        whole_ns = fmin(whole_ns, insert_ns(sink, block));
        run(sink, "EXCHANGE TABLES netflow AND plain");
        plain_ns = fmin(plain_ns, insert_ns(sink, block));
        run(sink, "EXCHANGE TABLES netflow AND plain");
    }
    report("the default table", whole_ns);
    report("numbers and texts alone", plain_ns);
    printf("ratio: %.2f\n", whole_ns / plain_ns);
    return whole_ns / plain_ns;
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : DEFAULT_ROUNDS;
    char folder[] = "/tmp/bench-sink-XXXXXX";
    struct sink *sink = NULL;
    struct block *block = NULL;
    struct buffer error = {0};
    if (rounds < 1 || rounds > ROUNDS_MAX || mkdtemp(folder) == NULL) {
        fail("no temporary folder, or a number of rounds that is none");
    }
    log_setup("error", "normal"); /* the plain table is not ours, which would be said each time */
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
    make_plain_table(sink);
    run(sink, "SYSTEM STOP MERGES");
    double ratio = compare_tables(sink, block, rounds * INSERTS);
    block_destroy(&block);
    sink_close(&sink);
    (void)nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return ratio < RATIO_MAX ? EXIT_SUCCESS : EXIT_FAILURE;
}
