/* SPDX-License-Identifier: BSD-3-Clause -- the codec against protobuf-c, in both directions. */
#include "common/flow_codec.h"

#include "common/flow_wire.h"
#include "proto/flow.pb-c.h"
#include "tests/support/random_flow.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <stdlib.h>

enum {
    RANDOM_FLOWS = 20000
};

static struct flow flow;
static struct flow parsed;
static uint8_t packed[FLOW_PACKED_MAX];

static const ProtobufCFieldDescriptor *descriptor_of(enum flow_field field)
{
    const ProtobufCFieldDescriptor *descriptor = protobuf_c_message_descriptor_get_field(
        &flowprotob__flow_message__descriptor, FLOW_FIELDS[field].number);
    cr_assert_not_null(descriptor, "%s is not in flow.proto", FLOW_FIELDS[field].name);
    return descriptor;
}

static uint64_t theirs_number(const void *member, ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_UINT64:
        return *(const uint64_t *)member;
    case PROTOBUF_C_TYPE_BOOL:
        return (uint64_t) * (const protobuf_c_boolean *)member;
    default:
        return *(const uint32_t *)member;
    }
}

static bool same_address(const struct address *ours, const ProtobufCBinaryData *theirs)
{
    size_t skipped = address_is_ipv4(ours) ? 12 : 0;
    return theirs->len == 16 - skipped &&
           memcmp(ours->bytes + skipped, theirs->data, theirs->len) == 0;
}

static void check_number_list(
    const struct number_list *ours, const uint32_t *theirs, size_t theirs_count)
{
    cr_assert_eq(ours->count, theirs_count);
    for (size_t i = 0; i < theirs_count; i++) {
        cr_assert_eq(ours->values[i], theirs[i]);
    }
}

static void check_address_list(
    const struct address_list *ours, const ProtobufCBinaryData *theirs, size_t theirs_count)
{
    cr_assert_eq(ours->count, theirs_count);
    for (size_t i = 0; i < theirs_count; i++) {
        cr_assert(same_address(&ours->values[i], &theirs[i]));
    }
}

static void check_text_map(const struct text_map *ours,
    Flowprotob__FlowMessage__ExtraEntry *const *theirs, size_t theirs_count)
{
    cr_assert_eq(ours->count, theirs_count);
    const uint8_t *p = ours->bytes;
    for (size_t i = 0; i < theirs_count; i++) {
        struct text_entry entry;
        p = text_entry_read(&entry, p);
        cr_assert_eq(entry.key_size, strlen(theirs[i]->key));
        cr_assert_eq(memcmp(entry.key, theirs[i]->key, entry.key_size), 0);
        cr_assert_eq(entry.value_size, strlen(theirs[i]->value));
        cr_assert_eq(memcmp(entry.value, theirs[i]->value, entry.value_size), 0);
    }
}

static void check_text(const struct flow_text *ours, const char *theirs)
{
    cr_assert_eq(ours->size, strlen(theirs));
    cr_assert_eq(memcmp(ours->bytes, theirs, ours->size), 0);
}

/* A field that is there must have the same value, one that is not must be the default. */
static void check_field(const struct flow *ours, const uint8_t *theirs, enum flow_field field)
{
    static const struct flow EMPTY;
    const ProtobufCFieldDescriptor *descriptor = descriptor_of(field);
    const struct flow *from = flow_has(ours, field) ? ours : &EMPTY;
    const void *member = (const uint8_t *)from + FLOW_FIELDS[field].offset;
    const void *other = theirs + descriptor->offset;
    switch (FLOW_FIELDS[field].kind) {
    case FLOW_KIND_NUMBER:
        cr_assert_eq(*(const uint64_t *)member, theirs_number(other, descriptor->type), "%s",
            FLOW_FIELDS[field].name);
        break;
    case FLOW_KIND_ADDRESS:
        cr_assert(flow_has(ours, field) ? same_address(member, other)
                                        : ((const ProtobufCBinaryData *)other)->len == 0);
        break;
    case FLOW_KIND_NUMBER_LIST:
        check_number_list(member, *(uint32_t *const *)other,
            *(const size_t *)(theirs + descriptor->quantifier_offset));
        break;
    case FLOW_KIND_ADDRESS_LIST:
        check_address_list(member, *(ProtobufCBinaryData *const *)other,
            *(const size_t *)(theirs + descriptor->quantifier_offset));
        break;
    case FLOW_KIND_TEXT:
        check_text(member, *(char *const *)other);
        break;
    case FLOW_KIND_TEXT_MAP:
        check_text_map(member, *(Flowprotob__FlowMessage__ExtraEntry * *const *)other,
            *(const size_t *)(theirs + descriptor->quantifier_offset));
        break;
    }
}

