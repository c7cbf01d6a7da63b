/* SPDX-License-Identifier: BSD-3-Clause -- blocks into the database, until they are in. */
#include "store/write/write_loop.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/mapping.h"
#include "store/sink/sink_error.h"
#include "store/write/admit.h"

#include <inttypes.h>

#define COMPONENT "write"

enum {
    SILENT_MAX = 3
};

static struct block *take(
    struct write_loop *loop, struct waiting_block *waiting, struct counter *kept)
{
    return write_queue_take(&loop->queue, waiting, kept);
}

static void give_back(
    struct write_loop *loop, struct waiting_block *waiting, enum block_outcome outcome)
{
    struct write_counters *counters = loop->options.counters;
    struct block *block = take(
        loop, waiting, outcome == BLOCK_STORED ? &counters->rows_stored : &counters->rows_rejected);
    block->outcome = outcome;
    loop->options.give_back(loop->options.context, block);
}

static bool has_identity(const struct write_loop *loop, const struct block *block)
{
    const struct write_sink *sink = &loop->options.sink;
    return sink->has_identity(sink->context, block->kind);
}

/* True: another INSERT may put the rows in once more than a table without identity columns allows.
 */
static bool is_exhausted(const struct write_loop *loop, const struct waiting_block *waiting)
{
    return failure_streak_is_exhausted(
        &waiting->streak, has_identity(loop, waiting->block), loop->options.deadletter != NULL);
}

static void log_given_up(struct write_loop *loop, const struct block *block, struct buffer *error)
{
    if (block->kind == RECORD_FLOWS) {
        log_error(COMPONENT,
            "the database refuses a block, which is dropped: set -deadletter.dir to keep such "
            "blocks",
            "rows=%u error=\"%s\"", (unsigned)block_rows(block), buffer_text(error));
    } else if (!loop->was_given_up[block->kind]) {
        loop->was_given_up[block->kind] = true;
        log_warning(COMPONENT, "the database refuses rows beside flows: they are dropped",
            "kind=%s error=\"%s\"", RECORD_SCHEMAS[block->kind].name, buffer_text(error));
    }
}

/*
 * Without a folder, rows beside flows must not hold flows up for ever, and flows must not be
 * inserted for ever into a table that cannot be asked for them.
 */
static bool give_up(struct write_loop *loop, struct waiting_block *waiting, struct buffer *error)
{
    const struct block *block = waiting->block;
    bool is_flows = block->kind == RECORD_FLOWS;
    if (loop->options.deadletter != NULL || (is_flows && !is_exhausted(loop, waiting))) {
        return false;
    }
    log_given_up(loop, block, error);
    counter_add(&loop->options.counters->rows_given_up, block_rows(block));
    give_back(loop, waiting, BLOCK_REJECTED);
    return true;
}

/* The block will never be taken. Where it can be neither kept nor given up, it is tried again. */
static void shelve(
    struct write_loop *loop, struct waiting_block *waiting, uint64_t now_ns, struct buffer *error)
{
    struct deadletter *deadletter = loop->options.deadletter;
    if (deadletter != NULL &&
        deadletter_put(deadletter, waiting->block, buffer_text(error)) == ERR_OK) {
        give_back(loop, waiting, BLOCK_REJECTED);
    } else if (!give_up(loop, waiting, error)) {
        outage_continue(&loop->outage, loop->queue.count, now_ns, error);
        waiting->due_ns = now_ns + failure_streak_pause_ns(&waiting->streak,
                                       has_identity(loop, waiting->block), deadletter != NULL);
    }
}

/* The kind of the block whose turn it is; without one, flows: their table is made at the start. */
static enum record_kind next_kind(const struct waiting_block *waiting)
{
    return waiting != NULL ? waiting->block->kind : RECORD_FLOWS;
}

/* `waiting`: the block whose turn it is, or NULL. */
static void prepare(struct write_loop *loop, struct waiting_block *waiting)
{
    struct buffer error = {0};
    enum record_kind kind = next_kind(waiting);
    const struct write_sink *sink = &loop->options.sink;
    enum sink_outcome outcome = sink->prepare(sink->context, kind, &error);
    uint64_t now_ns = sink->now_ns(sink->context);
    counter_add(&loop->options.counters->prepares[outcome], 1);
    loop->is_prepared[kind] = outcome == SINK_DONE;
    if (outcome == SINK_REJECT && kind != RECORD_FLOWS) {
        shelve(loop, waiting, now_ns, &error);
    } else if (loop->is_prepared[kind]) {
        /* After a failed block only an insert shows whether things are well again. */
        if (!write_queue_has_failed(&loop->queue)) {
            outage_end(&loop->outage, now_ns);
        }
    } else {
        outage_continue(&loop->outage, loop->queue.count, now_ns, &error);
    }
    buffer_clear(&error);
}

static void reject(
    struct write_loop *loop, struct waiting_block *waiting, uint64_t now_ns, struct buffer *error)
{
    loop->is_prepared[waiting->block->kind] = false;
    if (!waiting->was_rejected) {
        waiting->was_rejected = true;
        return;
    }
    shelve(loop, waiting, now_ns, error);
}

