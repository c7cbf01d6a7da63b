/* SPDX-License-Identifier: BSD-3-Clause -- rows beside flows: kept, dropped, written. */
#include "store/columns/record_rows.h"

#include "store/columns/record_native.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct row_identity FIRST = {7, 1};
static const struct row_identity SECOND = {7, 2};

struct payload {
    uint8_t bytes[4 * RECORD_PACKED_MAX];
    size_t size;
};

static void add_loss(struct payload *payload, uint64_t lost)
{
    struct record record = {.present = 0};
    record_set_number(&record, LOSSES_LOST, lost);
    payload->size += record_pack(RECORD_LOSSES, &record, payload->bytes + payload->size);
}

static struct record_rows *open_rows(enum record_kind kind)
{
    struct record_rows *rows;
    cr_assert_eq(record_rows_new(&rows, kind), ERR_OK);
    return rows;
}

static enum err append(struct record_rows *rows, const struct payload *payload, uint32_t count,
    const struct row_identity *identity)
{
    return record_rows_append(rows, cursor_of(payload->bytes, payload->size), count, identity);
}

static void add_up(void *sum, const struct record *record, const struct row_identity *identity)
{
    *(uint64_t *)sum += record->values[LOSSES_LOST].number * identity->sequence;
}

static uint64_t weighted_sum(const struct record_rows *rows)
{
    uint64_t sum = 0;
    record_rows_walk(rows, add_up, &sum);
    return sum;
}

Test(record_rows, refuses_a_payload_that_is_not_what_its_header_says)
{
    struct record_rows *rows = open_rows(RECORD_LOSSES);
    struct payload payload = {.size = 0};
    cr_assert_eq(append(rows, &payload, 0, &FIRST), ERR_CORRUPT, "no rows");
    add_loss(&payload, 1);
    cr_assert_eq(append(rows, &payload, 2, &FIRST), ERR_CORRUPT, "too few");
    cr_assert_eq(append(rows, &payload, 0, &FIRST), ERR_CORRUPT, "too many");
    payload.size--;
    cr_assert_eq(append(rows, &payload, 1, &FIRST), ERR_CORRUPT, "cut");
    cr_assert_eq(record_rows_count(rows), 0);
    cr_assert_eq(record_rows_bytes(rows), 0);
    record_rows_destroy(&rows);
}

Test(record_rows, drops_one_batch_and_keeps_the_others)
{
    struct record_rows *rows = open_rows(RECORD_LOSSES);
    struct payload two = {.size = 0};
    add_loss(&two, 10);
    add_loss(&two, 20);
    struct payload one = {.size = 0};
    add_loss(&one, 300);
    cr_assert_eq(append(rows, &two, 2, &FIRST), ERR_OK);
    cr_assert_eq(append(rows, &one, 1, &SECOND), ERR_OK);
    cr_assert_eq(weighted_sum(rows), 30 + 600);
    record_rows_drop(rows, &FIRST);
    cr_assert_eq(record_rows_count(rows), 1);
    cr_assert_eq(record_rows_bytes(rows), one.size);
    cr_assert_eq(weighted_sum(rows), 600);
    record_rows_reset(rows);
    cr_assert_eq(record_rows_count(rows), 0);
    record_rows_destroy(&rows);
}

/* A table with two of the columns: a counter that may be absent, and the batch. */
Test(record_rows, are_written_as_native_columns)
{
    struct record_rows *rows = open_rows(RECORD_COUNTERS);
    struct payload payload = {.size = 0};
    struct record record = {.present = 0};
    unsigned if_index = COUNTERS_DEVICE;
    record_set_number(&record, if_index, 0x0102);
    payload.size += record_pack(RECORD_COUNTERS, &record, payload.bytes);
    record.present = 0;
    payload.size += record_pack(RECORD_COUNTERS, &record, payload.bytes + payload.size);
    cr_assert_eq(append(rows, &payload, 2, &SECOND), ERR_OK);
    size_t last = record_native_columns(RECORD_COUNTERS) - 1;
    struct buffer native = {0};
    cr_assert_eq(
        record_native_write(rows, UINT64_C(1) << if_index | UINT64_C(1) << last, &native), ERR_OK);
    static const char EXPECTED[] = "\2\2"
                                   "\7IfIndex\20Nullable(UInt64)"
                                   "\0\1"
                                   "\2\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                   "\15BatchSequence\6UInt64"
                                   "\2\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0";
    cr_assert_eq(native.size, sizeof EXPECTED - 1);
    cr_assert_eq(memcmp(native.bytes, EXPECTED, native.size), 0);
    buffer_clear(&native);
    record_rows_destroy(&rows);
}

Test(record_rows, name_the_columns_that_are_sent)
{
    struct buffer list = {0};
    record_native_list(RECORD_OPTIONS, 1 << OPTIONS_SCOPE | 1 << OPTIONS_VALUE, &list);
    cr_assert_str_eq(buffer_text(&list), "(`Scope`, `Value`)");
    buffer_clear(&list);
}
