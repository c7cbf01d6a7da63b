/* SPDX-License-Identifier: BSD-3-Clause -- payloads into columns, and back out of trouble. */
#include "store/columns/columns.h"

#include "common/flow_codec.h"
#include "common/flow_wire.h"
#include "store/columns/block.h"
#include "tests/support/random_flow.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <stdlib.h>

enum {
    MAX_ROWS = 1000,
    FLOWS = 100
};

static const struct row_identity IDENTITY = {.ingest_id = 7, .sequence = 1};

static struct columns *columns;
static struct flow flows[FLOWS];
static uint8_t payload[FLOWS * 8192];

static void set_up(void)
{
    cr_assert_eq(columns_new(&columns, MAX_ROWS), ERR_OK);
}

static void tear_down(void)
{
    columns_destroy(&columns);
}

TestSuite(columns, .init = set_up, .fini = tear_down);

/* The payload's copy ends where the bytes end, so that a sanitizer sees a read too far. */
static enum err append(const void *bytes, size_t size, uint32_t flow_count)
{
    uint8_t *exact = malloc(size != 0 ? size : 1);
    cr_assert_not_null(exact);
    memcpy(exact, bytes, size);
    enum err err = columns_append(columns, cursor_of(exact, size), flow_count, &IDENTITY);
    free(exact);
    return err;
}

#define APPEND_MESSAGE(...)                                                                        \
    append((const uint8_t[]){0x0a, sizeof((const uint8_t[]){__VA_ARGS__}), __VA_ARGS__},           \
        sizeof((const uint8_t[]){0x0a, 0, __VA_ARGS__}), 1)

/* Packs random flows, which `flows` then holds; returns the payload's size. */
static size_t random_payload(struct random *random, uint32_t count, unsigned percent)
{
    struct flow_packer packer = {0};
    size_t size = 0;
    for (uint32_t i = 0; i < count; i++) {
        random_flow(random, &flows[i], percent);
        size += flow_pack(&packer, &flows[i], payload + size);
    }
    return size;
}

static uint64_t number_at(enum flow_field field, uint32_t row)
{
    uint64_t value = 0;
    size_t size = FLOW_FIELDS[field].size_bytes;
    memcpy(&value, (const uint8_t *)columns_values(columns, field) + row * size, size);
    return value;
}

static bool row_is_default(enum flow_field field, uint32_t row)
{
    static const uint8_t ZERO[16];
    if (!columns_has(columns, field)) {
        return true;
    }
    const uint64_t *ends = columns_list_ends(columns, field);
    if (ends != NULL) {
        return ends[row] == (row > 0 ? ends[row - 1] : 0);
    }
    size_t size = FLOW_FIELDS[field].size_bytes;
    return memcmp((const uint8_t *)columns_values(columns, field) + row * size, ZERO, size) == 0;
}

static void check_list(enum flow_field field, uint32_t row, const void *member)
{
    const uint64_t *ends = columns_list_ends(columns, field);
    const struct number_list *numbers = member;
    const struct address_list *addresses = member;
    bool is_numbers = FLOW_FIELDS[field].kind == FLOW_KIND_NUMBER_LIST;
    size_t size = FLOW_FIELDS[field].size_bytes;
    uint64_t start = row > 0 ? ends[row - 1] : 0;
    uint64_t count = is_numbers ? numbers->count : addresses->count;
    const void *expected = is_numbers ? (const void *)numbers->values : addresses->values;
    cr_assert_eq(ends[row] - start, count);
    cr_assert_eq(memcmp((const uint8_t *)columns_values(columns, field) + start * size, expected,
                     count * size),
        0);
}

static void check_map(enum flow_field field, uint32_t row, const struct text_map *map)
{
    const uint64_t *ends = columns_list_ends(columns, field);
    uint64_t start = row > 0 ? ends[row - 1] : 0;
    cr_assert_eq(ends[row] - start, map->size);
    cr_assert_eq(
        memcmp((const uint8_t *)columns_values(columns, field) + start, map->bytes, map->size), 0);
}

static void check_text(enum flow_field field, uint32_t row, const struct flow_text *text)
{
    const uint64_t *ends = columns_list_ends(columns, field);
    uint64_t start = row > 0 ? ends[row - 1] : 0;
    cr_assert_eq(ends[row] - start, text->size);
    cr_assert_eq(
        memcmp((const uint8_t *)columns_values(columns, field) + start, text->bytes, text->size),
        0);
}

