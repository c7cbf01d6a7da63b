/* SPDX-License-Identifier: BSD-3-Clause -- frames of the link: there and back, and refused. */
#include "common/link_frame.h"

#include "common/link.h"
#include "proto/link.pb-c.h"

#include <criterion/criterion.h>

static const struct link_header HEADER = {
    .ingest_id = 0x0102030405060708,
    .epoch = 1700000000000000,
    .sequence = 1700000000000042,
    .created_ms = 1700000000123,
    .attempt = 3,
    .flow_count = 8192,
    .payload_size = 262144,
    .day = 19675,
    .lease_ms = 10000,
    .is_compressed = true,
};

Test(link_frame, refuses_a_header_cut_anywhere)
{
    uint8_t bytes[LINK_HEADER_MAX];
    size_t size = link_header_pack(&HEADER, bytes);
    for (size_t cut = 0; cut < size; cut++) {
        struct link_header header = {0};
        enum err err = link_header_parse(&header, bytes, cut);
        /* A cut between two fields is still protobuf, but then a field is missing. */
        cr_assert(err != ERR_OK || memcmp(&header, &HEADER, sizeof header) != 0, "cut at %zu", cut);
    }
}

Test(link_frame, names_a_batch_of_an_unknown_version)
{
    Goflow__Link__BatchHeader message = GOFLOW__LINK__BATCH_HEADER__INIT;
    message.version = 2;
    message.ingest_id = 7;
    message.sequence = 9;
    uint8_t bytes[LINK_HEADER_MAX];
    size_t size = goflow__link__batch_header__pack(&message, bytes);
    struct link_header header;
    cr_assert_eq(link_header_parse(&header, bytes, size), ERR_UNSUPPORTED);
    cr_assert_eq(header.ingest_id, 7);
    cr_assert_eq(header.sequence, 9);
}

Test(link_frame, shows_a_reader_of_flows_nothing_else)
{
    struct link_header header = HEADER;
    uint8_t bytes[LINK_HEADER_MAX];
    header.kind = RECORD_LOSSES;
    size_t size = link_header_pack(&header, bytes);
    cr_assert_eq(link_header_parse(&header, bytes, size), ERR_OK);
    cr_assert_eq(header.kind, RECORD_LOSSES);
    Goflow__Link__BatchHeader *message = goflow__link__batch_header__unpack(NULL, size, bytes);
    cr_assert_neq(message->version, LINK_VERSION);
    message->version = LINK_VERSION;
    size = goflow__link__batch_header__pack(message, bytes);
    goflow__link__batch_header__free_unpacked(message, NULL);
    cr_assert_eq(link_header_parse(&header, bytes, size), ERR_UNSUPPORTED);
}

Test(link_frame, names_a_batch_of_an_unknown_kind)
{
    struct link_header header = HEADER;
    uint8_t bytes[LINK_HEADER_MAX];
    header.kind = RECORD_KIND_COUNT;
    size_t size = link_header_pack(&header, bytes);
    cr_assert_eq(link_header_parse(&header, bytes, size), ERR_UNSUPPORTED);
    cr_assert_eq(header.sequence, HEADER.sequence);
}

Test(link_frame, keeps_a_header)
{
    uint8_t bytes[LINK_HEADER_MAX];
    size_t size = link_header_pack(&HEADER, bytes);
    struct link_header header;
    cr_assert_eq(link_header_parse(&header, bytes, size), ERR_OK);
    cr_assert_eq(header.ingest_id, HEADER.ingest_id);
    cr_assert_eq(header.epoch, HEADER.epoch);
    cr_assert_eq(header.sequence, HEADER.sequence);
    cr_assert_eq(header.created_ms, HEADER.created_ms);
    cr_assert_eq(header.attempt, HEADER.attempt);
    cr_assert_eq(header.flow_count, HEADER.flow_count);
    cr_assert_eq(header.payload_size, HEADER.payload_size);
    cr_assert_eq(header.day, HEADER.day);
    cr_assert_eq(header.lease_ms, HEADER.lease_ms);
    cr_assert(header.is_compressed);
}

Test(link_frame, has_room_for_the_longest_header)
{
    struct link_header header;
    memset(&header, 0xff, sizeof header);
    header.is_compressed = true;
    uint8_t bytes[LINK_HEADER_MAX];
    cr_assert_leq(link_header_pack(&header, bytes), sizeof bytes);
}

Test(link_frame, joins_sequences_that_follow_each_other)
{
    struct link_ranges ranges = {0};
    link_ranges_add(&ranges, 5, 5);
    link_ranges_add(&ranges, 6, 9);
    link_ranges_add(&ranges, 11, UINT64_MAX);
    link_ranges_add(&ranges, 0, 0);
    cr_assert_eq(ranges.count, 3);
    cr_assert_eq(ranges.values[0].first, 5);
    cr_assert_eq(ranges.values[0].last, 9);
    cr_assert_eq(ranges.values[2].first, 0);
    link_ranges_clear(&ranges);
}

