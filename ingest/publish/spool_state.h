/*
 * spool_state.h -- inside the spool: what spool_open.c finds, spool.c keeps up to date and
 * spool_follow.c moves.
 *
 * Internal to ingest/publish.
 */
#pragma once

#include "ingest/publish/spool.h"
#include "ingest/publish/spool_folder.h"
#include "ingest/publish/spool_segment.h"
#include "ingest/publish/spool_sync.h"

struct spool {
    struct spool_options options; /* without the folder */
    char *path;                   /* of the folder */
    struct spool_folder folder;
    bool is_lost;    /* the path does not name the folder any more: nothing is written */
    bool reads_fail; /* the last one did */
    struct spool_segment *segments; /* by number; the last is the tail */
    size_t count;
    size_t room;
    struct spool_segment spare; /* fd -1: there is none */
    bool is_spare_blank;        /* it was made ahead, and holds no disk blocks worth keeping */
    uint64_t next_number;
    uint64_t ingest_id;       /* of the batches that are appended */
    uint64_t last_sequence;   /* of all records that were found */
    uint64_t outage_start_ns; /* of the time in which the disk takes nothing */
    uint64_t outage_batches;  /* that are not on disk since then */
    uint64_t outage_flows;
    uint64_t failed_size;       /* of the largest record that the disk did not take */
    bool is_disk_full;          /* it has no room; else it does not work, or takes everything */
    struct link_ranges settled; /* not written down yet */
    struct spool_sync *sync;
    uint64_t sync_due_ns;
    uint64_t settled_due_ns;
    uint64_t look_due_ns; /* at the folder */
    bool is_dirty;
    bool is_folder_dirty; /* a segment has got its name */
    struct spool_counters counters;
};

/* What a start says of a folder that it cannot use: the errno's error, or another ingest's. */
enum err spool_refuse_folder(const char *path, int cause);
void spool_refuse_ingest(const char *path, uint64_t number, uint64_t ingest_id, uint64_t wanted_id);

/* A slot at the end, its fd -1, or NULL. */
struct spool_segment *spool_add_segment(struct spool *spool);
/* The disk takes nothing from now on, or takes batches again: then one line is logged. */
void spool_begin_outage(struct spool *spool);
void spool_end_outage(struct spool *spool, const char *message);
/* Takes a segment off the list; its file stays. */
void spool_drop_segment(struct spool *spool, struct spool_segment *segment);
/* Takes it off the list; its file is unlinked, or becomes the spare one. */
void spool_remove_segment(struct spool *spool, struct spool_segment *segment);
/* Makes a spare file where there is none, so that the next segment needs no new descriptor. */
void spool_make_spare(struct spool *spool);
/* Unlinks the spare file, if there is one. */
void spool_drop_spare(struct spool *spool);
/*
 * Notices that the folder was removed or that another one is in its place, which may be a disk that
 * was put in again, and goes on in what the path names now. Logs both.
 */
void spool_follow_folder(struct spool *spool);
struct spool_segment *spool_find_segment(const struct spool *spool, uint64_t number);