static void check_value(const struct flow *flow, enum flow_field field, uint32_t row)
{
    const void *member = (const uint8_t *)flow + FLOW_FIELDS[field].offset;
    if (!flow_has(flow, field)) {
        cr_assert(row_is_default(field, row), "%s of row %u", FLOW_FIELDS[field].name, row);
        return;
    }
    cr_assert(columns_has(columns, field));
    if (FLOW_FIELDS[field].kind == FLOW_KIND_NUMBER) {
        cr_assert_eq(number_at(field, row), flow_number(flow, field), "%s of row %u",
            FLOW_FIELDS[field].name, row);
    } else if (FLOW_FIELDS[field].kind == FLOW_KIND_ADDRESS) {
        const struct address *values = columns_values(columns, field);
        cr_assert(address_equal(&values[row], member));
    } else if (FLOW_FIELDS[field].kind == FLOW_KIND_TEXT) {
        check_text(field, row, member);
    } else if (FLOW_FIELDS[field].kind == FLOW_KIND_TEXT_MAP) {
        check_map(field, row, member);
    } else {
        check_list(field, row, member);
    }
}

static void check_rows(uint32_t first_row, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (size_t field = 0; field < FLOW_FIELD_COUNT; field++) {
            check_value(&flows[i], (enum flow_field)field, first_row + i);
        }
    }
}

static void check_empty(void)
{
    cr_assert_eq(columns_rows(columns), 0);
    cr_assert_eq(columns_bytes(columns), 0);
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        cr_assert_not(columns_has(columns, (enum flow_field)i));
    }
}

