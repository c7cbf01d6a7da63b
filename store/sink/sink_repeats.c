/* SPDX-License-Identifier: BSD-3-Clause -- which batches the table has already. */
#include "store/sink/sink_repeats.h"

#include <inttypes.h>
#include <stdlib.h>

static bool is_asked(const struct block_batch *batch)
{
    return batch->attempt > 0 && !batch->is_removed && batch->row_count > 0;
}

static bool is_first_of_ingest(const struct block *block, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (is_asked(&block->batches[i]) &&
            block->batches[i].identity.ingest_id == block->batches[index].identity.ingest_id) {
            return false;
        }
    }
    return true;
}

/* One condition for an ingest: its batches in a block are near to each other. */
static void append_range(struct buffer *out, const struct block *block, uint64_t ingest_id)
{
    uint64_t first = UINT64_MAX;
    uint64_t last = 0;
    for (size_t i = 0; i < block->batch_count; i++) {
        const struct block_batch *batch = &block->batches[i];
        if (is_asked(batch) && batch->identity.ingest_id == ingest_id) {
            uint64_t sequence = batch->identity.sequence;
            first = sequence < first ? sequence : first;
            last = sequence > last ? sequence : last;
        }
    }
    buffer_format(out,
        "(" ROW_INGEST_ID " = %" PRIu64 " AND " ROW_SEQUENCE " >= %" PRIu64 " AND " ROW_SEQUENCE
        " <= %" PRIu64 ")",
        ingest_id, first, last);
}

/* The same rows have the same times, however often they are sent. */
static void append_flow_times(struct buffer *out, const struct columns *columns)
{
    if (!columns_has(columns, FLOW_TIME_RECEIVED)) {
        return;
    }
    const uint64_t *times = columns_values(columns, FLOW_TIME_RECEIVED);
    uint64_t first = UINT64_MAX;
    uint64_t last = 0;
    for (uint32_t row = 0; row < columns_rows(columns); row++) {
        first = times[row] < first ? times[row] : first;
        last = times[row] > last ? times[row] : last;
    }
    buffer_format(out,
        "TimeReceived >= toDateTime(%" PRIu64 ") AND TimeReceived <= toDateTime(%" PRIu64 ") AND ",
        first, last);
}

/* Options of one key become one row, the latest: what it replaced is not missed. */
static void append_times(struct buffer *out, const struct block *block)
{
    if (block->kind == RECORD_FLOWS) {
        append_flow_times(out, block->columns);
    } else {
        buffer_format(out, "toDate(TimeReceived) = toDate(%" PRIu32 ") AND ", block->day);
    }
}

bool sink_repeats_question(struct buffer *out, const char *table, const struct block *block)
{
    size_t ingests = 0;
    for (size_t i = 0; i < block->batch_count; i++) {
        if (!is_asked(&block->batches[i]) || !is_first_of_ingest(block, i)) {
            continue;
        }
        if (ingests++ == 0) {
            buffer_format(
                out, "SELECT " ROW_INGEST_ID ", " ROW_SEQUENCE ", count() FROM %s WHERE ", table);
            append_times(out, block);
            buffer_text_append(out, "(");
        } else {
            buffer_text_append(out, " OR ");
        }
        append_range(out, block, block->batches[i].identity.ingest_id);
    }
    buffer_text_append(out, ingests > 0 ? ") GROUP BY " ROW_INGEST_ID ", " ROW_SEQUENCE : "");
    return ingests > 0;
}

static void take_count(const struct block *block, struct row_identity found, uint64_t count,
    bool are_shards, uint64_t *rows)
{
    for (size_t i = 0; i < block->batch_count; i++) {
        const struct row_identity *batch = &block->batches[i].identity;
        if (is_asked(&block->batches[i]) && batch->ingest_id == found.ingest_id &&
            batch->sequence == found.sequence && (are_shards || count > rows[i])) {
            rows[i] = are_shards ? rows[i] + count : count;
        }
    }
}

void sink_repeats_answer(
    const char *answer, bool are_shards, const struct block *block, uint64_t *rows)
{
    for (const char *line = answer; *line != '\0';) {
        char *end;
        struct row_identity identity;
        identity.ingest_id = strtoull(line, &end, 10);
        identity.sequence = strtoull(end, &end, 10);
        take_count(block, identity, strtoull(end, &end, 10), are_shards, rows);
        line = strchrnul(end, '\n');
        line += *line == '\n';
    }
}
