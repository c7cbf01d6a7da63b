/* SPDX-License-Identifier: BSD-3-Clause -- what the guarantee costs of the whole line. */

/*
 * bench_line [TURNS [bare|link|spool]] [--rate FLOWS_A_SECOND] [--insert]
 *
 * NetFlow 5 datagrams are decoded, packed, sent over ipc, parsed into columns and made into Native
 * bytes: without a guarantee (bare_link.h), by publisher and puller, and by these with a spool. The
 * three take turns; CPU time of all threads a flow, and how the guarantee's relates to the bare
 * one of the same turn. With --insert blocks go into a table of the embedded engine, by the writer.
 * Without --rate flows come as fast as they are taken; with it each mode's turn sends 4 million.
 */
#include "common/clock.h"
#include "ingest/decode/decode.h"
#include "ingest/publish/publish.h"
#include "store/write/write.h"
#include "tests/support/bare_link.h"
#include "tests/support/link_rig.h"
#include "tests/support/native_writer.h"
#include "tests/support/packet_builder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
    RECORDS = 30,       /* of a datagram */
    BATCH_FLOWS = 2100, /* just below -batch.bytes, and whole datagrams */
    BATCH_BYTES = 256 << 10,
    BLOCK_BATCHES = 240,
    BLOCK_ROWS = BLOCK_BATCHES * BATCH_FLOWS, /* about -block.rows */
    MAX_INFLIGHT = 1,
    WARM_BLOCKS = 4, /* until every block's memory was used */
    BLOCKS = 8,      /* measured */
    AHEAD_MAX = 2 * BLOCK_ROWS,
    TURNS_MAX = 99,
    DEFAULT_TURNS = 7
};

enum mode {
    MODE_BARE,
    MODE_LINK,
    MODE_SPOOL,
    MODE_COUNT
};

static const char *const MODE_NAMES[MODE_COUNT] = {"bare", "link", "spool"};

static void fail(const char *what)
{
    fprintf(stderr, "bench_line: %s\n", what);
    exit(EXIT_FAILURE);
}

/* ---- the writer: Native only, or into the engine; its exchange counts rows ---- */

struct destination {
    struct native_writer *native;
    struct writer *writer;
    struct block_exchange inner;
    _Atomic uint64_t rows; /* written, and the puller told so */
};

static enum err submit(void *context, struct block *block)
{
    struct destination *destination = context;
    return destination->inner.submit(destination->inner.context, block);
}

static struct block *finished(void *context)
{
    struct destination *destination = context;
    struct block *block = destination->inner.finished(destination->inner.context);
    if (block != NULL) {
        destination->rows += block_rows(block);
    }
    return block;
}

static enum err submit_to_writer(void *context, struct block *block)
{
    return writer_submit(context, block);
}

static struct block *finished_by_writer(void *context)
{
    return writer_finished(context);
}

static void run_statement(struct writer *writer, const char *sql)
{
    struct buffer result = {0};
    struct buffer error = {0};
    if (sink_query(writer_sink(writer), sql, "Null", &result, &error) != SINK_DONE) {
        fail(buffer_text(&error));
    }
    buffer_clear(&result);
    buffer_clear(&error);
}

/* `folder` NULL: Native only. */
static void open_destination(struct destination *destination, const char *folder)
{
    if (folder == NULL) {
        destination->native = native_writer_new();
        destination->inner = native_writer_exchange(destination->native);
        return;
    }
    struct writer_options options = {
        .sink = {.addresses = {.count = 1, .values = {"embedded"}},
            .database = "default",
            .table = "netflow",
            .path = folder},
        .blocks_max = 2,
        .retry_min_ms = 100,
        .retry_max_ms = 1000,
        .stop_timeout_ms = 1000,
    };
    if (writer_new(&destination->writer, &options) != ERR_OK) {
        fail("cannot open the engine");
    }
    destination->inner = (struct block_exchange){.socket = writer_socket(destination->writer),
        .submit = submit_to_writer,
        .finished = finished_by_writer,
        .context = destination->writer};
}

/*
 * What merges parts in the background would be counted to whichever mode has its turn. For the
 * tables that are there: the writer makes them with its first block.
 */
static void stop_merging(struct destination *destination)
{
    if (destination->writer != NULL) {
        run_statement(destination->writer, "SYSTEM STOP MERGES");
    }
}

static struct block_exchange exchange_of(struct destination *destination)
{
    return (struct block_exchange){.socket = destination->inner.socket,
        .submit = submit,
        .finished = finished,
        .context = destination};
}

static void close_destination(struct destination *destination)
{
    if (destination->native != NULL) {
        native_writer_destroy(&destination->native);
    }
    writer_destroy(&destination->writer);
}

