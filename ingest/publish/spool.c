/* SPDX-License-Identifier: BSD-3-Clause -- batches on disk until they are stored. */
#include "ingest/publish/spool_state.h"

#include "common/array.h"
#include "common/clock.h"
#include "common/log.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    SETTLED_PERIOD_MS = 1000, /* how often settled sequences are written down */
    LOOK_PERIOD_MS = 1000     /* how often it looks whether the folder is still there */
};

struct spool_segment *spool_add_segment(struct spool *spool)
{
    struct spool_segment *segments =
        array_grow(spool->segments, spool->count, &spool->room, sizeof *segments);
    if (segments == NULL) {
        return NULL;
    }
    spool->segments = segments;
    struct spool_segment *segment = &spool->segments[spool->count++];
    *segment = (struct spool_segment){.fd = -1};
    counter_set(&spool->counters.segments, spool->count);
    return segment;
}

void spool_drop_segment(struct spool *spool, struct spool_segment *segment)
{
    size_t index = (size_t)(segment - spool->segments);
    spool->count--;
    memmove(segment, segment + 1, (spool->count - index) * sizeof *segment);
    counter_set(&spool->counters.segments, spool->count);
}

void spool_remove_segment(struct spool *spool, struct spool_segment *segment)
{
    uint64_t bytes = counter_get(&spool->counters.bytes);
    counter_set(&spool->counters.bytes, bytes - segment->size);
    bool has_room = spool->spare.fd < 0 || spool->is_spare_blank;
    bool is_spare_wanted = has_room && !spool->is_lost && !segment->is_unlinked &&
                           segment->size >= spool->options.segment_bytes;
    if (is_spare_wanted) {
        spool_drop_spare(spool);
    }
    if (is_spare_wanted && spool_segment_retire(segment, spool->folder.fd) == ERR_OK) {
        spool->spare = *segment;
        spool->is_spare_blank = false;
    } else {
        spool_segment_unlink(segment, spool->folder.fd);
    }
    spool_drop_segment(spool, segment);
}

void spool_drop_spare(struct spool *spool)
{
    if (spool->spare.fd >= 0) {
        spool_segment_unlink(&spool->spare, spool->folder.fd);
    }
}

void spool_make_spare(struct spool *spool)
{
    if (spool->spare.fd >= 0 || spool->is_lost) {
        return;
    }
    struct spool_segment made;
    if (spool_segment_make(&made, spool->folder.fd, SPOOL_SPARE, spool->ingest_id) == ERR_OK) {
        spool->spare = made;
        spool->is_spare_blank = true;
    }
}

