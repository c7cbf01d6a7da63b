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
    SPOOL_RECORD_HEADER = 48
};

enum spool_kind {
    SPOOL_BATCH = 1,
    SPOOL_SETTLED = 2 /* pairs of first and last sequence */
};

void spool_segment_header_pack(uint64_t ingest_id, uint8_t out[SPOOL_SEGMENT_HEADER]);
/* ERR_CORRUPT; ERR_UNSUPPORTED for another version. */
MUST_CHECK enum err spool_segment_header_parse(uint64_t *ingest_id_p, struct cursor bytes);

/* The header of a record whose payload is `size` bytes. `batch` is NULL for SPOOL_SETTLED. */
void spool_record_pack(const struct window_batch *batch, const void *payload, size_t size,
    uint8_t out[SPOOL_RECORD_HEADER]);

struct spool_record {
    enum spool_kind kind;
    struct window_batch batch; /* SPOOL_BATCH: without payload and place */
    struct cursor payload;
};

/* Takes the next record. ERR_END: none left. ERR_CORRUPT: torn or damaged, here the file ends. */
MUST_CHECK enum err spool_record_take(struct spool_record *record_p, struct cursor *segment);