static void show_limit(const struct write_loop *loop)
{
    counter_set(&loop->options.counters->insert_rows_max, loop->limit.rows);
}

/* Inserts as much of the block as one INSERT may have; `rows_p` is what that is. */
static enum sink_outcome insert_part(
    struct write_loop *loop, struct block *block, uint32_t *rows_p, struct buffer *error)
{
    struct write_counters *counters = loop->options.counters;
    const struct write_sink *sink = &loop->options.sink;
    uint64_t start_ns = sink->now_ns(sink->context);
    block_show_first(block, insert_limit_rows(&loop->limit));
    enum sink_outcome outcome = sink->insert(sink->context, block, error);
    *rows_p = block_rows(block);
    block_show_all(block);
    uint64_t end_ns = sink->now_ns(sink->context);
    counter_add(&counters->inserts[outcome], 1);
    if (outcome != SINK_DONE) {
        return outcome;
    }
    quantiles_add(&counters->insert_ns, end_ns - start_ns, end_ns);
    counter_add(&counters->blocks_stored, 1);
    if (insert_limit_pass(&loop->limit, end_ns)) {
        log_warning(COMPONENT, "the database takes whole blocks again", "");
    }
    show_limit(loop);
    return SINK_DONE;
}

static void note_replicas(struct write_loop *loop, bool is_behind, struct buffer *error)
{
    if (is_behind && !loop->is_behind) {
        log_warning(COMPONENT,
            "batches that may be stored wait until a replica can tell; new ones are written",
            "error=\"%s\"", buffer_text(error));
    } else if (!is_behind && loop->is_behind) {
        log_warning(COMPONENT, "the replicas can tell again which batches are stored", "");
    }
    loop->is_behind = is_behind;
}

static bool has_doubtful(const struct block *block)
{
    for (size_t i = 0; i < block->batch_count; i++) {
        if (block->batches[i].attempt > 0 && !block->batches[i].is_removed) {
            return true;
        }
    }
    return false;
}

/* SINK_DONE: `rows_p` rows of the block are in the table; 0: nothing of it was left to go there. */
static enum sink_outcome insert_rows(struct write_loop *loop, struct block *block,
    uint64_t start_ns, uint32_t *rows_p, struct buffer *error)
{
    bool is_asked = has_doubtful(block);
    enum sink_outcome outcome = admit(&loop->options.sink, block, start_ns, error);
    if (is_asked && (outcome == SINK_BEHIND || outcome == SINK_DONE)) {
        note_replicas(loop, outcome == SINK_BEHIND, error);
    }
    if (outcome != SINK_DONE && outcome != SINK_BEHIND) {
        return outcome == SINK_REJECT ? SINK_REJECT : SINK_RETRY; /* nothing was inserted */
    }
    buffer_clear(error);
    *rows_p = 0;
    return block_rows(block) > 0 ? insert_part(loop, block, rows_p, error) : SINK_DONE;
}

/* The same statement would be late again: the older half goes now, the rest back to the ingest. */
static void come_late(struct write_loop *loop, struct waiting_block *waiting, uint32_t rows,
    uint64_t now_ns, struct buffer *error)
{
    waiting->block->late_rows = rows;
    if (!admit_halve(waiting->block)) {
        buffer_text_append(error,
            "; a batch alone takes longer than its lease allows: raise -ack.timeout, or lower "
            "-batch.bytes, of the ingest");
        outage_continue(&loop->outage, loop->queue.count, now_ns, error);
        waiting->due_ns = now_ns;
    }
}

/* From now on INSERTs have half as many rows. */
static void halve_inserts(
    struct write_loop *loop, uint32_t rows, uint64_t now_ns, struct buffer *error)
{
    if (insert_limit_shrink(&loop->limit, rows, now_ns)) {
        log_warning(COMPONENT, "the database takes no INSERT of this size: blocks are divided",
            "rows=%" PRIu32 " error=\"%s\"", rows, buffer_text(error));
    }
    show_limit(loop);
}

/* The part is in the table, and the block goes back when nothing else is left of it. */
static void finish_part(
    struct write_loop *loop, struct waiting_block *waiting, uint32_t rows, uint64_t now_ns)
{
    struct block *block = waiting->block;
    outage_end(&loop->outage, now_ns);
    if (rows < block_rows(block)) {
        block_remove_inserted(block, rows);
        *waiting = (struct waiting_block){.block = block};
        return;
    }
    give_back(loop, waiting, BLOCK_STORED);
}

/*
 * The block waits until the statement can't commit any more, and others go on. When as many wait as
 * the puller hands over, new batches would wait also: so the last of them goes back to its ingest,
 * which sends it again when its lease is over.
 */
static void defer(
    struct write_loop *loop, struct waiting_block *waiting, bool is_silent, uint64_t now_ns)
{
    const struct write_sink *sink = &loop->options.sink;
    uint64_t settled_ns = sink->settled_ns(sink->context);
    waiting->due_ns = settled_ns > now_ns ? settled_ns : now_ns;
    bool is_full = write_queue_deferred(&loop->queue, now_ns) >= loop->options.blocks_max;
    if (is_silent && is_full && has_identity(loop, waiting->block)) {
        admit_leave_out_doubtful(waiting->block);
        give_back(loop, waiting, BLOCK_STORED); /* of which nothing is left */
    }
}

