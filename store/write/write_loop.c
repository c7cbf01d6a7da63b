/* SPDX-License-Identifier: BSD-3-Clause -- blocks into the database, until they are in. */
#include "store/write/write_loop.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/mapping.h"
#include "store/write/admit.h"

#define COMPONENT "write"

/* The oldest block, whose rows are counted as `kept`. */
static struct block *take_oldest(struct write_loop *loop, struct counter *kept)
{
    loop->was_rejected = false;
    return write_queue_take(&loop->queue, kept);
}

static void give_back(struct write_loop *loop, enum block_outcome outcome)
{
    struct write_counters *counters = loop->options.counters;
    struct block *block = take_oldest(
        loop, outcome == BLOCK_STORED ? &counters->rows_stored : &counters->rows_rejected);
    block->outcome = outcome;
    loop->options.give_back(loop->options.context, block);
}

/* Rows beside flows must not hold flows up for ever, so without a folder they are given up. */
static bool may_give_up(struct write_loop *loop, enum record_kind kind, struct buffer *error)
{
    if (loop->options.deadletter != NULL || kind == RECORD_FLOWS) {
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
static void shelve(struct write_loop *loop, uint64_t now_ns, struct buffer *error)
{
    const struct block *block = loop->queue.blocks[0];
    struct deadletter *deadletter = loop->options.deadletter;
    bool is_kept =
        deadletter != NULL && deadletter_put(deadletter, block, buffer_text(error)) == ERR_OK;
    if (is_kept || may_give_up(loop, block->kind, error)) {
        give_back(loop, BLOCK_REJECTED);
    } else {
        outage_continue(&loop->outage, loop->queue.count, now_ns, error);
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
    const struct write_sink *sink = &loop->options.sink;
    enum sink_outcome outcome = sink->prepare(sink->context, kind, &error);
    uint64_t now_ns = sink->now_ns(sink->context);
    counter_add(&loop->options.counters->prepares[outcome], 1);
    loop->is_prepared[kind] = outcome == SINK_DONE;
    if (outcome == SINK_REJECT && kind != RECORD_FLOWS) {
        shelve(loop, now_ns, &error);
    } else if (loop->is_prepared[kind]) {
        /* After a refused block only its insert shows whether things are well again. */
        if (!loop->was_rejected) {
            outage_end(&loop->outage, now_ns);
        }
    } else {
        outage_continue(&loop->outage, loop->queue.count, now_ns, &error);
    }
    buffer_clear(&error);
}

static void reject(
    struct write_loop *loop, const struct block *block, uint64_t now_ns, struct buffer *error)
{
    loop->is_prepared[block->kind] = false;
    if (!loop->was_rejected) {
        loop->was_rejected = true;
        return;
    }
    shelve(loop, now_ns, error);
}

/* SINK_DONE: the block is in the table, or nothing of it was left to go there. */
static enum sink_outcome insert_rows(
    struct write_loop *loop, struct block *block, uint64_t start_ns, struct buffer *error)
{
    struct write_counters *counters = loop->options.counters;
    const struct write_sink *sink = &loop->options.sink;
    enum sink_outcome outcome = admit(sink, block, start_ns, error);
    if (outcome != SINK_DONE) {
        return outcome == SINK_REJECT ? SINK_REJECT : SINK_RETRY; /* nothing was inserted */
    }
    if (block_rows(block) == 0) {
        return SINK_DONE;
    }
    outcome = sink->insert(sink->context, block, error);
    uint64_t end_ns = sink->now_ns(sink->context);
    counter_add(&counters->inserts[outcome], 1);
    if (outcome == SINK_DONE) {
        quantiles_add(&counters->insert_ns, end_ns - start_ns, end_ns);
        counter_add(&counters->blocks_stored, 1);
    }
    return outcome;
}

/* The same statement would be late again: the older half goes now, the rest back to the ingest. */
static void come_late(
    struct write_loop *loop, struct block *block, uint64_t now_ns, struct buffer *error)
{
    block->late_rows = block_rows(block);
    if (!admit_halve(block)) {
        buffer_text_append(error,
            "; a batch alone takes longer than its lease allows: raise -ack.timeout, or lower "
            "-batch.bytes, of the ingest");
        outage_continue(&loop->outage, loop->queue.count, now_ns, error);
    }
}

static void insert(struct write_loop *loop, uint64_t start_ns)
{
    const struct write_sink *sink = &loop->options.sink;
    struct block *block = loop->queue.blocks[0];
    struct buffer error = {0};
    enum sink_outcome outcome = insert_rows(loop, block, start_ns, &error);
    uint64_t now_ns = sink->now_ns(sink->context);
    switch (outcome) {
    case SINK_DONE:
        give_back(loop, BLOCK_STORED);
        outage_end(&loop->outage, now_ns);
        break;
    case SINK_REJECT:
        admit_doubt(block); /* a view may have refused what the table took */
        reject(loop, block, now_ns, &error);
        break;
    case SINK_UNKNOWN:
        admit_doubt(block);
        outage_continue(&loop->outage, loop->queue.count, now_ns, &error);
        /* the statement may be under way: the table is asked when it can't commit any more */
        outage_wait_until(&loop->outage, sink->settled_ns(sink->context));
        break;
    case SINK_LATE:
        come_late(loop, block, now_ns, &error);
        break;
    case SINK_RETRY:
        outage_continue(&loop->outage, loop->queue.count, now_ns, &error);
        break;
    }
    buffer_clear(&error);
}

static bool has_work(const struct write_loop *loop)
{
    return !loop->is_prepared[RECORD_FLOWS] || loop->queue.count > 0;
}

/* What could not be written in time. */
static void drop_rest(struct write_loop *loop)
{
    while (loop->queue.count > 0) {
        struct block *block = take_oldest(loop, &loop->options.counters->rows_dropped);
        log_warning(COMPONENT, "stopped before a block could be written", "rows=%u",
            (unsigned)block_rows(block));
        block_destroy(&block);
    }
}

void write_loop_init(struct write_loop *loop, const struct write_loop_options *options)
{
    *loop = (struct write_loop){.options = *options, .queue = {.counters = options->counters}};
    outage_init(
        &loop->outage, &options->counters->is_up, options->retry_min_ms, options->retry_max_ms);
}

void write_loop_clear(struct write_loop *loop)
{
    drop_rest(loop);
    mapping_destroy(&loop->mapping);
}

bool write_loop_has_room(const struct write_loop *loop)
{
    return loop->queue.count < WRITE_QUEUE_MAX;
}

void write_loop_append(struct write_loop *loop, struct block *block)
{
    write_queue_append(&loop->queue, block);
}

void write_loop_use_mapping(struct write_loop *loop, struct mapping *mapping)
{
    const struct write_sink *sink = &loop->options.sink;
    sink->use_mapping(sink->context, mapping);
    mapping_destroy(&loop->mapping);
    loop->mapping = mapping;
    loop->is_prepared[RECORD_FLOWS] = false;
}

void write_loop_attempt(struct write_loop *loop, uint64_t now_ns)
{
    if (!has_work(loop) || now_ns < loop->outage.due_ns) {
        return;
    }
    if (!loop->is_prepared[next_kind(loop)]) {
        prepare(loop);
        return;
    }
    insert(loop, now_ns);
}

int write_loop_wait_ms(const struct write_loop *loop, uint64_t now_ns)
{
    if (!has_work(loop)) {
        return -1;
    }
    uint64_t due_ns = loop->outage.due_ns;
    return now_ns >= due_ns ? 0 : (int)((due_ns - now_ns) / NS_PER_MS + 1);
}

void write_loop_stop(struct write_loop *loop, uint64_t now_ns)
{
    loop->is_stopping = true;
    loop->stop_ns = now_ns + loop->options.stop_timeout_ms * NS_PER_MS;
}

bool write_loop_is_over(const struct write_loop *loop, uint64_t now_ns)
{
    return loop->is_stopping && (loop->queue.count == 0 || now_ns >= loop->stop_ns);
}
