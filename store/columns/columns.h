/*
 * columns.h -- flows as typed columns: one buffer a field.
 *
 * Payloads are parsed straight into the buffers; flows of one batch have the same fields in the
 * same order, and the parser bets on it. A value above the field's C type becomes the highest one
 * that fits: a reader then sees that it is out of range, which low bits would hide. One thread owns
 * a columns object. Address space is taken at columns_new() for max_rows rows with lists of full
 * length; memory is used as rows are written, and kept at columns_reset().
 */
#pragma once

#include "common/cursor.h"
#include "common/err.h"
#include "common/flow.h"

struct columns;

/*
 * Which batch rows came from: the two columns that make delivery exactly-once. A table that has
 * both is ours.
 */
struct row_identity {
    uint64_t ingest_id;
    uint64_t sequence;
};
#define ROW_INGEST_ID "IngestID"
#define ROW_SEQUENCE  "BatchSequence"

/* Rows that came from one batch. */
struct identity_run {
    struct row_identity identity;
    uint32_t row_count;
};

MUST_CHECK enum err columns_new(struct columns **columns_p, uint32_t max_rows);
void columns_destroy(struct columns **columns_p);

/*
 * Appends all flows of a FlowBatch. ERR_FULL: they do not fit, nothing was appended. ERR_CORRUPT:
 * not a FlowBatch, not `flow_count` flows, or a flow longer than FLOW_PACKED_MAX; nothing was
 * appended.
 */
MUST_CHECK enum err columns_append(struct columns *columns, struct cursor payload,
    uint32_t flow_count, const struct row_identity *identity);

/* Removes the rows of one append, whose first row and count these are; later rows move up. */
void columns_drop(struct columns *columns, uint32_t first_row, uint32_t row_count);

/*
 * Shows only the rows of the first `appends` appends, until columns_show_all(). Meanwhile nothing
 * is appended or dropped.
 */
void columns_show_first(struct columns *columns, size_t appends);
void columns_show_all(struct columns *columns);

void columns_reset(struct columns *columns);

uint32_t columns_rows(const struct columns *columns);
/* Bytes in use, all columns. */
size_t columns_bytes(const struct columns *columns);

/* False: every row of the field is the default; such a column need not be sent. */
bool columns_has(const struct columns *columns, enum flow_field field);

/* Row values: FLOW_FIELDS[field].size_bytes each, host order; 16 bytes for addresses. Lent. */
const void *columns_values(const struct columns *columns, enum flow_field field);

/*
 * Lists: values as above for all rows together; row r ends at ends[r] (count of values). Texts and
 * maps: the values are bytes; those of maps hold entries as in struct text_map. Lent.
 */
const uint64_t *columns_list_ends(const struct columns *columns, enum flow_field field);

/* Where the rows came from, in order: one run for each append. Lent. */
const struct identity_run *columns_identities(const struct columns *columns, size_t *count_p);