Test(link_frame, ranges_that_come_in_disorder_and_twice_are_sorted_and_merged)
{
    static const struct link_range SAID[] = {{7, 9}, {0, UINT64_MAX}, {1, 2}, {1, 2}, {4, 8}};
    struct link_ack ack = {.kind = LINK_ACK_HELD};
    for (size_t i = 2; i < sizeof SAID / sizeof SAID[0]; i++) {
        link_ranges_add(&ack.ranges, SAID[i].first, SAID[i].last);
    }
    link_ranges_add(&ack.ranges, SAID[0].first, SAID[0].last);
    size_t size = 0;
    uint8_t *bytes = link_ack_pack(&ack, &size);
    struct link_ack parsed;
    cr_assert_eq(link_ack_parse(&parsed, bytes, size), ERR_OK);
    cr_assert_eq(parsed.ranges.count, 2);
    cr_assert_eq(parsed.ranges.values[0].first, 1);
    cr_assert_eq(parsed.ranges.values[0].last, 2);
    cr_assert_eq(parsed.ranges.values[1].first, 4);
    cr_assert_eq(parsed.ranges.values[1].last, 9);
    link_ack_clear(&parsed);
    free(bytes);
    link_ranges_add(&ack.ranges, SAID[1].first, SAID[1].last);
    bytes = link_ack_pack(&ack, &size);
    cr_assert_eq(link_ack_parse(&parsed, bytes, size), ERR_OK);
    cr_assert_eq(parsed.ranges.count, 1);
    cr_assert_eq(parsed.ranges.values[0].last, UINT64_MAX);
    link_ack_clear(&parsed);
    link_ack_clear(&ack);
    free(bytes);
}

Test(link_frame, refuses_a_range_that_ends_before_it_starts)
{
    struct link_ack ack = {.kind = LINK_ACK_HELD};
    link_ranges_add(&ack.ranges, 9, 8);
    size_t size = 0;
    uint8_t *bytes = link_ack_pack(&ack, &size);
    struct link_ack parsed;
    cr_assert_eq(link_ack_parse(&parsed, bytes, size), ERR_CORRUPT);
    free(bytes);
    link_ack_clear(&ack);
}

Test(link_frame, refuses_an_acknowledgement_of_an_unknown_kind)
{
    struct link_ack ack = {.kind = LINK_ACK_KIND_COUNT};
    size_t size = 0;
    uint8_t *bytes = link_ack_pack(&ack, &size);
    struct link_ack parsed;
    cr_assert_eq(link_ack_parse(&parsed, bytes, size), ERR_UNSUPPORTED);
    free(bytes);
}

Test(link_frame, keeps_an_acknowledgement)
{
    struct link_ack ack = {.kind = LINK_ACK_STORED, .store_id = 77, .stamp_ns = 88};
    link_ranges_add(&ack.ranges, 1, 3);
    link_ranges_add(&ack.ranges, 7, 7);
    size_t size = 0;
    uint8_t *bytes = link_ack_pack(&ack, &size);
    struct link_ack parsed;
    cr_assert_eq(link_ack_parse(&parsed, bytes, size), ERR_OK);
    cr_assert_eq(parsed.kind, LINK_ACK_STORED);
    cr_assert_eq(parsed.store_id, 77);
    cr_assert_eq(parsed.stamp_ns, 88);
    cr_assert_eq(parsed.ranges.count, 2);
    cr_assert_eq(parsed.ranges.values[1].first, 7);
    free(bytes);
    link_ack_clear(&ack);
    link_ack_clear(&parsed);
}

Test(link_frame, keeps_a_lease)
{
    struct link_lease lease = {.ingest_id = 5, .stamp_ns = 6, .is_last = true};
    link_ranges_add(&lease.ranges[LINK_GRANTED], 1, 1);
    link_ranges_add(&lease.ranges[LINK_REGRANTED], 2, 2);
    link_ranges_add(&lease.ranges[LINK_GONE], 3, 4);
    size_t size = 0;
    uint8_t *bytes = link_lease_pack(&lease, &size);
    struct link_lease parsed;
    cr_assert_eq(link_lease_parse(&parsed, bytes, size), ERR_OK);
    cr_assert(parsed.is_last);
    cr_assert_eq(parsed.ingest_id, 5);
    cr_assert_eq(parsed.stamp_ns, 6);
    cr_assert_eq(parsed.ranges[LINK_GRANTED].values[0].first, 1);
    cr_assert_eq(parsed.ranges[LINK_REGRANTED].values[0].first, 2);
    cr_assert_eq(parsed.ranges[LINK_GONE].values[0].last, 4);
    cr_assert_neq(link_lease_parse(&parsed, bytes, size - 1), ERR_OK);
    free(bytes);
    link_lease_clear(&lease);
    link_lease_clear(&parsed);
}