struct spool_segment *spool_find_segment(const struct spool *spool, uint64_t number)
{
    size_t low = 0;
    size_t high = spool->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (spool->segments[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_there = low < spool->count && spool->segments[low].number == number;
    return is_there ? &spool->segments[low] : NULL;
}

/*
 * Over the spare file where there is one: its pages are in memory and its blocks on the disk, so
 * that this costs half of what a new file does.
 */
static enum err make_segment(struct spool *spool, struct spool_segment *made_p)
{
    spool->is_folder_dirty = true;
    if (spool->spare.fd >= 0) {
        if (spool_segment_renew(
                &spool->spare, spool->folder.fd, spool->next_number, spool->ingest_id) == ERR_OK) {
            *made_p = spool->spare;
            spool->spare.fd = -1;
            return ERR_OK;
        }
        spool_drop_spare(spool);
    }
    return spool_segment_make(made_p, spool->folder.fd, spool->next_number, spool->ingest_id);
}

/* Out of descriptors, a segment grows beyond its size rather than that a batch stays out. */
static bool may_grow(const struct spool *spool, const struct spool_segment *tail)
{
    return tail != NULL && tail->ingest_id == spool->ingest_id &&
           (errno == EMFILE || errno == ENFILE);
}

/* The segment to write to, made or changed for a new one where that is due. */
static enum err open_tail(struct spool *spool, struct spool_segment **tail_p)
{
    struct spool_segment *tail = spool->count > 0 ? &spool->segments[spool->count - 1] : NULL;
    if (tail != NULL && tail->size < spool->options.segment_bytes &&
        tail->ingest_id == spool->ingest_id) {
        *tail_p = tail;
        return ERR_OK;
    }
    struct spool_segment made;
    enum err err = make_segment(spool, &made);
    if (err != ERR_OK) {
        *tail_p = tail;
        return may_grow(spool, tail) ? ERR_OK : err;
    }
    if (tail != NULL && tail->ingest_id == spool->ingest_id && spool->sync != NULL &&
        !spool_sync_request(spool->sync, tail->fd)) {
        spool_segment_unlink(&made, spool->folder.fd);
        *tail_p = tail; /* none is left behind that nobody syncs */
        return ERR_OK;
    }
    spool->next_number++;
    if (tail != NULL && tail->live_count == 0) {
        spool_remove_segment(spool, tail);
    }
    tail = spool_add_segment(spool);
    if (tail == NULL) {
        spool_segment_unlink(&made, spool->folder.fd);
        return ERR_MEMORY;
    }
    *tail = made;
    counter_add(&spool->counters.bytes, made.size);
    *tail_p = tail;
    return ERR_OK;
}

uint64_t spool_ingest_id(const struct spool *spool)
{
    return spool->ingest_id;
}

void spool_set_ingest_id(struct spool *spool, uint64_t ingest_id)
{
    spool->ingest_id = ingest_id;
}

uint64_t spool_last_sequence(const struct spool *spool)
{
    return spool->last_sequence;
}

/* A small batch may still fit where others do not: the disk is full until those would fit, too. */
static bool has_room_again(const struct spool *spool)
{
    struct statvfs disk;
    return fstatvfs(spool->folder.fd, &disk) == 0 &&
           (uint64_t)disk.f_bavail * disk.f_frsize >= 2 * spool->failed_size;
}

void spool_begin_outage(struct spool *spool)
{
    counter_set(&spool->counters.is_writable, 0);
    spool->outage_start_ns = clock_monotonic_ns();
    spool->outage_batches = 0;
    spool->outage_flows = 0;
}

void spool_end_outage(struct spool *spool, const char *message)
{
    uint64_t outage_ns = clock_monotonic_ns() - spool->outage_start_ns;
    counter_set(&spool->counters.is_writable, 1);
    log_notice("spool", message,
        "flag=-spool.dir folder=%s after_s=%" PRIu64 " memory_only_batches=%" PRIu64
        " memory_only_flows=%" PRIu64,
        spool->path, outage_ns / NS_PER_S, spool->outage_batches, spool->outage_flows);
}

static void note_failure(struct spool *spool, const struct window_batch *batch, uint64_t size)
{
    int cause = errno;
    if (counter_get(&spool->counters.is_writable) != 0) {
        log_error("spool", "cannot write; batches are in memory only until the disk takes them",
            "flag=-spool.dir folder=%s error=\"%s\"", spool->path, strerror(cause));
        spool_begin_outage(spool);
    }
    spool->outage_batches++;
    spool->outage_flows += batch->kind == RECORD_FLOWS ? batch->flow_count : 0;
    spool->is_disk_full = cause == ENOSPC || cause == EDQUOT;
    spool->failed_size = size > spool->failed_size ? size : spool->failed_size;
    counter_add(&spool->counters.errors, 1);
}

static void note_writable(struct spool *spool)
{
    spool->failed_size = 0;
    spool->is_disk_full = false;
    spool_end_outage(spool, "the disk takes batches again");
}

static void note_success(struct spool *spool, uint64_t size)
{
    bool is_writable = counter_get(&spool->counters.is_writable) != 0;
    if (!is_writable && (size >= spool->failed_size || has_room_again(spool))) {
        note_writable(spool);
    }
}

/* Waits for the disk. A segment's name has to be there as well. */
static enum err sync_now(struct spool *spool, const struct spool_segment *tail)
{
    if (fdatasync(tail->fd) != 0 || (spool->is_folder_dirty && fsync(spool->folder.fd) != 0)) {
        return ERR_IO;
    }
    spool->is_folder_dirty = false;
    return ERR_OK;
}

static enum err append_record(
    struct spool *spool, const struct spool_content *content, struct window_place *place_p)
{
    if (spool->is_lost) {
        errno = ENOENT;
        return ERR_IO;
    }
    struct spool_segment *tail = NULL;
    enum err err = open_tail(spool, &tail);
    uint64_t offset = err == ERR_OK ? tail->size : 0;
    if (err == ERR_OK) {
        err = spool_segment_append(tail, content);
    }
    if (err == ERR_OK && spool->options.sync_period_ms == 0) {
        err = sync_now(spool, tail);
    }
    if (err != ERR_OK) {
        return err;
    }
    counter_add(&spool->counters.bytes, tail->size - offset);
    spool->is_dirty = true;
    *place_p = (struct window_place){.segment = tail->number, .offset = offset};
    return ERR_OK;
}

enum err spool_append(struct spool *spool, struct window_batch *batch)
{
    size_t size = zmq_msg_size(&batch->payload);
    uint64_t needed = SPOOL_RECORD_HEADER + size;
    if (counter_get(&spool->counters.bytes) + needed > spool->options.max_bytes) {
        return ERR_FULL;
    }
    struct spool_content content = {
        .batch = batch, .payload = zmq_msg_data(&batch->payload), .size = size};
    enum err err = append_record(spool, &content, &batch->place);
    if (err == ERR_IO && spool->spare.fd >= 0) {
        /* What the spare file takes is room on a full disk. */
        spool_drop_spare(spool);
        err = append_record(spool, &content, &batch->place);
    }
    if (err != ERR_OK) {
        note_failure(spool, batch, needed);
    } else {
        note_success(spool, needed);
        counter_add(&spool->counters.appended_bytes, needed);
        spool->segments[spool->count - 1].live_count++;
    }
    return err;
}

enum err spool_read(struct spool *spool, const struct window_batch *batch, zmq_msg_t *payload_p)
{
    const struct spool_segment *segment = spool_find_segment(spool, batch->place.segment);
    assert(segment != NULL);
    enum err err = spool_segment_read(segment, batch, payload_p);
    counter_add(&spool->counters.damaged, err == ERR_CORRUPT);
    counter_add(&spool->counters.errors, err == ERR_IO);
    if (err == ERR_IO && !spool->reads_fail) {
        log_error("spool", "cannot read; batches that are only on disk wait",
            "flag=-spool.dir folder=%s error=\"%s\"", spool->path, strerror(errno));
    } else if (err != ERR_IO && spool->reads_fail) {
        log_notice("spool", "the disk can be read again", "flag=-spool.dir folder=%s", spool->path);
    }
    spool->reads_fail = err == ERR_IO;
    return err;
}

void spool_settle(struct spool *spool, const struct window_batch *batch)
{
    struct spool_segment *segment = spool_find_segment(spool, batch->place.segment);
    assert(segment != NULL && segment->live_count > 0);
    segment->live_count--;
    bool is_tail = segment == &spool->segments[spool->count - 1];
    /* On a full disk the last one goes as soon as it can: its room is needed. */
    bool is_full = segment->size >= spool->options.segment_bytes || spool->is_disk_full;
    if (segment->live_count == 0 && (!is_tail || is_full)) {
        spool_remove_segment(spool, segment);
    } else {
        link_ranges_add(&spool->settled, batch->sequence, batch->sequence);
    }
}

static void write_settled(struct spool *spool)
{
    size_t size = spool->settled.count * 16;
    uint8_t *pairs = malloc(size);
    if (pairs == NULL) {
        return;
    }
    for (size_t i = 0; i < spool->settled.count; i++) {
        uint64_t pair[2] = {__builtin_bswap64(spool->settled.values[i].first),
            __builtin_bswap64(spool->settled.values[i].last)};
        memcpy(pairs + i * 16, pair, sizeof pair);
    }
    struct spool_content content = {.payload = pairs, .size = size};
    struct window_place place;
    if (append_record(spool, &content, &place) == ERR_OK) {
        link_ranges_reset(&spool->settled);
    }
    free(pairs);
}

void spool_look(struct spool *spool, uint64_t now_ns)
{
    if (now_ns >= spool->look_due_ns) {
        spool->look_due_ns = now_ns + LOOK_PERIOD_MS * NS_PER_MS;
        spool_follow_folder(spool);
        if (spool->is_disk_full && !spool->is_lost && has_room_again(spool)) {
            note_writable(spool);
        }
        if (!spool->is_disk_full) {
            spool_make_spare(spool);
        }
    }
}

void spool_tick(struct spool *spool, uint64_t now_ns)
{
    if (spool->settled.count > 0 && now_ns >= spool->settled_due_ns) {
        spool->settled_due_ns = now_ns + SETTLED_PERIOD_MS * NS_PER_MS;
        write_settled(spool);
    }
    if (spool->sync != NULL && spool->is_dirty && now_ns >= spool->sync_due_ns) {
        spool->sync_due_ns = now_ns + spool->options.sync_period_ms * NS_PER_MS;
        spool->is_dirty = !spool_sync_request(spool->sync, spool->segments[spool->count - 1].fd);
        if (spool->is_folder_dirty) {
            spool->is_folder_dirty = !spool_sync_request(spool->sync, spool->folder.fd);
        }
    }
}

void spool_close(struct spool **spool_p)
{
    struct spool *spool = *spool_p;
    if (spool == NULL) {
        return;
    }
    if (spool->settled.count > 0) {
        write_settled(spool);
    }
    spool_sync_destroy(&spool->sync);
    if (spool->count > 0 && fdatasync(spool->segments[spool->count - 1].fd) != 0) {
        log_warning("spool", "cannot sync", "error=\"%s\"", strerror(errno));
    }
    for (size_t i = 0; i < spool->count; i++) {
        spool_segment_close(&spool->segments[i]);
    }
    spool_drop_spare(spool);
    spool_folder_close(&spool->folder);
    link_ranges_clear(&spool->settled);
    free(spool->segments);
    free(spool->path);
    free(spool);
    *spool_p = NULL;
}

const struct spool_counters *spool_counters(const struct spool *spool)
{
    return &spool->counters;
}
