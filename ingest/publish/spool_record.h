/*
 * spool_record.h -- the bytes of a segment file: docs/wire.md#spool.
 *
 * Pure: bytes in, values out. Internal to ingest/publish.
 */
#pragma once

#include "common/cursor.h"
#include "ingest/publish/window.h"

enum {
    SPOOL_SEGMENT_HEADER = 24,
    SPOOL_RECORD_HEADER = 48,
    SPOOL_END_MARK = 8
};

enum spool_kind {
    SPOOL_BATCH = 1,
    SPOOL_SETTLED = 2 /* pairs of first and last sequence */
};

void spool_segment_header_pack(uint64_t ingest_id, uint8_t out[SPOOL_SEGMENT_HEADER]);
/* ERR_CORRUPT; ERR_UNSUPPORTED for another version. */
MUST_CHECK enum err spool_segment_header_parse(uint64_t *ingest_id_p, struct cursor bytes);

/* What follows the last record of the segment of that number. */
void spool_end_mark_pack(uint64_t segment_number, uint8_t out[SPOOL_END_MARK]);

/* One record: a batch with its payload, or settled sequences where `batch` is NULL. */
struct spool_content {
    const struct window_batch *batch;
    const void *payload;
    size_t size;
};

/* The header of a record in the segment of that number. */
void spool_record_pack(
    uint64_t segment_number, const struct spool_content *content, uint8_t out[SPOOL_RECORD_HEADER]);

struct spool_record {
    enum spool_kind kind;
    struct window_batch batch; /* SPOOL_BATCH: without payload and place */
    struct cursor payload;
};

/*
 * Takes the next record of the segment of that number. ERR_END: none left. ERR_CORRUPT: torn,
 * damaged, or of a segment that was in the file before.
 */
MUST_CHECK enum err spool_record_take(
    struct spool_record *record_p, uint64_t segment_number, struct cursor *segment);

/*
 * Passes over damaged records to a sound one: by their sizes where these lead to one, else it
 * searches for the next batch. False: there is none; here the segment ends. A payload may hold what
 * looks like a record, so the search takes only one whose sequence continues `last_sequence`, which
 * no exporter knows; 0 stands for a sequence that is not known here either.
 */
bool spool_record_skip(uint64_t segment_number, uint64_t last_sequence, struct cursor *segment);
