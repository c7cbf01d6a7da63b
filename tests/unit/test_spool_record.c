/* SPDX-License-Identifier: BSD-3-Clause -- records of the spool, taken from bytes. */
#include "ingest/publish/spool_record.h"

#include <criterion/criterion.h>

enum {
    SEGMENT = 7,
    PAYLOAD = 100,
    RECORD = SPOOL_RECORD_HEADER + PAYLOAD
};

static const struct window_batch BATCH = {.sequence = 1000,
    .created_ms = 1700000000123,
    .kind = RECORD_LOSSES,
    .flow_count = 17,
    .payload_size = 300,
    .day = 19700,
    .is_compressed = true};

static uint8_t bytes[4 * RECORD];

/* A whole record of that segment. */
static void pack(uint64_t segment, uint64_t sequence, uint8_t *out)
{
    struct window_batch batch = BATCH;
    batch.sequence = sequence;
    memset(out + SPOOL_RECORD_HEADER, (int)sequence, PAYLOAD);
    const struct spool_content content = {
        .batch = &batch, .payload = out + SPOOL_RECORD_HEADER, .size = PAYLOAD};
    spool_record_pack(segment, &content, out);
}

static enum err take(struct spool_record *record)
{
    struct cursor cursor = cursor_of(bytes, RECORD);
    return spool_record_take(record, SEGMENT, &cursor);
}

Test(spool_record, keeps_everything_about_a_batch)
{
    pack(SEGMENT, 1000, bytes);
    struct spool_record record;
    cr_assert_eq(take(&record), ERR_OK);
    cr_assert_eq(record.kind, SPOOL_BATCH);
    cr_assert_eq(record.batch.sequence, BATCH.sequence);
    cr_assert_eq(record.batch.created_ms, BATCH.created_ms);
    cr_assert_eq(record.batch.kind, BATCH.kind);
    cr_assert_eq(record.batch.flow_count, BATCH.flow_count);
    cr_assert_eq(record.batch.payload_size, BATCH.payload_size);
    cr_assert_eq(record.batch.day, BATCH.day);
    cr_assert(record.batch.is_compressed);
    cr_assert_eq(record.batch.stored_size, PAYLOAD);
    cr_assert_eq(cursor_left(&record.payload), PAYLOAD);
}

/* Files are used again: a sound record of the segment that was in the file before is none of it. */
Test(spool_record, of_another_segment_is_refused_though_it_is_sound)
{
    pack(SEGMENT - 1, 1000, bytes);
    struct spool_record record;
    cr_assert_eq(take(&record), ERR_CORRUPT);
    pack(SEGMENT, 1000, bytes);
    cr_assert_eq(take(&record), ERR_OK);
}

Test(spool_record, every_flipped_bit_is_seen)
{
    struct spool_record record;
    for (size_t at = 0; at < RECORD; at++) {
        pack(SEGMENT, 1000, bytes);
        bytes[at] ^= 1;
        cr_assert_eq(take(&record), ERR_CORRUPT, "octet %zu", at);
    }
}

Test(spool_record, every_cut_is_seen)
{
    struct spool_record record;
    pack(SEGMENT, 1000, bytes);
    for (size_t size = 1; size < RECORD; size++) {
        struct cursor cursor = cursor_of(bytes, size);
        cr_assert_eq(spool_record_take(&record, SEGMENT, &cursor), ERR_CORRUPT, "size %zu", size);
    }
    struct cursor nothing = cursor_of(bytes, 0);
    cr_assert_eq(spool_record_take(&record, SEGMENT, &nothing), ERR_END);
}

Test(spool_record, a_search_passes_over_records_of_the_segment_before)
{
    pack(SEGMENT, 1000, bytes);
    bytes[SPOOL_RECORD_HEADER] ^= 1; /* damaged */
    pack(SEGMENT - 1, 1001, bytes + RECORD);
    pack(SEGMENT, 1002, bytes + 2 * RECORD);
    struct cursor cursor = cursor_of(bytes, 3 * RECORD);
    cr_assert(spool_record_skip(SEGMENT, 999, &cursor));
    struct spool_record record;
    cr_assert_eq(spool_record_take(&record, SEGMENT, &cursor), ERR_OK);
    cr_assert_eq(record.batch.sequence, 1002);
}
