/*
 * spool.h -- batches on disk until they are stored, so that they survive the process.
 *
 * A spool is a folder of numbered segment files. Batches are appended at the tail in order of
 * sequence; a segment is unlinked once every batch in it is stored. One thread owns a spool;
 * nothing here locks. On-disk format: docs/wire.md#spool.
 *
 *   0000000000000001.spool   [header][record][record]...   every batch stored: unlinked
 *   0000000000000002.spool   [header][record][record]...
 *   0000000000000003.spool   [header][record][rec          torn tail: cut when it is opened
 */
#pragma once

#include "common/counter.h"
#include "common/err.h"
#include "ingest/publish/window.h"

struct spool;

struct spool_options {
    const char *folder;      /* borrowed for the call; made when missing */
    uint64_t ingest_id;      /* refuses the batches of any other ingest; 0: takes all */
    uint64_t fallback_id;    /* names the batches where the spool cannot show whose they are */
    uint64_t max_bytes;      /* total size on disk */
    uint64_t segment_bytes;  /* size at which a segment is sealed */
    uint32_t sync_period_ms; /* what was appended is on the disk after so long; 0: at once */
};

struct spool_counters {
    struct counter bytes;    /* gauge: total size on disk */
    struct counter segments; /* gauge */
    struct counter appended_bytes;
    struct counter damaged;     /* records found damaged, at the start or when read back */
    struct counter errors;      /* of the disk: full, read-only, broken */
    struct counter sync_errors; /* of the disk: what was written may not be there */
    struct counter is_writable; /* gauge: a batch of the size that comes would be written */
};

/*
 * Opens the folder, cuts torn tails and gives every batch that is not settled to `recover`, in
 * order of sequence, without payload. On failure one line is logged and *spool_p is NULL:
 * ERR_IN_USE when another process has it.
 */
MUST_CHECK enum err spool_open(struct spool **spool_p, const struct spool_options *options,
    enum err (*recover)(void *context, const struct window_batch *batch), void *context);
/* What spool_open() would refuse, in the same words; makes and changes nothing. */
MUST_CHECK enum err spool_check(const struct spool_options *options);
/* Syncs; what is not settled stays for the next process. */
void spool_close(struct spool **spool_p);

/* Of the newest segment, or the fallback. */
uint64_t spool_ingest_id(const struct spool *spool);
/* Batches that are appended from now on have this id in their names. */
void spool_set_ingest_id(struct spool *spool, uint64_t ingest_id);
/* The highest sequence that any record had when the spool was opened, settled or not; 0: none. */
uint64_t spool_last_sequence(const struct spool *spool);

/*
 * Copies the batch to the tail and sets batch->place. ERR_FULL: max_bytes is reached, nothing was
 * written. ERR_IO: the disk is full, read-only or broken, which is logged when it begins and ends.
 */
MUST_CHECK enum err spool_append(struct spool *spool, struct window_batch *batch);

/*
 * Reads a batch's payload back. ERR_CORRUPT; ERR_IO: the disk does not give it now; ERR_MEMORY. On
 * success the caller closes it.
 */
MUST_CHECK enum err spool_read(
    struct spool *spool, const struct window_batch *batch, zmq_msg_t *payload_p);

/* The batch is stored or dropped: it is not recovered any more, and its segment may go. */
void spool_settle(struct spool *spool, const struct window_batch *batch);

/*
 * Looks whether the folder is still where it was, once a second: one that was removed or whose disk
 * is gone is left, and the spool goes on in what the path names now. Call it before spool_append().
 */
void spool_look(struct spool *spool, uint64_t now_ns);

/* Writes down what was settled, and syncs what is due. Call it now and then. */
void spool_tick(struct spool *spool, uint64_t now_ns);

const struct spool_counters *spool_counters(const struct spool *spool);
