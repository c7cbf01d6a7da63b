/* SPDX-License-Identifier: BSD-3-Clause -- records: there and back, and refused. */
#include "common/device_counters.h"
#include "common/record.h"
#include "proto/record.pb-c.h"

#include <criterion/criterion.h>
#include <string.h>

static struct record option_of(const char *value)
{
    static const struct address EXPORTER = {.bytes = {[10] = 0xff, [11] = 0xff, 192, 0, 2, 1}};
    struct record record = {.present = 0};
    record_set_number(&record, OPTIONS_TIME_RECEIVED, 1700000000);
    record_set_address(&record, OPTIONS_SAMPLER_ADDRESS, &EXPORTER);
    record_set_text(&record, OPTIONS_SCOPE, "interface", strlen("interface"));
    record_set_number(&record, OPTIONS_SCOPE_ID, UINT64_MAX);
    record_set_text(&record, OPTIONS_VALUE, value, strlen(value));
    return record;
}

Test(record, is_cut_off_nowhere_without_notice)
{
    uint8_t bytes[RECORD_PACKED_MAX];
    struct record record = option_of("eth0");
    size_t size = record_pack(RECORD_OPTIONS, &record, bytes);
    for (size_t cut = 1; cut < size; cut++) {
        uint8_t *exact = malloc(cut); /* so that the sanitizer sees a read behind it */
        memcpy(exact, bytes, cut);
        struct cursor batch = cursor_of(exact, cut);
        cr_assert_eq(record_parse(&batch, RECORD_OPTIONS, &record), ERR_CORRUPT, "%zu", cut);
        free(exact);
    }
}

Test(record, of_another_kind_is_refused)
{
    uint8_t bytes[RECORD_PACKED_MAX];
    struct record record = option_of("eth0");
    struct cursor batch = cursor_of(bytes, record_pack(RECORD_OPTIONS, &record, bytes));
    cr_assert_eq(record_parse(&batch, RECORD_LOSSES, &record), ERR_CORRUPT);
}

Test(record, address_of_a_wrong_size_is_refused)
{
    const uint8_t bytes[] = {
        RECORD_OPTIONS << 3 | 2, 4, (OPTIONS_SAMPLER_ADDRESS + 1) << 3 | 2, 2, 1, 2};
    struct record record;
    struct cursor batch = cursor_of(bytes, sizeof bytes);
    cr_assert_eq(record_parse(&batch, RECORD_OPTIONS, &record), ERR_CORRUPT);
}

Test(record, fields_nobody_knows_are_passed_over)
{
    enum {
        FLOWS_TAG = 13
    };
    const uint8_t bytes[] = {RECORD_LOSSES << 3 | 2, 5, 0xf8, 0x07, 9, FLOWS_TAG << 3, 3};
    struct record record;
    struct cursor batch = cursor_of(bytes, sizeof bytes);
    cr_assert_eq(record_parse(&batch, RECORD_LOSSES, &record), ERR_OK);
    cr_assert_eq(record.present, UINT64_C(1) << LOSSES_FLOWS);
    cr_assert_eq(record.values[LOSSES_FLOWS].number, 3);
}

Test(record, comes_back_as_it_went)
{
    uint8_t bytes[2 * RECORD_PACKED_MAX];
    struct record first = option_of("eth0");
    struct record second = option_of("");
    size_t size = record_pack(RECORD_OPTIONS, &first, bytes);
    size += record_pack(RECORD_OPTIONS, &second, bytes + size);
    struct cursor batch = cursor_of(bytes, size);
    struct record read;
    cr_assert_eq(record_parse(&batch, RECORD_OPTIONS, &read), ERR_OK);
    cr_assert_eq(read.present, first.present);
    cr_assert_eq(read.values[OPTIONS_SCOPE_ID].number, UINT64_MAX);
    cr_assert_eq(read.values[OPTIONS_VALUE].size, 4);
    cr_assert_eq(memcmp(read.values[OPTIONS_VALUE].text, "eth0", 4), 0);
    cr_assert_eq(record_parse(&batch, RECORD_OPTIONS, &read), ERR_OK);
    cr_assert_eq(read.values[OPTIONS_VALUE].size, 0);
    cr_assert_eq(record_parse(&batch, RECORD_OPTIONS, &read), ERR_END);
}

Test(record, long_texts_are_cut)
{
    char text[2 * RECORD_TEXT_MAX];
    memset(text, 'x', sizeof text);
    struct record record = {.present = 0};
    record_set_text(&record, OPTIONS_VALUE, text, sizeof text);
    cr_assert_eq(record.values[OPTIONS_VALUE].size, RECORD_TEXT_MAX);
}

Test(record, fullest_one_fits)
{
    uint8_t bytes[RECORD_PACKED_MAX];
    char text[RECORD_TEXT_MAX];
    memset(text, 'x', sizeof text);
    for (enum record_kind kind = RECORD_COUNTERS; kind < RECORD_KIND_COUNT; kind++) {
        struct record record = {.present = 0};
        for (unsigned i = 0; i < RECORD_SCHEMAS[kind].field_count; i++) {
            record_set_number(&record, i, UINT64_MAX);
            record_set_text(&record, i, text,
                RECORD_SCHEMAS[kind].fields[i].type == RECORD_ADDRESS ? 16 : sizeof text);
        }
        size_t size = record_pack(kind, &record, bytes);
        cr_assert_leq(size, RECORD_PACKED_MAX);
        struct cursor batch = cursor_of(bytes, size);
        struct record read;
        cr_assert_eq(record_parse(&batch, kind, &read), ERR_OK);
        cr_assert_eq(read.present, record.present);
    }
}

static void check_message(enum record_kind kind, const ProtobufCMessageDescriptor *message)
{
    const struct record_schema *schema = &RECORD_SCHEMAS[kind];
    cr_assert_eq(message->n_fields, schema->field_count);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct record_field *field = &schema->fields[i];
        const ProtobufCFieldDescriptor *found =
            protobuf_c_message_descriptor_get_field(message, field->tag);
        cr_assert_not_null(found, "%s", field->name);
        cr_assert_str_eq(found->name, field->name);
        bool is_bytes = field->type == RECORD_TEXT || field->type == RECORD_ADDRESS;
        cr_assert_eq(found->type, is_bytes ? PROTOBUF_C_TYPE_BYTES : PROTOBUF_C_TYPE_UINT64);
    }
}

Test(record, fields_are_those_of_the_proto_file)
{
    check_message(RECORD_COUNTERS, &goflow__record__counters__descriptor);
    check_message(RECORD_OPTIONS, &goflow__record__option__descriptor);
    check_message(RECORD_LOSSES, &goflow__record__loss__descriptor);
}

Test(record, batch_is_read_by_protobuf_c)
{
    uint8_t bytes[RECORD_PACKED_MAX];
    struct record record = {.present = 0};
    record_set_number(&record, COUNTERS_DEVICE + DEVICE_IN_OCTETS, 1 << 30);
    record_set_number(&record, COUNTERS_DEVICE + DEVICE_IN_ERRORS, 0);
    size_t size = record_pack(RECORD_COUNTERS, &record, bytes);
    Goflow__Record__RecordBatch *batch = goflow__record__record_batch__unpack(NULL, size, bytes);
    cr_assert_not_null(batch);
    cr_assert_eq(batch->n_counters, 1);
    cr_assert_eq(batch->counters[0]->inoctets, 1 << 30);
    cr_assert(batch->counters[0]->has_inerrors);
    cr_assert_not(batch->counters[0]->has_outerrors);
    goflow__record__record_batch__free_unpacked(batch, NULL);
}
