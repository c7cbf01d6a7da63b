/* SPDX-License-Identifier: BSD-3-Clause -- blocks into the database, until they are in. */
#include "store/write/write_loop.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/mapping.h"
#include "store/write/admit.h"
#include "store/write/outage.h"
#include "store/write/write_queue.h"

#define COMPONENT "write"

struct write_loop {
    const struct write_loop_options *options;
    zsock_t *pipe;
    zpoller_t *poller;
    struct write_queue queue;
    bool is_prepared[RECORD_KIND_COUNT];
    bool was_given_up[RECORD_KIND_COUNT]; /* said in the log */
    bool was_rejected;                    /* the oldest block, since it came to be the oldest */
    struct outage outage;
    bool is_stopping;
    uint64_t stop_ns;        /* no attempt after */
    struct mapping *mapping; /* columns for elements; owned, or NULL */
};

static void receive_block(struct write_loop *loop)
{
    void *block = NULL;
    if (zsock_recv(loop->options->blocks, "p", &block) != 0 || block == NULL) {
        return;
    }
    write_queue_append(&loop->queue, block);
    if (loop->queue.count == WRITE_QUEUE_MAX) {
        (void)zpoller_remove(loop->poller, loop->options->blocks);
    }
}

/* The oldest block, whose rows are counted as `kept`. */
static struct block *take_oldest(struct write_loop *loop, struct counter *kept)
{
    if (loop->queue.count == WRITE_QUEUE_MAX) { /* there is room for the next again */
        (void)zpoller_add(loop->poller, loop->options->blocks);
    }
    loop->was_rejected = false;
    return write_queue_take(&loop->queue, kept);
}

static void give_back(struct write_loop *loop, enum block_outcome outcome)
{
    struct write_counters *counters = loop->options->counters;
    struct block *block = take_oldest(
        loop, outcome == BLOCK_STORED ? &counters->rows_stored : &counters->rows_rejected);
    block->outcome = outcome;
    /* The PAIR has more room than there are blocks. */
    (void)zsock_send(loop->options->blocks, "p", block);
}

/* Rows beside flows must not hold flows up for ever, so without a folder they are given up. */
static bool may_give_up(struct write_loop *loop, enum record_kind kind, struct buffer *error)
{
    if (loop->options->deadletter != NULL || kind == RECORD_FLOWS) {
        return false;
    }
    if (!loop->was_given_up[kind]) {
        loop->was_given_up[kind] = true;
        log_warning(COMPONENT, "the database refuses rows beside flows: they are dropped",
            "kind=%s error=\"%s\"", RECORD_SCHEMAS[kind].name, buffer_text(error));
    }
    return true;
}

/* The oldest block will never be taken. */
static void shelve(struct write_loop *loop, struct buffer *error)
{
    const struct block *block = loop->queue.blocks[0];
    struct deadletter *deadletter = loop->options->deadletter;
    bool is_kept =
        deadletter != NULL && deadletter_put(deadletter, block, buffer_text(error)) == ERR_OK;
    if (is_kept || may_give_up(loop, block->kind, error)) {
        give_back(loop, BLOCK_REJECTED);
    } else {
        outage_continue(&loop->outage, loop->queue.count, error);
    }
}

/* The kind of the block whose turn it is; without one, flows: their table is made at the start. */
static enum record_kind next_kind(const struct write_loop *loop)
{
    return loop->queue.count > 0 ? loop->queue.blocks[0]->kind : RECORD_FLOWS;
}

static void prepare(struct write_loop *loop)
{
    struct buffer error = {0};
    enum record_kind kind = next_kind(loop);
    enum sink_outcome outcome = sink_prepare(loop->options->sink, kind, &error);
    counter_add(&loop->options->counters->prepares[outcome], 1);
    loop->is_prepared[kind] = outcome == SINK_DONE;
    if (outcome == SINK_REJECT && kind != RECORD_FLOWS) {
        shelve(loop, &error);
    } else if (loop->is_prepared[kind]) {
        /* After a refused block only its insert shows whether things are well again. */
        if (!loop->was_rejected) {
            outage_end(&loop->outage);
        }
    } else {
        outage_continue(&loop->outage, loop->queue.count, &error);
    }
    buffer_clear(&error);
}

static void reject(struct write_loop *loop, const struct block *block, struct buffer *error)
{
    loop->is_prepared[block->kind] = false;
    if (!loop->was_rejected) {
        loop->was_rejected = true;
        return;
    }
    shelve(loop, error);
}

/* SINK_DONE: the block is in the table, or nothing of it was left to go there. */
static enum sink_outcome insert_rows(
    struct write_loop *loop, struct block *block, struct buffer *error)
{
    struct write_counters *counters = loop->options->counters;
    uint64_t start_ns = clock_monotonic_ns();
    enum sink_outcome outcome = admit(loop->options->sink, block, start_ns, error);
    if (outcome != SINK_DONE) {
        return outcome == SINK_REJECT ? SINK_REJECT : SINK_RETRY; /* nothing was inserted */
    }
    if (block_rows(block) == 0) {
        return SINK_DONE;
    }
    outcome = sink_insert(loop->options->sink, block, error);
    uint64_t end_ns = clock_monotonic_ns();
    counter_add(&counters->inserts[outcome], 1);
    if (outcome == SINK_DONE) {
        quantiles_add(&counters->insert_ns, end_ns - start_ns, end_ns);
        counter_add(&counters->blocks_stored, 1);
    }
    return outcome;
}