static void check_message(const struct flow *ours, const Flowprotob__FlowMessage *theirs)
{
    cr_assert_not_null(theirs, "protobuf-c cannot read it");
    cr_assert_eq(theirs->base.n_unknown_fields, 0);
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        check_field(ours, (const uint8_t *)theirs, (enum flow_field)i);
    }
}

/* ours -> bytes -> theirs, then theirs -> bytes -> ours. */
static void check_both_directions(void)
{
    size_t size = flow_pack_message(&flow, packed);
    Flowprotob__FlowMessage *theirs = flowprotob__flow_message__unpack(NULL, size, packed);
    check_message(&flow, theirs);

    size_t their_size = flowprotob__flow_message__get_packed_size(theirs);
    cr_assert_leq(their_size, sizeof packed);
    flowprotob__flow_message__pack(theirs, packed);
    struct cursor cursor = cursor_of(packed, their_size);
    cr_assert_eq(flow_unpack_message(&parsed, &cursor), ERR_OK);
    cr_assert(flow_equal(&flow, &parsed));
    cr_assert_eq(size, their_size, "not minimal");
    flowprotob__flow_message__free_unpacked(theirs, NULL);
}

static enum err unpack(const void *bytes, size_t size)
{
    uint8_t *exact = malloc(size != 0 ? size : 1); /* so that a sanitizer sees a read too far */
    cr_assert_not_null(exact);
    memcpy(exact, bytes, size);
    struct cursor cursor = cursor_of(exact, size);
    enum err err = flow_unpack_message(&parsed, &cursor);
    free(exact);
    return err;
}

#define UNPACK(...) unpack((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

