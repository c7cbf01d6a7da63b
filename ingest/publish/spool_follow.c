/* SPDX-License-Identifier: BSD-3-Clause -- a spool whose folder was removed, or mounted anew. */
#include "common/log.h"
#include "ingest/publish/spool_state.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void note_loss(struct spool *spool)
{
    if (spool->is_lost) {
        return;
    }
    uint64_t batches = 0;
    for (size_t i = 0; i < spool->count; i++) {
        batches += spool->segments[i].live_count;
    }
    spool->is_lost = true;
    if (counter_get(&spool->counters.is_writable) != 0) {
        spool_begin_outage(spool);
    }
    log_error("spool", "the folder is gone; batches are in memory only until it is back",
        "flag=-spool.dir folder=%s batches_in_it=%" PRIu64, spool->path, batches);
}

/* A name that is there already is never taken again. */
static enum err pass_number(void *context, uint64_t number)
{
    struct spool *spool = context;
    if (number >= spool->next_number && number < UINT64_MAX) {
        spool->next_number = number + 1;
    }
    return ERR_OK;
}

/*
 * A disk that was mounted again has the segments, under descriptors that work. Those of a folder
 * that was removed can be read for as long as they are open. The last segment is new.
 */
static void find_segments(struct spool *spool, const struct spool_folder *folder)
{
    for (size_t i = 0; i + 1 < spool->count; i++) {
        struct spool_segment *segment = &spool->segments[i];
        segment->is_unlinked = spool_segment_reopen(segment, folder->fd) != ERR_OK;
    }
}

/* Goes on in a segment of its own: what the disk has of the last one nobody knows. */
static enum err start_segment(struct spool *spool, const struct spool_folder *folder)
{
    enum err err = spool_folder_list(folder, pass_number, spool);
    struct spool_segment *tail = err == ERR_OK ? spool_add_segment(spool) : NULL;
    if (tail == NULL) {
        return err != ERR_OK ? err : ERR_MEMORY;
    }
    err = spool_segment_make(tail, folder->fd, spool->next_number, spool->ingest_id);
    if (err != ERR_OK) {
        spool_drop_segment(spool, tail);
        return err;
    }
    spool->next_number++;
    spool->is_folder_dirty = true;
    counter_add(&spool->counters.bytes, tail->size);
    return ERR_OK;
}

static void remove_settled_segments(struct spool *spool)
{
    for (size_t i = 0; i + 1 < spool->count;) {
        if (spool->segments[i].live_count == 0) {
            spool_remove_segment(spool, &spool->segments[i]);
        } else {
            i++;
        }
    }
}

static void note_return(struct spool *spool)
{
    spool->is_lost = false;
    spool_end_outage(spool, "continues in the folder that is there now");
}

void spool_follow_folder(struct spool *spool)
{
    if (spool_folder_is_at(&spool->folder, spool->path)) {
        if (spool->is_lost) {
            note_return(spool);
        }
        return;
    }
    note_loss(spool);
    struct spool_folder folder;
    if (spool_folder_open(&folder, spool->path) != ERR_OK) {
        return;
    }
    if (start_segment(spool, &folder) != ERR_OK) {
        spool_folder_close(&folder);
        return;
    }
    find_segments(spool, &folder);
    spool_drop_spare(spool);
    spool_folder_close(&spool->folder);
    spool->folder = folder;
    remove_settled_segments(spool);
    note_return(spool);
}