/* ---- the line: with or without the guarantee ---- */

struct line {
    struct destination *destination;
    struct bare_link *bare;
    struct publisher *publisher;
    struct publisher_port *port;
    struct puller *puller;
    uint64_t flows; /* offered */
};

static void open_bare(struct line *line, const char *endpoint)
{
    line->bare = bare_link_new(&(struct bare_link_options){.endpoint = endpoint,
        .exchange = exchange_of(line->destination),
        .block_rows = BLOCK_ROWS,
        .max_inflight = MAX_INFLIGHT});
}

/* As the programs' own defaults have it. */
static void open_link(struct line *line, char *endpoint, const char *spool_dir)
{
    struct puller_options pull = {
        .endpoints.connect = {.count = 1, .values = {endpoint}},
        .exchange = exchange_of(line->destination),
        .max_rows = BLOCK_ROWS,
        .max_bytes = UINT64_MAX,
        .max_age_ms = UINT32_MAX,
        .max_inflight = MAX_INFLIGHT,
        .stop_timeout_ms = 5000,
    };
    struct publisher_options publish = {
        .endpoints.bind = {.count = 1, .values = {endpoint}},
        .window_bytes = 512 << 20,
        .spool_dir = spool_dir,
        .spool_bytes = UINT64_C(8) << 30,
        .spool_sync_ms = 1000,
        .ack_timeout_ms = 10000,
        .stop_timeout_ms = 5000,
    };
    if (publisher_new(&line->publisher, &publish) != ERR_OK ||
        publisher_port_new(&line->port, line->publisher) != ERR_OK ||
        puller_new(&line->puller, &pull) != ERR_OK) {
        fail("cannot open the link");
    }
}

static void close_line(struct line *line)
{
    if (line->bare != NULL) {
        bare_link_destroy(&line->bare);
    }
    publisher_port_destroy(&line->port);
    publisher_destroy(&line->publisher);
    puller_destroy(&line->puller);
}

/* Takes the batch for good; waits while it cannot. */
static enum err offer(void *context, struct batch *batch)
{
    struct line *line = context;
    while (line->flows > line->destination->rows + AHEAD_MAX) {
        zclock_sleep(1);
    }
    line->flows += batch->flow_count;
    while ((line->bare != NULL ? bare_link_offer(line->bare, batch)
                               : publisher_offer(line->port, batch)) == ERR_FULL) {
        zclock_sleep(1);
    }
    return ERR_OK;
}

/* ---- a router ---- */

struct source {
    struct packet packet;
    struct datagram datagram;
    struct decoder *decoder;
    struct batcher *batcher;
    uint64_t rate; /* flows a second; 0: as fast as can be */
    uint64_t flows;
    uint64_t started_ns;
};

static void open_source(struct source *source, struct line *line, uint64_t rate)
{
    *source = (struct source){.rate = rate, .started_ns = clock_monotonic_ns()};
    packet_netflow5(&source->packet, RECORDS, 0);
    for (uint8_t i = 0; i < RECORDS; i++) {
        packet_netflow5_record(&source->packet, i);
    }
    source->datagram = (struct datagram){.bytes = source->packet.wire.bytes,
        .size = source->packet.wire.size,
        .source = address_from_ipv4((const uint8_t[4]){203, 0, 113, 9}),
        .received_ns = PACKET_EXPORT_S * NS_PER_S};
    struct batcher_options options = {.max_bytes = BATCH_BYTES,
        .max_flows = BATCH_FLOWS,
        .max_age_ms = UINT32_MAX,
        .deliver = offer,
        .context = line};
    if (decoder_new(&source->decoder, &(struct decoder_options){0}) != ERR_OK ||
        batcher_new(&source->batcher, &options) != ERR_OK) {
        fail("out of memory");
    }
}

static void close_source(struct source *source)
{
    batcher_destroy(&source->batcher);
    decoder_destroy(&source->decoder);
}

/* As a worker that gathers datagrams for a millisecond. */
static void keep_to_rate(struct source *source)
{
    while (source->rate != 0 &&
           source->flows > (clock_monotonic_ns() - source->started_ns) * source->rate / NS_PER_S) {
        zclock_sleep(1);
    }
}

/* Flows for so many blocks go down the line; returns when the last of them is written. */
static void send_blocks(struct source *source, struct line *line, uint64_t blocks)
{
    struct flow_sink sink = {.take = batcher_take, .context = source->batcher};
    uint64_t end = source->flows + blocks * BLOCK_ROWS;
    while (source->flows < end) {
        keep_to_rate(source);
        (void)decoder_decode(source->decoder, &source->datagram, &sink);
        source->flows += RECORDS;
    }
    while (line->destination->rows < line->flows) {
        zclock_sleep(1);
    }
}