Test(flow_codec, refuses_malformed_messages)
{
    cr_assert_eq(UNPACK(0x80), ERR_CORRUPT, "a key that ends too early");
    cr_assert_eq(UNPACK(0x00, 0x01), ERR_CORRUPT, "field number 0");
    cr_assert_eq(UNPACK(0x48), ERR_CORRUPT, "no value");
    cr_assert_eq(UNPACK(0x48, 0x80), ERR_CORRUPT, "a varint that ends too early");
    cr_assert_eq(UNPACK(0x48, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00),
        ERR_CORRUPT, "a varint of eleven bytes");
    cr_assert_eq(UNPACK(0x32, 0x04, 1, 2, 3), ERR_CORRUPT, "an address that ends too early");
    cr_assert_eq(UNPACK(0x32, 0x03, 1, 2, 3), ERR_CORRUPT, "an address of three bytes");
    cr_assert_eq(UNPACK(0x30, 0x01), ERR_CORRUPT, "an address as a varint");
    cr_assert_eq(UNPACK(0x4a, 0x01, 0x01), ERR_CORRUPT, "a number as bytes");
    cr_assert_eq(UNPACK(0x4b), ERR_CORRUPT, "a group");
    cr_assert_eq(UNPACK(0xb2, 0x06, 0x01, 0x80), ERR_CORRUPT, "a list cut inside a number");
    cr_assert_eq(UNPACK(0x32, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
        ERR_CORRUPT, "a length of 2^64-1");
    cr_assert_eq(UNPACK(0xc1, 0x7d, 1, 2, 3), ERR_CORRUPT, "an unknown fixed64 cut short");
}

Test(flow_codec, puts_the_length_before_a_message)
{
    struct random random = {7};
    for (int i = 0; i < 200; i++) {
        static uint8_t message[FLOW_PACKED_MAX];
        random_flow(&random, &flow, 30);
        size_t size = flow_pack_message(&flow, message);
        struct cursor cursor = cursor_of(packed, flow_pack_delimited(&flow, packed));
        uint64_t length;
        cr_assert_eq(wire_take_varint(&cursor, &length), ERR_OK);
        cr_assert_eq(length, size);
        cr_assert_eq(cursor_left(&cursor), size);
        cr_assert_arr_eq(cursor.pos, message, size);
    }
}

Test(flow_codec, refuses_every_truncation)
{
    struct random random = {1};
    random_flow(&random, &flow, 30);
    size_t size = flow_pack_message(&flow, packed);
    cr_assert_eq(unpack(packed, size), ERR_OK);
    for (size_t cut = 0; cut < size; cut++) {
        if (unpack(packed, cut) == ERR_OK) {
            cr_assert_not(flow_equal(&flow, &parsed), "cut at %zu of %zu", cut, size);
        }
    }
}

Test(flow_codec, refuses_a_batch_with_a_bad_frame)
{
    static const uint8_t SHORT[] = {0x0a, 0x05, 0x48, 0x01};
    static const uint8_t NUMBER[] = {0x08, 0x05};
    struct cursor cursor = cursor_of(SHORT, sizeof SHORT);
    cr_assert_eq(flow_unpack(&parsed, &cursor), ERR_CORRUPT);
    cursor = cursor_of(NUMBER, sizeof NUMBER);
    cr_assert_eq(flow_unpack(&parsed, &cursor), ERR_CORRUPT);
}

Test(flow_codec, skips_unknown_fields)
{
    cr_assert_eq(UNPACK(0xc0, 0x3e, 0x81, 0x01,                                  /* 1000 is ours */
                     0xc1, 0x7d, 1, 2, 3, 4, 5, 6, 7, 8, 0xc5, 0x7d, 1, 2, 3, 4, /* fixed */
                     0xc2, 0x7d, 0x02, 9, 9, 0xc0, 0x7d, 0x05, 0x48, 0x07),
        ERR_OK);
    cr_assert_eq(parsed.bytes, 7);
    cr_assert(flow_has(&parsed, FLOW_SAMPLING_SOURCE));
}

Test(flow_codec, takes_any_order_and_lets_the_last_one_win)
{
    cr_assert_eq(UNPACK(0x50, 0x02, 0x48, 0x01, 0x48, 0x05), ERR_OK);
    cr_assert_eq(parsed.packets, 2);
    cr_assert_eq(parsed.bytes, 5);
    cr_assert_eq(UNPACK(0x48, 0x01, 0x48, 0x00), ERR_OK);
    cr_assert_not(flow_has(&parsed, FLOW_BYTES), "the last one is the default");
    cr_assert_eq(UNPACK(0x32, 0x04, 1, 2, 3, 4, 0x32, 0x00), ERR_OK);
    cr_assert_not(flow_has(&parsed, FLOW_SRC_ADDR));
}

Test(flow_codec, takes_varints_that_are_longer_than_needed)
{
    cr_assert_eq(UNPACK(0xc8, 0x00, 0x85, 0x80, 0x80, 0x00), ERR_OK);
    cr_assert_eq(parsed.bytes, 5);
    cr_assert_eq(
        UNPACK(0xa0, 0x01, 0x86, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01), ERR_OK);
    cr_assert_eq(parsed.proto, 6, "a uint32 keeps its low 32 bits");
}

Test(flow_codec, takes_lists_packed_and_one_by_one)
{
    cr_assert_eq(
        UNPACK(0xb0, 0x06, 0x01, 0xb2, 0x06, 0x03, 0x02, 0x83, 0x01, 0xb0, 0x06, 0x00), ERR_OK);
    cr_assert_eq(parsed.as_path.count, 4);
    cr_assert_eq(parsed.as_path.values[1], 2);
    cr_assert_eq(parsed.as_path.values[2], 131);
    cr_assert_eq(UNPACK(0xb2, 0x06, 0x00), ERR_OK);
    cr_assert_not(flow_has(&parsed, FLOW_AS_PATH), "an empty list is none");
}

Test(flow_codec, cuts_lists_that_are_too_long)
{
    uint8_t bytes[3 + 100] = {0xb2, 0x06, 100};
    cr_assert_eq(unpack(bytes, sizeof bytes), ERR_OK);
    cr_assert_eq(parsed.as_path.count, FLOW_LIST_MAX);
}

Test(flow_codec, takes_entries_of_a_map_in_any_legal_form)
{
    cr_assert_eq(UNPACK(0xba, 0x3e, 0x06, 0x12, 0x01, 'v', 0x0a, 0x01, 'k', /* value, then key */
                     0xba, 0x3e, 0x05, 0x18, 0x07, 0x0a, 0x01, 'l',         /* a field nobody has */
                     0xba, 0x3e, 0x00),                                     /* two empty texts */
        ERR_OK);
    cr_assert_eq(parsed.extra.count, 3);
    struct text_entry entry;
    const uint8_t *next = text_entry_read(&entry, parsed.extra.bytes);
    cr_assert(entry.key_size == 1 && entry.key[0] == 'k' && entry.value[0] == 'v');
    next = text_entry_read(&entry, next);
    cr_assert(entry.key_size == 1 && entry.key[0] == 'l' && entry.value_size == 0);
    (void)text_entry_read(&entry, next);
    cr_assert(entry.key_size == 0 && entry.value_size == 0);
}

Test(flow_codec, refuses_entries_of_a_map_that_are_no_entries)
{
    cr_assert_eq(UNPACK(0xb8, 0x3e, 0x01), ERR_CORRUPT, "a number");
    cr_assert_eq(UNPACK(0xba, 0x3e, 0x02, 0x08, 0x01), ERR_CORRUPT, "its key is a number");
    cr_assert_eq(UNPACK(0xba, 0x3e, 0x02, 0x12, 0x01), ERR_CORRUPT, "its value is cut short");
}

Test(flow_codec, leaves_entries_out_that_no_map_has_room_for)
{
    enum {
        ENTRY = 3 + 4,
        ENTRIES = TEXT_MAP_ENTRIES + 9
    };
    uint8_t bytes[ENTRIES * ENTRY];
    for (size_t i = 0; i < sizeof bytes; i += ENTRY) {
        memcpy(bytes + i, (const uint8_t[]){0xba, 0x3e, 0x04, 0x0a, 0x02, 'k', 'k'}, ENTRY);
    }
    cr_assert_eq(unpack(bytes, sizeof bytes), ERR_OK);
    cr_assert_eq(parsed.extra.count, TEXT_MAP_ENTRIES);
}

Test(flow_codec, has_the_fields_of_the_proto_file)
{
    cr_assert_eq(flowprotob__flow_message__descriptor.n_fields, FLOW_FIELD_COUNT);
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        const struct flow_field_info *info = &FLOW_FIELDS[i];
        const ProtobufCFieldDescriptor *descriptor = descriptor_of((enum flow_field)i);
        cr_assert_str_eq(descriptor->name, info->name);
        bool is_text = info->kind == FLOW_KIND_TEXT;
        bool is_list =
            info->kind != FLOW_KIND_NUMBER && info->kind != FLOW_KIND_ADDRESS && !is_text;
        cr_assert_eq(descriptor->type == PROTOBUF_C_TYPE_STRING, is_text, "%s", info->name);
        cr_assert_eq(descriptor->label == PROTOBUF_C_LABEL_REPEATED, is_list, "%s", info->name);
        bool is_address = info->kind == FLOW_KIND_ADDRESS || info->kind == FLOW_KIND_ADDRESS_LIST;
        cr_assert_eq(descriptor->type == PROTOBUF_C_TYPE_BYTES, is_address, "%s", info->name);
        cr_assert_eq(
            descriptor->type == PROTOBUF_C_TYPE_UINT64, info->size_bytes == 8, "%s", info->name);
        cr_assert_eq(descriptor->type == PROTOBUF_C_TYPE_BOOL, WIRE_MAX[i] == 1, "%s", info->name);
    }
}