Test(columns, refuses_malformed_payloads)
{
    static const uint8_t SHORT[] = {0x0a, 0x03, 0x48, 0x01};
    static const uint8_t VARINT[] = {0x08, 0x01};
    cr_assert_eq(append(SHORT, sizeof SHORT, 1), ERR_CORRUPT);
    cr_assert_eq(append(VARINT, sizeof VARINT, 1), ERR_CORRUPT);
    cr_assert_eq(APPEND_MESSAGE(0x48), ERR_CORRUPT, "no value");
    cr_assert_eq(APPEND_MESSAGE(0x48, 0x80), ERR_CORRUPT, "half a value");
    cr_assert_eq(APPEND_MESSAGE(0x32, 0x04, 1, 2), ERR_CORRUPT, "half an address");
    cr_assert_eq(APPEND_MESSAGE(0x32, 0x05, 1, 2, 3, 4, 5), ERR_CORRUPT, "five bytes of address");
    cr_assert_eq(APPEND_MESSAGE(0x30, 0x05), ERR_CORRUPT, "an address as a varint");
    cr_assert_eq(APPEND_MESSAGE(0x4a, 0x01, 0x05), ERR_CORRUPT, "a number as bytes");
    cr_assert_eq(APPEND_MESSAGE(0x4b, 0x4c), ERR_CORRUPT, "a group");
    cr_assert_eq(APPEND_MESSAGE(0xb2, 0x06, 0x01, 0x80), ERR_CORRUPT, "half a list value");
    cr_assert_eq(
        APPEND_MESSAGE(0x48, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
        ERR_CORRUPT, "eleven bytes");
    check_empty();
}

Test(columns, keeps_the_last_of_several_texts_and_cuts_what_is_too_long)
{
    uint8_t batch[3 + 9 + 300] = {
        0x0a, 0xb5, 0x02, 0xca, 0x3d, 0x02, 'y', 'y', 0xca, 0x3d, 0xac, 0x02};
    memset(batch + 12, 'x', 300);
    cr_assert_eq(APPEND_MESSAGE(0xca, 0x3d, 0x01, 'c', 0xca, 0x3d, 0x02, 'a', 'b'), ERR_OK);
    cr_assert_eq(append(batch, sizeof batch, 1), ERR_OK);
    const uint64_t *ends = columns_list_ends(columns, FLOW_USER_NAME);
    const char *texts = columns_values(columns, FLOW_USER_NAME);
    cr_assert_eq(ends[0], 2);
    cr_assert_eq(ends[1], 2 + FLOW_TEXT_BYTES);
    cr_assert_arr_eq(texts, "abxx", 4);
}

Test(columns, refuses_another_number_of_flows)
{
    struct random random = {1};
    size_t size = random_payload(&random, 10, 20);
    cr_assert_eq(append(payload, size, 9), ERR_CORRUPT);
    cr_assert_eq(append(payload, size, 11), ERR_CORRUPT);
    cr_assert_eq(append(payload, size, 0), ERR_CORRUPT);
    check_empty();
    cr_assert_eq(append(payload, size, 10), ERR_OK);
}

Test(columns, refuses_what_does_not_fit)
{
    uint8_t empty_flows[2 * (MAX_ROWS + 1)];
    for (size_t i = 0; i < sizeof empty_flows; i += 2) {
        empty_flows[i] = 0x0a;
        empty_flows[i + 1] = 0;
    }
    cr_assert_eq(append(empty_flows, sizeof empty_flows, MAX_ROWS + 1), ERR_FULL);
    cr_assert_eq(append(empty_flows, sizeof empty_flows, UINT32_MAX), ERR_FULL);
    cr_assert_eq(append(empty_flows, sizeof empty_flows - 2, MAX_ROWS), ERR_OK);
    cr_assert_eq(append(empty_flows, 2, 1), ERR_FULL);
}

Test(columns, leaves_nothing_of_a_truncated_payload)
{
    struct random random = {2};
    size_t first = random_payload(&random, 5, 10);
    cr_assert_eq(append(payload, first, 5), ERR_OK);
    struct flow kept[5];
    memcpy(kept, flows, sizeof kept);
    size_t size = random_payload(&random, 3, 60);
    size_t bytes = columns_bytes(columns);
    for (size_t cut = 0; cut < size; cut++) {
        cr_assert_eq(append(payload, cut, 3), ERR_CORRUPT, "cut at %zu of %zu", cut, size);
        cr_assert_eq(columns_rows(columns), 5);
        cr_assert_eq(columns_bytes(columns), bytes);
    }
    cr_assert_eq(append(payload, size, 3), ERR_OK);
    check_rows(5, 3);
    memcpy(flows, kept, sizeof kept);
    check_rows(0, 5);
}

Test(columns, holds_what_was_packed)
{
    struct random random = {3};
    for (unsigned percent = 0; percent <= 100; percent += 5) {
        columns_reset(columns);
        for (uint32_t round = 0; round < 3; round++) {
            size_t size = random_payload(&random, FLOWS, percent);
            cr_assert_eq(append(payload, size, FLOWS), ERR_OK);
            check_rows(round * FLOWS, FLOWS);
        }
    }
}

Test(columns, hold_what_an_exporter_sends)
{
    struct flow_packer packer = {0};
    static struct flow flow;
    struct random random = {8};
    for (uint32_t round = 0; round < 5; round++) {
        size_t size = 0;
        for (uint32_t i = 0; i < FLOWS; i++) {
            random_netflow5(&random, &flow, round * FLOWS + i);
            size += flow_pack(&packer, &flow, payload + size);
            flows[i] = flow;
        }
        cr_assert_eq(append(payload, size, FLOWS), ERR_OK);
        check_rows(round * FLOWS, FLOWS);
    }
}

Test(columns, leave_nothing_of_a_repetition_in_a_corrupt_payload)
{
    struct random random = {9};
    size_t size = random_netflow5_batch(&random, payload, 40);
    payload[size] = 0x0a;
    cr_assert_eq(append(payload, size + 1, 40), ERR_CORRUPT);
    check_empty();
    static const uint8_t EMPTY_FLOWS[] = {0x0a, 0, 0x0a, 2, 0x48, 5};
    cr_assert_eq(append(EMPTY_FLOWS, sizeof EMPTY_FLOWS, 2), ERR_OK);
    cr_assert_eq(number_at(FLOW_BYTES, 0), 0);
    cr_assert_not(columns_has(columns, FLOW_TYPE));
}

/* Encoded fields; the same field may stand several times in a message, in several forms. */
static const struct token {
    uint8_t size;
    uint8_t bytes[19];
} TOKENS[] = {
    {2, {0x08, 2}},
    {2, {0x08, 3}},
    {3, {0x10, 0xe8, 0x07}},
    {2, {0x48, 0}},
    {2, {0x48, 7}},
    {11, {0x50, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}},
    {6, {0x5a, 4, 192, 0, 2, 1}},
    {18, {0x5a, 16, 0x20, 1, 0xd, 0xb8}},
    {2, {0x5a, 0}},
    {3, {0xa0, 0x01, 6}},
    {4, {0xa0, 0x81, 0x00, 17}},
    {3, {0xb0, 0x06, 9}},
    {5, {0xb2, 0x06, 2, 8, 7}},
    {4, {0xc2, 0x7d, 1, 9}},
};

/* Often starts like the message before: such starts are what repetitions are made of. */
static size_t random_message(struct random *random, uint8_t *message, size_t kept)
{
    size_t size = kept;
    uint64_t tokens = random_below(random, 5);
    for (uint64_t i = 0; i < tokens; i++) {
        const struct token *token = &TOKENS[random_below(random, sizeof TOKENS / sizeof TOKENS[0])];
        memcpy(message + size, token->bytes, token->size);
        size += token->size;
    }
    return size;
}

Test(columns, agree_with_the_codec_on_any_sequence_of_fields)
{
    struct random random = {10};
    for (unsigned round = 0; round < 3000; round++) {
        uint8_t message[256];
        size_t size = 0;
        size_t start = 0;
        columns_reset(columns);
        for (uint32_t i = 0; i < 30; i++) {
            if (random_below(&random, 8) == 0 || start > 128) {
                start = random_message(&random, message, 0);
            }
            size_t message_size = random_message(&random, message, start);
            payload[size] = 0x0a;
            payload[size + 1] = (uint8_t)(message_size | 0x80);
            payload[size + 2] = (uint8_t)(message_size >> 7);
            memcpy(payload + size + 3, message, message_size);
            size += 3 + message_size;
            struct cursor cursor = cursor_of(message, message_size);
            cr_assert_eq(flow_unpack_message(&flows[i], &cursor), ERR_OK);
        }
        cr_assert_eq(append(payload, size, 30), ERR_OK);
        check_rows(0, 30);
    }
}

Test(columns, survive_random_damage)
{
    struct random random = {4};
    for (unsigned round = 0; round < 2000; round++) {
        columns_reset(columns);
        size_t size = random_payload(&random, 5, 20);
        payload[random_below(&random, size)] ^= (uint8_t)(1 + random_below(&random, 255));
        enum err err = append(payload, size, 5);
        cr_assert(err == ERR_OK || err == ERR_CORRUPT);
        cr_assert_eq(columns_rows(columns), err == ERR_OK ? 5 : 0);
    }
}

Test(columns, take_any_order_and_let_the_last_one_win)
{
    cr_assert_eq(APPEND_MESSAGE(0x50, 0x02, 0x48, 0x01, 0x48, 0x05), ERR_OK);
    cr_assert_eq(APPEND_MESSAGE(0x48, 0x07, 0x50, 0x03, 0x48, 0x00), ERR_OK);
    cr_assert_eq(number_at(FLOW_BYTES, 0), 5);
    cr_assert_eq(number_at(FLOW_PACKETS, 0), 2);
    cr_assert_eq(number_at(FLOW_BYTES, 1), 0);
    cr_assert_eq(number_at(FLOW_PACKETS, 1), 3);
}

Test(columns, skip_unknown_fields_and_take_clumsy_encodings)
{
    cr_assert_eq(
        APPEND_MESSAGE(0xc2, 0x7d, 0x02, 9, 9, 0xc8, 0x00, 0x85, 0x80, 0x00,   /* Bytes */
            0xc1, 0x7d, 1, 2, 3, 4, 5, 6, 7, 8, 0x32, 0x84, 0x00, 10, 0, 0, 1, /* SrcAddr */
            0xb0, 0x06, 0x01, 0xb2, 0x06, 0x02, 0x02, 0x03),
        ERR_OK);
    const struct address *src = columns_values(columns, FLOW_SRC_ADDR);
    struct address expected = address_from_ipv4((const uint8_t[]){10, 0, 0, 1});
    cr_assert_eq(number_at(FLOW_BYTES, 0), 5);
    cr_assert(address_equal(src, &expected));
    cr_assert_eq(columns_list_ends(columns, FLOW_AS_PATH)[0], 3);
}

Test(columns, raise_no_value_above_its_type)
{
    cr_assert_eq(APPEND_MESSAGE(0xa0, 0x01, 0xac, 0x02, /* Proto 300 */
                     0xa8, 0x03, 0x05,                  /* HasMPLS 5 */
                     0xa8, 0x01, 0xff, 0xff, 0x03,      /* SrcPort 65535 */
                     0x20, 0xff, 0xff, 0xff, 0xff, 0x7f /* SequenceNum 2^35 - 1 */
                     ),
        ERR_OK);
    cr_assert_eq(number_at(FLOW_PROTO, 0), 255);
    cr_assert_eq(number_at(FLOW_HAS_MPLS, 0), 1);
    cr_assert_eq(number_at(FLOW_SRC_PORT, 0), 65535);
    cr_assert_eq(number_at(FLOW_SEQUENCE_NUM, 0), UINT32_MAX);
}

Test(columns, take_an_empty_list_for_none)
{
    cr_assert_eq(APPEND_MESSAGE(0xb2, 0x06, 0x00), ERR_OK);
    cr_assert_not(columns_has(columns, FLOW_AS_PATH));
}

Test(columns, take_a_list_in_pieces_of_small_and_of_other_numbers)
{
    static const uint32_t EXPECTED[] = {2, 127, 128, 3, 1};
    cr_assert_eq(APPEND_MESSAGE(0xb2, 0x06, 0x02, 2, 127, 0xb2, 0x06, 0x03, 0x80, 0x01, 3, 0xb2,
                     0x06, 0x01, 1),
        ERR_OK);
    cr_assert_eq(columns_list_ends(columns, FLOW_AS_PATH)[0], 5);
    cr_assert_arr_eq(columns_values(columns, FLOW_AS_PATH), EXPECTED, sizeof EXPECTED);
}

Test(columns, cut_lists_that_are_too_long)
{
    uint8_t message[5 + 100] = {0x0a, 103, 0xb2, 0x06, 100};
    cr_assert_eq(append(message, sizeof message, 1), ERR_OK);
    cr_assert_eq(append(message, sizeof message, 1), ERR_OK);
    cr_assert_eq(columns_list_ends(columns, FLOW_AS_PATH)[1], 2 * FLOW_LIST_MAX);
}

Test(columns, remember_which_batch_rows_came_from)
{
    size_t count;
    struct random random = {5};
    size_t size = random_payload(&random, 4, 20);
    cr_assert_eq(append(payload, size, 4), ERR_OK);
    cr_assert_eq(append(payload, size, 3), ERR_CORRUPT);
    cr_assert_eq(append(payload, 0, 0), ERR_OK);
    cr_assert_eq(append(payload, size, 4), ERR_OK);
    const struct identity_run *runs = columns_identities(columns, &count);
    cr_assert_eq(count, 2);
    cr_assert_eq(runs[1].row_count, 4);
    cr_assert_eq(runs[1].identity.ingest_id, IDENTITY.ingest_id);
}

Test(columns, are_empty_again_after_a_reset)
{
    struct random random = {6};
    size_t size = random_payload(&random, FLOWS, 100);
    cr_assert_eq(append(payload, size, FLOWS), ERR_OK);
    columns_reset(columns);
    check_empty();
    size = random_payload(&random, FLOWS, 10);
    cr_assert_eq(append(payload, size, FLOWS), ERR_OK);
    check_rows(0, FLOWS);
}

Test(columns, allocate_nothing_while_they_fill)
{
    struct random random = {7};
    size_t size = random_payload(&random, FLOWS, 50);
    struct mallinfo2 before = mallinfo2();
    enum err err = columns_append(columns, cursor_of(payload, size), FLOWS, &IDENTITY);
    struct mallinfo2 after = mallinfo2();
    cr_assert_eq(err, ERR_OK);
    cr_assert_eq(before.uordblks, after.uordblks);
    cr_assert_eq(before.hblks, after.hblks);
}

Test(columns, come_in_a_block_with_room_for_batches)
{
    struct block *block;
    cr_assert_eq(block_new(&block, MAX_ROWS), ERR_OK);
    cr_assert_gt(block->batch_room, 0);
    cr_assert_eq(columns_rows(block->columns), 0);
    block->batch_count = 1;
    block->outcome = BLOCK_STORED;
    block_reset(block);
    cr_assert_eq(block->batch_count, 0);
    cr_assert_eq(block->outcome, BLOCK_PENDING);
    block_destroy(&block);
    cr_assert_null(block);
    block_destroy(&block);
}
