/*
 * spool_segment.h -- one file of the spool: made, opened, written at its end, read back.
 *
 * Internal to ingest/publish; one thread. Nothing here logs: the spool does, who knows when a
 * disk's state changes.
 */
#pragma once

#include "ingest/publish/spool_record.h"

enum {
    SPOOL_SPARE = 0 /* instead of a number: a file kept for the next segment, named "spare" */
};

struct spool_segment {
    uint64_t number; /* also its name: %016x.spool */
    uint64_t size;
    uint64_t live_count; /* batches that are not settled */
    uint64_t ingest_id;
    int fd;           /* -1: closed */
    bool is_unlinked; /* there is no such file in the folder any more */
    bool is_nameless; /* its header was damaged when it was opened: ingest_id is not known */
};

/* Takes each record of a segment that is opened; `offset` is where the record starts. */
typedef enum err spool_record_fn(void *context, const struct spool_segment *segment,
    uint64_t offset, const struct spool_record *record);

/* ERR_IO with errno. */
MUST_CHECK enum err spool_segment_make(
    struct spool_segment *segment_p, int folder_fd, uint64_t number, uint64_t ingest_id);

/*
 * Opens a file and gives its sound records to `take`. Where no sound one follows any more, the file
 * is cut. *is_damaged_p is set when the header or a record was damaged; a segment without a sound
 * header is nameless until spool_segment_name(). ERR_CORRUPT, ERR_UNSUPPORTED: not a segment of
 * ours, left as it is. ERR_IO with errno.
 */
MUST_CHECK enum err spool_segment_open(struct spool_segment *segment_p, bool *is_damaged_p,
    int folder_fd, spool_record_fn *take, void *context);
/* Writes the header again, where the disk takes it. */
void spool_segment_name(struct spool_segment *segment, uint64_t ingest_id);

/* Opens the file of that name in another folder instead. ERR_IO, ERR_CORRUPT: it is not there. */
MUST_CHECK enum err spool_segment_reopen(struct spool_segment *segment, int folder_fd);

/* Nothing in it is needed any more: its file becomes the spare one. */
MUST_CHECK enum err spool_segment_retire(struct spool_segment *segment, int folder_fd);
/* The spare file becomes a segment without records. ERR_IO with errno: it is still the spare. */
MUST_CHECK enum err spool_segment_renew(
    struct spool_segment *segment, int folder_fd, uint64_t number, uint64_t ingest_id);

/* Whose the batches of a segment are; opens it for reading alone. ERR_IO, ERR_CORRUPT. */
MUST_CHECK enum err spool_segment_owner(uint64_t *ingest_id_p, int folder_fd, uint64_t number);

/* Appends one record, whole or not at all. ERR_IO with errno. */
MUST_CHECK enum err spool_segment_append(
    struct spool_segment *segment, const struct spool_content *content);

/*
 * ERR_CORRUPT; ERR_IO: the disk does not give it now; ERR_MEMORY. On success the caller closes the
 * message.
 */
MUST_CHECK enum err spool_segment_read(
    const struct spool_segment *segment, const struct window_batch *batch, zmq_msg_t *payload_p);

void spool_segment_close(struct spool_segment *segment);
void spool_segment_unlink(struct spool_segment *segment, int folder_fd);