Test(flow_codec, agrees_with_protobuf_c_on_each_field_alone)
{
    struct random random = {2};
    for (size_t i = 0; i < FLOW_FIELD_COUNT * 50; i++) {
        flow_begin(&flow);
        random_field(&random, &flow, (enum flow_field)(i % FLOW_FIELD_COUNT));
        check_both_directions();
    }
}

Test(flow_codec, agrees_with_protobuf_c_on_random_flows)
{
    struct random random = {3};
    for (size_t i = 0; i < RANDOM_FLOWS; i++) {
        random_flow(&random, &flow, (unsigned)(i % 101));
        check_both_directions();
    }
}

Test(flow_codec, agrees_with_protobuf_c_on_every_length_of_varint)
{
    for (unsigned bits = 1; bits <= 64; bits++) {
        uint64_t highest = UINT64_MAX >> (64 - bits);
        flow_begin(&flow);
        flow_set_bytes(&flow, highest);
        flow_set_packets(&flow, highest - highest / 2);
        check_both_directions();
    }
}

Test(flow_codec, reads_back_a_batch_that_protobuf_c_reads_too)
{
    enum {
        FLOWS = 500
    };
    struct random random = {4};
    uint8_t *batch = malloc(FLOWS * 256);
    cr_assert_not_null(batch);
    size_t size = random_netflow5_batch(&random, batch, FLOWS);
    Flowprotob__FlowBatch *theirs = flowprotob__flow_batch__unpack(NULL, size, batch);
    cr_assert_not_null(theirs);
    cr_assert_eq(theirs->n_flows, FLOWS);

    random.state = 4;
    struct cursor cursor = cursor_of(batch, size);
    for (uint32_t i = 0; i < FLOWS; i++) {
        random_netflow5(&random, &flow, i);
        check_message(&flow, theirs->flows[i]);
        cr_assert_eq(flow_unpack(&parsed, &cursor), ERR_OK);
        cr_assert(flow_equal(&flow, &parsed), "flow %u", i);
    }
    cr_assert_eq(flow_unpack(&parsed, &cursor), ERR_END);
    flowprotob__flow_batch__free_unpacked(theirs, NULL);
    free(batch);
}

