/* SPDX-License-Identifier: BSD-3-Clause -- opening a spool: what the process before left. */
#include "common/array.h"
#include "common/log.h"
#include "common/refusal.h"
#include "ingest/publish/spool_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What the scan of all segments found. */
struct recovery {
    struct window_batch *batches;
    size_t count;
    size_t room;
    struct link_ranges settled;
    uint64_t last_sequence;
    bool is_disordered; /* batches that were written late follow younger ones */
};

static void note_sequence(struct recovery *recovery, uint64_t sequence)
{
    if (sequence > recovery->last_sequence) {
        recovery->last_sequence = sequence;
    }
}

static enum err recover_batch(
    struct recovery *recovery, const struct window_batch *batch, struct window_place place)
{
    if (recovery->count > 0 && batch->sequence <= recovery->batches[recovery->count - 1].sequence) {
        recovery->is_disordered = true;
    }
    struct window_batch *batches =
        array_grow(recovery->batches, recovery->count, &recovery->room, sizeof *batches);
    if (batches == NULL) {
        return ERR_MEMORY;
    }
    recovery->batches = batches;
    recovery->batches[recovery->count] = *batch;
    recovery->batches[recovery->count++].place = place;
    return ERR_OK;
}

static enum err on_record(void *context, const struct spool_segment *segment, uint64_t offset,
    const struct spool_record *record)
{
    struct recovery *recovery = context;
    if (record->kind == SPOOL_BATCH) {
        note_sequence(recovery, record->batch.sequence);
        struct window_place place = {.segment = segment->number, .offset = offset};
        return recover_batch(recovery, &record->batch, place);
    }
    struct cursor pairs = record->payload;
    while (cursor_left(&pairs) >= 16) {
        uint64_t first = cursor_be64(&pairs);
        uint64_t last = cursor_be64(&pairs);
        link_ranges_add(&recovery->settled, first, last);
        note_sequence(recovery, last);
    }
    return recovery->settled.failed ? ERR_MEMORY : ERR_OK;
}

static int compare_batches(const void *a, const void *b)
{
    const struct window_batch *left = a;
    const struct window_batch *right = b;
    if (left->sequence != right->sequence) {
        return left->sequence < right->sequence ? -1 : 1;
    }
    if (left->place.segment != right->place.segment) {
        return left->place.segment < right->place.segment ? -1 : 1;
    }
    return (left->place.offset > right->place.offset) - (left->place.offset < right->place.offset);
}

/* In order of sequence; of two with one sequence the one that was written first. */
static void put_in_order(struct recovery *recovery)
{
    if (!recovery->is_disordered) {
        return;
    }
    qsort(recovery->batches, recovery->count, sizeof *recovery->batches, compare_batches);
    size_t kept = 0;
    for (size_t i = 0; i < recovery->count; i++) {
        const struct window_batch *batch = &recovery->batches[i];
        if (kept == 0 || batch->sequence != recovery->batches[kept - 1].sequence) {
            recovery->batches[kept++] = *batch;
        }
    }
    recovery->count = kept;
}

static int compare_ranges(const void *a, const void *b)
{
    const struct link_range *left = a;
    const struct link_range *right = b;
    return (left->first > right->first) - (left->first < right->first);
}

/* A walk over the settled ranges, in order of their first sequence. */
struct settled_walk {
    const struct link_ranges *ranges;
    size_t next;
    struct link_range widest; /* of those passed, the one that reaches furthest */
};

/* Asked for sequences in rising order. */
static bool is_settled(struct settled_walk *walk, uint64_t sequence)
{
    const struct link_ranges *ranges = walk->ranges;
    for (; walk->next < ranges->count && ranges->values[walk->next].first <= sequence;
         walk->next++) {
        if (ranges->values[walk->next].last >= walk->widest.last) {
            walk->widest = ranges->values[walk->next];
        }
    }
    return sequence >= walk->widest.first && sequence <= walk->widest.last;
}