/* ---- turns ---- */

static uint64_t ns_of(struct timeval time)
{
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_usec * NS_PER_US;
}

/* Of all threads, user and system. */
static uint64_t cpu_ns(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return ns_of(usage.ru_utime) + ns_of(usage.ru_stime);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

/* ns of CPU time a flow. */
static double measure(enum mode mode, struct destination *destination, uint64_t rate)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    char spool_dir[] = "/tmp/bench-line-XXXXXX";
    rig_ipc_endpoint(endpoint);
    destination->rows = 0;
    struct line line = {.destination = destination};
    if (mkdtemp(spool_dir) == NULL) {
        fail("no temporary folder");
    }
    if (mode == MODE_BARE) {
        open_bare(&line, endpoint);
    } else {
        open_link(&line, endpoint, mode == MODE_SPOOL ? spool_dir : NULL);
    }
    struct source source;
    open_source(&source, &line, 0);
    send_blocks(&source, &line, WARM_BLOCKS);
    stop_merging(destination);
    source.rate = rate;
    source.started_ns = clock_monotonic_ns() - (rate != 0 ? source.flows * NS_PER_S / rate : 0);
    uint64_t start_ns = cpu_ns();
    send_blocks(&source, &line, BLOCKS);
    double ns = (double)(cpu_ns() - start_ns) / ((double)BLOCKS * BLOCK_ROWS);
    close_source(&source);
    close_line(&line);
    (void)nftw(spool_dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return ns;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median_of(double *values, long count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

/* What a turn's own bare line is taken for: the machine is not the same in the next turn. */
static void report_ratio(const double *ns, const double *bare_ns, long turns)
{
    static double ratios[TURNS_MAX];
    for (long turn = 0; turn < turns; turn++) {
        ratios[turn] = (ns[turn] / bare_ns[turn] - 1) * 100;
    }
    double median = median_of(ratios, turns);
    printf(", %+.1f %% (half of the turns between %+.1f and %+.1f)", median, ratios[turns / 4],
        ratios[turns - 1 - turns / 4]);
}

static void report(enum mode mode, const double *ns, const double *bare_ns, long turns)
{
    static double sorted[TURNS_MAX];
    memcpy(sorted, ns, (size_t)turns * sizeof *ns);
    double median_ns = median_of(sorted, turns);
    printf("whole line, %s: %.2f M flows per core-second, %.1f ns a flow", MODE_NAMES[mode],
        1e3 / median_ns, median_ns);
    if (mode != MODE_BARE && bare_ns[0] > 0) {
        report_ratio(ns, bare_ns, turns);
    }
    printf("\n");
}

struct settings {
    long turns;
    const char *only; /* a mode's name, or NULL */
    uint64_t rate;
    bool inserts;
};

static struct settings read_settings(int argc, char **argv)
{
    struct settings settings = {.turns = DEFAULT_TURNS};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--insert") == 0) {
            settings.inserts = true;
        } else if (strcmp(argv[i], "--rate") == 0 && i + 1 < argc) {
            settings.rate = strtoull(argv[++i], NULL, 10);
        } else if (i == 1) {
            settings.turns = strtol(argv[i], NULL, 10);
        } else {
            settings.only = argv[i];
        }
    }
    if (settings.turns < 1 || settings.turns > TURNS_MAX) {
        fail("1 to 99 turns are wanted");
    }
    return settings;
}

static void take_turns(const struct settings *settings, struct destination *destination)
{
    static double ns[MODE_COUNT][TURNS_MAX];
    for (long turn = 0; turn < settings->turns; turn++) {
        for (int i = 0; i < MODE_COUNT; i++) {
            enum mode mode = (enum mode)((turn + i) % MODE_COUNT); /* each follows each */
            if (settings->only == NULL || strcmp(settings->only, MODE_NAMES[mode]) == 0) {
                ns[mode][turn] = measure(mode, destination, settings->rate);
            }
        }
    }
    for (enum mode mode = 0; mode < MODE_COUNT; mode++) {
        if (ns[mode][0] > 0) {
            report(mode, ns[mode], ns[MODE_BARE], settings->turns);
        }
    }
}

int main(int argc, char **argv)
{
    struct settings settings = read_settings(argc, argv);
    char folder[] = "/tmp/bench-line-XXXXXX";
    if (mkdtemp(folder) == NULL) {
        fail("cannot make a temporary folder");
    }
    link_setup();
    struct destination destination = {.native = NULL};
    open_destination(&destination, settings.inserts ? folder : NULL);
    take_turns(&settings, &destination);
    close_destination(&destination);
    (void)nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return EXIT_SUCCESS;
}