static void check_packs_as_message(struct flow_packer *packer)
{
    static uint8_t framed[FLOW_PACKED_MAX];
    size_t size = flow_pack(packer, &flow, framed);
    struct cursor cursor = cursor_of(framed, size);
    cr_assert_eq(flow_unpack(&parsed, &cursor), ERR_OK);
    cr_assert_eq(cursor_left(&cursor), 0);
    cr_assert(flow_equal(&flow, &parsed));
}

Test(flow_codec, follows_the_fixed_fields_when_they_change)
{
    struct flow_packer packer = {0};
    flow_begin(&flow);
    flow_set_type(&flow, FLOW_TYPE_IPFIX);
    check_packs_as_message(&packer);
    flow_fix(&flow);
    flow_set_bytes(&flow, 1);
    check_packs_as_message(&packer);
    flow_fix(&flow);
    flow_reset(&flow);
    flow_set_packets(&flow, 2);
    check_packs_as_message(&packer);
    flow_begin(&flow);
    flow_set_type(&flow, FLOW_TYPE_SFLOW5);
    flow_fix(&flow);
    check_packs_as_message(&packer);
}

static void count_series(void *context, const struct flow *begun)
{
    cr_assert_eq(begun, &flow);
    ++*(unsigned *)context;
}

Test(flow_codec, tells_when_a_series_begins)
{
    unsigned series = 0;
    struct flow_packer packer = {.series_begun = count_series, .context = &series};
    for (unsigned i = 1; i <= 3; i++) {
        flow_begin(&flow);
        flow_set_type(&flow, FLOW_TYPE_IPFIX);
        flow_fix(&flow);
        check_packs_as_message(&packer);
        flow_reset(&flow);
        check_packs_as_message(&packer);
        cr_assert_eq(series, i);
    }
}

Test(flow_codec, packs_a_fixed_part_of_any_size)
{
    struct random random = {5};
    struct flow_packer packer = {0};
    for (unsigned percent = 0; percent <= 100; percent++) {
        random_flow(&random, &flow, percent);
        flow_fix(&flow);
        check_packs_as_message(&packer);
        check_packs_as_message(&packer);
    }
}

Test(flow_codec, allocates_nothing)
{
    struct random random = {6};
    struct flow_packer packer = {0};
    random_flow(&random, &flow, 100);
    struct mallinfo2 before = mallinfo2();
    size_t size = flow_pack(&packer, &flow, packed);
    struct cursor cursor = cursor_of(packed, size);
    enum err err = flow_unpack(&parsed, &cursor);
    struct mallinfo2 after = mallinfo2();
    cr_assert_eq(err, ERR_OK);
    cr_assert_eq(before.uordblks, after.uordblks);
}