/* Batches and ranges are both in order: one walk over both. */
static enum err give_unsettled(struct spool *spool, struct recovery *recovery,
    enum err (*recover)(void *context, const struct window_batch *batch), void *context)
{
    struct link_ranges *settled = &recovery->settled;
    put_in_order(recovery);
    if (settled->count > 0) {
        qsort(settled->values, settled->count, sizeof *settled->values, compare_ranges);
    }
    struct settled_walk walk = {.ranges = settled, .widest = {.first = 1, .last = 0}};
    for (size_t i = 0; i < recovery->count; i++) {
        struct window_batch *batch = &recovery->batches[i];
        if (is_settled(&walk, batch->sequence)) {
            continue;
        }
        struct spool_segment *segment = spool_find_segment(spool, batch->place.segment);
        segment->live_count++;
        batch->ingest_id = segment->ingest_id;
        enum err err = recover(context, batch);
        if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
}

static int compare_segments(const void *a, const void *b)
{
    const struct spool_segment *left = a;
    const struct spool_segment *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

static enum err add_number(void *context, uint64_t number)
{
    if (number == SPOOL_SPARE || number == UINT64_MAX) {
        return ERR_OK; /* never given to a segment */
    }
    struct spool_segment *segment = spool_add_segment(context);
    if (segment == NULL) {
        return ERR_MEMORY;
    }
    segment->number = number;
    return ERR_OK;
}

/* The segment files in the folder, in order. */
static enum err list_segments(struct spool *spool)
{
    enum err err = spool_folder_list(&spool->folder, add_number, spool);
    if (spool->count > 0) {
        qsort(spool->segments, spool->count, sizeof *spool->segments, compare_segments);
        spool->next_number = spool->segments[spool->count - 1].number + 1;
    }
    return err;
}

void spool_refuse_ingest(const char *path, uint64_t number, uint64_t ingest_id, uint64_t wanted_id)
{
    log_error("spool", "the folder has batches of another ingest",
        "flag=-spool.dir folder=%s segment=%016" PRIx64 " ingest=%" PRIu64 " ingest.id=%" PRIu64
        " mend=\"give the -ingest.id that it has, or another -spool.dir\"",
        path, number, ingest_id, wanted_id);
}

/* One file. ERR_CORRUPT: it is none of ours, and left alone. */
static enum err open_segment(
    struct spool *spool, struct spool_segment *segment, struct recovery *recovery)
{
    bool is_damaged = false;
    enum err err = spool_segment_open(segment, &is_damaged, spool->folder.fd, on_record, recovery);
    if (is_damaged) {
        counter_add(&spool->counters.damaged, 1);
        log_warning("spool", "segment with damaged records", "segment=%016" PRIx64 " size=%" PRIu64,
            segment->number, segment->size);
    }
    if (err != ERR_OK) {
        counter_add(&spool->counters.damaged, 1);
        log_warning("spool", "segment cannot be read, left as it is",
            "segment=%016" PRIx64 " error=\"%s\"", segment->number, err_text(err));
        return err;
    }
    counter_add(&spool->counters.bytes, segment->size);
    uint64_t only_id = spool->options.ingest_id;
    if (only_id != 0 && !segment->is_nameless && segment->ingest_id != only_id) {
        spool_refuse_ingest(spool->path, segment->number, segment->ingest_id, only_id);
        return ERR_INVALID;
    }
    return ERR_OK;
}

/*
 * A segment whose header is damaged belongs to the ingest of the segment before it, or behind it,
 * since an identity changes seldom. A sound header names the newest id.
 */
static void name_segments(struct spool *spool)
{
    uint64_t ingest_id = spool->options.fallback_id;
    for (size_t i = spool->count; i > 0; i--) {
        if (!spool->segments[i - 1].is_nameless) {
            ingest_id = spool->segments[i - 1].ingest_id;
        }
    }
    for (size_t i = 0; i < spool->count; i++) {
        struct spool_segment *segment = &spool->segments[i];
        if (segment->is_nameless && ingest_id != 0) {
            spool_segment_name(segment, ingest_id);
        }
        ingest_id = segment->is_nameless ? ingest_id : segment->ingest_id;
    }
    spool->ingest_id = ingest_id;
}

static enum err open_segments(struct spool *spool, struct recovery *recovery)
{
    for (size_t i = 0; i < spool->count;) {
        struct spool_segment *segment = &spool->segments[i];
        enum err err = open_segment(spool, segment, recovery);
        if (err == ERR_CORRUPT || err == ERR_UNSUPPORTED) {
            spool_drop_segment(spool, segment);
            continue;
        }
        if (err != ERR_OK) {
            return err;
        }
        i++;
    }
    return ERR_OK;
}

/* With the spare file of a process that was killed. */
static void remove_dead_segments(struct spool *spool)
{
    struct spool_segment spare = {.number = SPOOL_SPARE, .fd = -1};
    spool_segment_unlink(&spare, spool->folder.fd);
    for (size_t i = 0; i < spool->count;) {
        if (spool->segments[i].live_count == 0) {
            spool_remove_segment(spool, &spool->segments[i]);
        } else {
            i++;
        }
    }
}

enum err spool_refuse_folder(const char *path, int cause)
{
    const struct refusal refusal = {
        .component = "spool", .flag = "-spool.dir", .key = "folder", .value = path, .cause = cause};
    return refuse_folder(&refusal);
}

static enum err open_folder(struct spool *spool)
{
    if (spool_folder_open(&spool->folder, spool->path) == ERR_OK) {
        return ERR_OK;
    }
    return spool_refuse_folder(spool->path, errno);
}

static enum err recover_batches(struct spool *spool,
    enum err (*recover)(void *context, const struct window_batch *batch), void *context)
{
    struct recovery recovery = {0};
    enum err err = list_segments(spool);
    if (err == ERR_OK) {
        err = open_segments(spool, &recovery);
    }
    spool->last_sequence = recovery.last_sequence;
    if (err == ERR_OK) {
        name_segments(spool);
        err = give_unsettled(spool, &recovery, recover, context);
    }
    free(recovery.batches);
    link_ranges_clear(&recovery.settled);
    return err;
}

enum err spool_open(struct spool **spool_p, const struct spool_options *options,
    enum err (*recover)(void *context, const struct window_batch *batch), void *context)
{
    *spool_p = NULL;
    struct spool *spool = calloc(1, sizeof *spool);
    if (spool == NULL) {
        return ERR_MEMORY;
    }
    spool->options = *options;
    spool->path = strdup(options->folder);
    spool->folder = SPOOL_FOLDER_CLOSED;
    spool->spare.fd = -1;
    spool->next_number = 1;
    counter_set(&spool->counters.is_writable, 1);
    enum err err = spool->path != NULL ? open_folder(spool) : ERR_MEMORY;
    if (err == ERR_OK) {
        err = recover_batches(spool, recover, context);
    }
    if (err == ERR_OK && options->sync_period_ms != 0) {
        err = spool_sync_new(&spool->sync, &spool->counters.sync_errors);
    }
    if (err != ERR_OK) {
        spool_close(&spool);
        return err;
    }
    remove_dead_segments(spool);
    *spool_p = spool;
    return ERR_OK;
}