static const struct link_hello HELLO = {
    .role = LINK_STORE, .id = 0x0102030405060708, .epoch = 1700000000000000, .is_answer = true};

Test(link_frame, keeps_a_hello)
{
    uint8_t bytes[LINK_HELLO_MAX];
    struct link_hello hello;
    size_t size = link_hello_pack(&HELLO, bytes);
    cr_assert_eq(link_hello_parse(&hello, bytes, size), ERR_OK);
    cr_assert_eq(hello.role, LINK_STORE);
    cr_assert_eq(hello.id, HELLO.id);
    cr_assert_eq(hello.epoch, HELLO.epoch);
    cr_assert(hello.is_answer);
    cr_assert_not(hello.wants_fresh);
}

Test(link_frame, a_hello_begins_with_its_version)
{
    uint8_t bytes[LINK_HELLO_MAX];
    (void)link_hello_pack(&HELLO, bytes);
    cr_assert_arr_eq(bytes, "\x08\x03", 2);
}

Test(link_frame, readers_of_version_1_refuse_a_hello)
{
    uint8_t bytes[LINK_HELLO_MAX];
    size_t size = link_hello_pack(&HELLO, bytes);
    struct link_ack ack;
    struct link_lease lease;
    cr_assert_neq(link_ack_parse(&ack, bytes, size), ERR_OK);
    cr_assert_neq(link_lease_parse(&lease, bytes, size), ERR_OK);
}

/* An empty range has two bytes, and forty and more once it is unpacked. */
Test(link_frame, more_ranges_than_anyone_sends_are_refused_before_they_are_unpacked)
{
    enum {
        ACK_RANGES_MAX = LINK_RANGES_MAX,
        MANY = 3 * ACK_RANGES_MAX + 1
    };
    Goflow__Link__SequenceRange empty = GOFLOW__LINK__SEQUENCE_RANGE__INIT;
    Goflow__Link__SequenceRange **ranges = calloc(MANY, sizeof *ranges);
    uint8_t *bytes = malloc(4 * MANY);
    for (size_t i = 0; i < MANY; i++) {
        ranges[i] = &empty;
    }
    Goflow__Link__Acknowledgement message = GOFLOW__LINK__ACKNOWLEDGEMENT__INIT;
    message.version = LINK_VERSION;
    message.ranges = ranges;
    struct link_ack ack;
    message.n_ranges = ACK_RANGES_MAX;
    size_t size = goflow__link__acknowledgement__pack(&message, bytes);
    cr_assert_eq(link_ack_parse(&ack, bytes, size), ERR_OK);
    link_ack_clear(&ack);
    message.n_ranges = ACK_RANGES_MAX + 1;
    size = goflow__link__acknowledgement__pack(&message, bytes);
    cr_assert_eq(link_ack_parse(&ack, bytes, size), ERR_CORRUPT);
    Goflow__Link__Lease lease_message = GOFLOW__LINK__LEASE__INIT;
    lease_message.version = LINK_VERSION;
    lease_message.granted = ranges;
    lease_message.n_granted = MANY;
    struct link_lease lease;
    size = goflow__link__lease__pack(&lease_message, bytes);
    cr_assert_eq(link_lease_parse(&lease, bytes, size), ERR_CORRUPT);
    free((void *)ranges);
    free(bytes);
}

Test(link_frame, nothing_else_is_a_hello)
{
    struct link_ack ack = {.kind = LINK_ACK_STORED, .ingest_id = 7, .store_id = 9};
    size_t size = 0;
    uint8_t *bytes = link_ack_pack(&ack, &size);
    struct link_hello hello;
    cr_assert_eq(link_hello_parse(&hello, bytes, size), ERR_UNSUPPORTED);
    cr_assert_eq(link_hello_parse(&hello, bytes, 0), ERR_UNSUPPORTED);
    free(bytes);
}

Test(link_frame, refuses_a_hello_cut_anywhere_and_one_of_nobody)
{
    uint8_t bytes[LINK_HELLO_MAX];
    struct link_hello whole = HELLO;
    whole.is_answer = false; /* a field that is not there cannot be missed */
    size_t size = link_hello_pack(&whole, bytes);
    for (size_t cut = 0; cut < size; cut++) {
        struct link_hello hello = {0};
        enum err err = link_hello_parse(&hello, bytes, cut);
        cr_assert(err != ERR_OK || hello.epoch != HELLO.epoch, "cut at %zu", cut);
    }
    struct link_hello nobody = {.role = LINK_INGEST};
    struct link_hello hello;
    size = link_hello_pack(&nobody, bytes);
    cr_assert_eq(link_hello_parse(&hello, bytes, size), ERR_CORRUPT);
}
