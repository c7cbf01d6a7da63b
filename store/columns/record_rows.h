/*
 * record_rows.h -- rows of one kind of record, as they came.
 *
 * They are few, so the payloads of the batches are kept, checked, and parsed again when they are
 * written. One thread owns them.
 */
#pragma once

#include "common/cursor.h"
#include "common/record.h"
#include "store/columns/columns.h"

struct record_rows;

MUST_CHECK enum err record_rows_new(struct record_rows **rows_p, enum record_kind kind);
void record_rows_destroy(struct record_rows **rows_p);

/*
 * Copies a RecordBatch. ERR_CORRUPT: not one of that kind, or not so many rows, or none; ERR_FULL,
 * ERR_MEMORY. Then nothing was appended.
 */
MUST_CHECK enum err record_rows_append(struct record_rows *rows, struct cursor payload,
    uint32_t row_count, const struct row_identity *identity);

/* Removes the rows of one append. */
void record_rows_drop(struct record_rows *rows, const struct row_identity *identity);

/* As columns_show_first() and columns_show_all(). */
void record_rows_show_first(struct record_rows *rows, size_t appends);
void record_rows_show_all(struct record_rows *rows);

void record_rows_reset(struct record_rows *rows);

enum record_kind record_rows_kind(const struct record_rows *rows);
uint32_t record_rows_count(const struct record_rows *rows);
/* Bytes of the payloads. */
size_t record_rows_bytes(const struct record_rows *rows);

/* Called for each row, in order; lent for the call. */
typedef void record_rows_visit(
    void *context, const struct record *record, const struct row_identity *identity);
void record_rows_walk(const struct record_rows *rows, record_rows_visit *visit, void *context);