/* It may be committed. The table is asked before another attempt. */
static void doubt(struct write_loop *loop, struct waiting_block *waiting, enum sink_outcome outcome,
    uint64_t now_ns, struct buffer *error)
{
    struct block *block = waiting->block;
    bool can_ask = has_identity(loop, block);
    admit_doubt(block);
    failure_streak_add(&waiting->streak, buffer_text(error), now_ns);
    if (failure_streak_is_over(&waiting->streak, outcome, can_ask, now_ns)) {
        shelve(loop, waiting, now_ns, error);
        return;
    }
    if (outcome == SINK_REJECT) {
        reject(loop, waiting, now_ns, error);
        return;
    }
    /* The schema may have changed; or a database that answers nothing would get a copy. */
    if (outcome == SINK_SUSPECT || !can_ask) {
        loop->is_prepared[block->kind] = false;
    }
    outage_continue(&loop->outage, loop->queue.count, now_ns, error);
    defer(loop, waiting, failure_streak_is_silent(&waiting->streak), now_ns);
}

/* After several INSERTs in a row without an answer smaller ones may get one. */
static void count_silence(struct write_loop *loop, enum sink_outcome outcome, uint32_t rows,
    uint64_t now_ns, struct buffer *error)
{
    bool is_silent =
        outcome == SINK_UNKNOWN && sink_error_code(buffer_text(error)) == SINK_ERROR_NONE;
    loop->silent_inserts = is_silent ? loop->silent_inserts + 1 : 0;
    if (loop->silent_inserts >= SILENT_MAX) {
        halve_inserts(loop, rows, now_ns, error);
    }
}

static void handle_outcome(struct write_loop *loop, struct waiting_block *waiting,
    enum sink_outcome outcome, uint32_t rows, struct buffer *error)
{
    const struct write_sink *sink = &loop->options.sink;
    uint64_t now_ns = sink->now_ns(sink->context);
    switch (outcome) {
    case SINK_DONE:
        finish_part(loop, waiting, rows, now_ns);
        break;
    case SINK_TOO_LARGE:
        admit_doubt(waiting->block); /* a view may have refused what the table took */
        halve_inserts(loop, rows, now_ns, error);
        break;
    case SINK_UNKNOWN:
    case SINK_SUSPECT:
    case SINK_REJECT:
        count_silence(loop, outcome, rows, now_ns, error);
        doubt(loop, waiting, outcome, now_ns, error);
        break;
    case SINK_LATE:
        come_late(loop, waiting, rows, now_ns, error);
        break;
    case SINK_RETRY:
    case SINK_BEHIND:
        waiting->due_ns = now_ns; /* others that are due come first */
        outage_continue(&loop->outage, loop->queue.count, now_ns, error);
        break;
    }
}

static void insert(struct write_loop *loop, struct waiting_block *waiting, uint64_t start_ns)
{
    struct buffer error = {0};
    uint32_t rows = 0;
    if (is_exhausted(loop, waiting)) { /* its dead letter could not be written */
        buffer_text_append(&error, "each further INSERT could put the rows in once more");
        shelve(loop, waiting, start_ns, &error);
    } else {
        enum sink_outcome outcome = insert_rows(loop, waiting->block, start_ns, &rows, &error);
        handle_outcome(loop, waiting, outcome, rows, &error);
    }
    buffer_clear(&error);
}

/* What could not be written in time. */
static void drop_rest(struct write_loop *loop)
{
    while (loop->queue.count > 0) {
        struct block *block =
            take(loop, &loop->queue.waiting[0], &loop->options.counters->rows_dropped);
        log_warning(COMPONENT, "stopped before a block could be written", "rows=%u",
            (unsigned)block_rows(block));
        block_destroy(&block);
    }
}

void write_loop_init(struct write_loop *loop, const struct write_loop_options *options)
{
    *loop = (struct write_loop){.options = *options, .queue = {.counters = options->counters}};
    outage_init(&loop->outage, &options->counters->is_up, &options->counters->rows_waiting,
        options->retry_min_ms, options->retry_max_ms);
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
    struct waiting_block *waiting = write_queue_due(&loop->queue, now_ns);
    if (now_ns < loop->outage.due_ns) {
        return;
    }
    if (!loop->is_prepared[next_kind(waiting)]) {
        prepare(loop, waiting);
    } else if (waiting != NULL) {
        insert(loop, waiting, now_ns);
    }
}

int write_loop_wait_ms(const struct write_loop *loop, uint64_t now_ns)
{
    uint64_t due_ns = loop->outage.due_ns;
    if (loop->is_prepared[RECORD_FLOWS]) {
        if (loop->queue.count == 0) {
            return -1;
        }
        uint64_t block_due_ns = write_queue_due_ns(&loop->queue);
        due_ns = block_due_ns > due_ns ? block_due_ns : due_ns;
    }
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