/* The same statement would be late again: the older half goes now, the rest back to the ingest. */
static void come_late(struct write_loop *loop, struct block *block, struct buffer *error)
{
    block->late_rows = block_rows(block);
    if (!admit_halve(block)) {
        buffer_text_append(error,
            "; a batch alone takes longer than its lease allows: raise -ack.timeout, or lower "
            "-batch.bytes, of the ingest");
        outage_continue(&loop->outage, loop->queue.count, error);
    }
}

static void insert(struct write_loop *loop)
{
    struct block *block = loop->queue.blocks[0];
    struct buffer error = {0};
    switch (insert_rows(loop, block, &error)) {
    case SINK_DONE:
        give_back(loop, BLOCK_STORED);
        outage_end(&loop->outage);
        break;
    case SINK_REJECT:
        admit_doubt(block); /* a view may have refused what the table took */
        reject(loop, block, &error);
        break;
    case SINK_UNKNOWN:
        admit_doubt(block);
        outage_continue(&loop->outage, loop->queue.count, &error);
        /* the statement may be under way: the table is asked when it can't commit any more */
        outage_wait_until(&loop->outage, sink_settled_ns(loop->options->sink));
        break;
    case SINK_LATE:
        come_late(loop, block, &error);
        break;
    case SINK_RETRY:
        outage_continue(&loop->outage, loop->queue.count, &error);
        break;
    }
    buffer_clear(&error);
}

static bool has_work(const struct write_loop *loop)
{
    return !loop->is_prepared[RECORD_FLOWS] || loop->queue.count > 0;
}

/* Milliseconds until something is due; -1: for ever. */
static int wait_ms(const struct write_loop *loop)
{
    if (!has_work(loop)) {
        return -1;
    }
    uint64_t now_ns = clock_monotonic_ns();
    uint64_t due_ns = loop->outage.due_ns;
    return now_ns >= due_ns ? 0 : (int)((due_ns - now_ns) / NS_PER_MS + 1);
}

static void begin_stop(struct write_loop *loop)
{
    loop->is_stopping = true;
    loop->stop_ns = clock_monotonic_ns() + loop->options->stop_timeout_ms * NS_PER_MS;
}

static void use_mapping(struct write_loop *loop, struct mapping *mapping)
{
    sink_use_mapping(loop->options->sink, mapping);
    mapping_destroy(&loop->mapping);
    loop->mapping = mapping;
    loop->is_prepared[RECORD_FLOWS] = false;
}

static void take_mapping(struct write_loop *loop)
{
    void *mapping = NULL;
    if (zsock_recv(loop->pipe, "p", &mapping) == 0) {
        use_mapping(loop, mapping);
    }
}

/* Messages: "$TERM"; "MAPPING" and a mapping, which changes hands. */
static void answer(struct write_loop *loop)
{
    char *command = zstr_recv(loop->pipe);
    if (command == NULL || streq(command, "$TERM")) {
        begin_stop(loop);
    } else if (streq(command, "MAPPING")) {
        take_mapping(loop);
    }
    zstr_free(&command);
}

static void poll_once(struct write_loop *loop)
{
    void *ready = zpoller_wait(loop->poller, wait_ms(loop));
    if (ready == loop->options->blocks) {
        receive_block(loop);
    } else if (ready == loop->pipe) {
        answer(loop);
    }
}

static bool is_over(const struct write_loop *loop)
{
    return loop->is_stopping && (loop->queue.count == 0 || clock_monotonic_ns() >= loop->stop_ns);
}

static void attempt(struct write_loop *loop)
{
    if (!has_work(loop) || clock_monotonic_ns() < loop->outage.due_ns) {
        return;
    }
    if (!loop->is_prepared[next_kind(loop)]) {
        prepare(loop);
        return;
    }
    insert(loop);
}

/* What could not be written in time. */
static void drop_rest(struct write_loop *loop)
{
    while (loop->queue.count > 0) {
        struct block *block = take_oldest(loop, &loop->options->counters->rows_dropped);
        log_warning(COMPONENT, "stopped before a block could be written", "rows=%u",
            (unsigned)block_rows(block));
        block_destroy(&block);
    }
}

void write_loop_run(zsock_t *pipe, void *options)
{
    const struct write_loop_options *settings = options;
    struct write_loop loop = {
        .options = settings, .pipe = pipe, .queue = {.counters = settings->counters}};
    outage_init(
        &loop.outage, &settings->counters->is_up, settings->retry_min_ms, settings->retry_max_ms);
    loop.poller = zpoller_new(pipe, loop.options->blocks, NULL);
    /* zsys's signal handling is off, and its poller must not end on EINTR either. */
    if (loop.poller != NULL) {
        zpoller_set_nonstop(loop.poller, true);
    }
    use_mapping(&loop, settings->mapping);
    (void)zsock_signal(pipe, loop.poller != NULL ? 0 : 1);
    while (loop.poller != NULL && !is_over(&loop)) {
        poll_once(&loop);
        attempt(&loop);
    }
    drop_rest(&loop);
    mapping_destroy(&loop.mapping);
    zpoller_destroy(&loop.poller);
}
