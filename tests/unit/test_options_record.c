/* SPDX-License-Identifier: BSD-3-Clause -- what exporters tell of themselves, as rows. */
#include "common/clock.h"
#include "ingest/decode/decode.h"

#include <criterion/criterion.h>

enum {
    START_S = 1700000000,
    HOUR_S = 3600
};

static struct told {
    size_t rows;
    uint64_t scope_id;
    char scope[32];
    char name[64];
    char value[300];
} told;

static void copy(char *out, const struct record_value *value)
{
    memcpy(out, value->text, value->size);
    out[value->size] = '\0';
}

static void take_record(void *context, enum record_kind kind, const struct record *record)
{
    (void)context;
    if (kind != RECORD_OPTIONS) {
        return;
    }
    told.rows++;
    told.scope_id =
        record_has(record, OPTIONS_SCOPE_ID) ? record->values[OPTIONS_SCOPE_ID].number : 0;
    copy(told.scope, &record->values[OPTIONS_SCOPE]);
    copy(told.name, &record->values[OPTIONS_NAME]);
    copy(told.value, &record->values[OPTIONS_VALUE]);
}

static void take_flow(void *context, const struct flow *flow)
{
    (void)context;
    (void)flow;
}

static struct decoder *open_decoder(void)
{
    struct decoder *decoder;
    const struct decoder_options options = {.records = {.take = take_record}};
    cr_assert_eq(decoder_new(&decoder, &options), ERR_OK);
    return decoder;
}

static uint8_t *put16(uint8_t *p, unsigned value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
    return p + 2;
}

static void decode(struct decoder *decoder, const uint8_t *sets, size_t size, uint64_t time_s)
{
    uint8_t bytes[2048] = {0};
    uint8_t *p = put16(bytes, 10);
    (void)put16(p, (unsigned)size + 16);
    memcpy(bytes + 16, sets, size);
    const struct datagram datagram = {.bytes = bytes,
        .size = size + 16,
        .source = address_from_ipv4((const uint8_t[]){192, 0, 2, 1}),
        .received_ns = time_s * NS_PER_S};
    const struct flow_sink sink = {.take = take_flow};
    cr_assert_eq(decoder_decode(decoder, &datagram, &sink), DECODE_OK);
}

/* Template 256: a scope of 4 bytes, then that element of that length. */
static void announce_scope(
    struct decoder *decoder, unsigned scope, unsigned element, unsigned length)
{
    uint8_t set[18];
    uint8_t *p = set;
    const unsigned words[] = {3, sizeof set, 256, 2, 1, scope, 4, element, length};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        p = put16(p, words[i]);
    }
    decode(decoder, set, sizeof set, START_S);
}

static void announce(struct decoder *decoder, unsigned element, unsigned length)
{
    announce_scope(decoder, 10, element, length); /* ingressInterface */
}

static void tell(
    struct decoder *decoder, unsigned interface, const char *value, size_t length, uint64_t time_s)
{
    uint8_t set[300] = {0};
    uint8_t *p = put16(put16(set, 256), 8 + (unsigned)length);
    p = put16(put16(p, 0), interface);
    memcpy(p, value, length);
    decode(decoder, set, 8 + length, time_s);
}

Test(options_record, has_no_row_for_what_has_no_name)
{
    struct decoder *decoder = open_decoder();
    announce(decoder, 1, 4);
    tell(decoder, 3, "abcd", 4, START_S);
    cr_assert_eq(told.rows, 0);
    decoder_destroy(&decoder);
}

Test(options_record, names_an_interface)
{
    struct decoder *decoder = open_decoder();
    announce(decoder, 82, 8);
    tell(decoder, 3,
        "eth\x01"
        "0 \0x",
        8, START_S);
    cr_assert_eq(told.rows, 1);
    cr_assert_str_eq(told.scope, "interface");
    cr_assert_eq(told.scope_id, 3);
    cr_assert_str_eq(told.name, "interfaceName");
    cr_assert_str_eq(told.value, "eth?0");
    decoder_destroy(&decoder);
}

Test(options_record, names_an_interface_of_a_process)
{
    const unsigned words[] = {3, 22, 256, 3, 2, 144, 4, 10, 4, 82, 4, /* template of two scopes */
        256, 16, 0, 7, 0, 3, 0x6574, 0x6830};                         /* process 7, interface 3 */
    uint8_t sets[sizeof words / sizeof words[0] * 2];
    uint8_t *p = sets;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        p = put16(p, words[i]);
    }
    struct decoder *decoder = open_decoder();
    decode(decoder, sets, sizeof sets, START_S);
    cr_assert_eq(told.rows, 1);
    cr_assert_str_eq(told.scope, "interface");
    cr_assert_eq(told.scope_id, 3);
    cr_assert_str_eq(told.value, "eth0");
    decoder_destroy(&decoder);
}

Test(options_record, names_a_pool_of_addresses)
{
    struct decoder *decoder = open_decoder();
    announce_scope(decoder, 283, 284, 4);
    tell(decoder, 7, "home", 4, START_S);
    cr_assert_str_eq(told.scope, "natPool");
    cr_assert_eq(told.scope_id, 7);
    cr_assert_str_eq(told.name, "natPoolName");
    cr_assert_str_eq(told.value, "home");
    decoder_destroy(&decoder);
}

Test(options_record, writes_numbers_as_text)
{
    struct decoder *decoder = open_decoder();
    announce(decoder, 41, 2);
    tell(decoder, 3, "\x01\x02", 2, START_S);
    cr_assert_str_eq(told.name, "exportedMessageTotalCount");
    cr_assert_str_eq(told.value, "258");
    decoder_destroy(&decoder);
}

Test(options_record, is_given_again_when_it_changes_back_or_after_an_hour)
{
    struct decoder *decoder = open_decoder();
    announce(decoder, 82, 4);
    tell(decoder, 3, "old ", 4, START_S);
    tell(decoder, 3, "old ", 4, START_S + 1);
    cr_assert_eq(told.rows, 1);
    tell(decoder, 3, "new ", 4, START_S + 2);
    tell(decoder, 3, "old ", 4, START_S + 3);
    cr_assert_eq(told.rows, 3);
    tell(decoder, 4, "old ", 4, START_S + 4);
    cr_assert_eq(told.rows, 4);
    tell(decoder, 3, "old ", 4, START_S + 3 + HOUR_S);
    cr_assert_eq(told.rows, 5);
    decoder_destroy(&decoder);
}

/* A record of one scope field and one value, of any elements and lengths. */
static void tell_of(struct decoder *decoder, const unsigned fields[4], const uint8_t *record)
{
    const unsigned words[] = {3, 18, 256, 2, 1, fields[0], fields[1], fields[2], fields[3], 256,
        4 + fields[1] + fields[3]};
    uint8_t sets[128];
    uint8_t *p = sets;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        p = put16(p, words[i]);
    }
    memcpy(p, record, fields[1] + fields[3]);
    decode(decoder, sets, (size_t)(p - sets) + fields[1] + fields[3], START_S);
}

Test(options_record, names_an_application_of_nine_bytes_by_enterprise_and_selector)
{
    struct decoder *decoder = open_decoder();
    tell_of(decoder, (const unsigned[]){95, 9, 96, 3},
        (const uint8_t[]){20, 0, 0, 0x30, 0x44, 0, 0, 0x8f, 0x34, 'o', 'n', 'e'});
    cr_assert_eq(told.rows, 1);
    cr_assert_str_eq(told.scope, "application");
    cr_assert_eq(told.scope_id, UINT64_C(12356) << 32 | 36660);
    cr_assert_str_eq(told.value, "one");
    tell_of(decoder, (const unsigned[]){95, 9, 96, 3},
        (const uint8_t[]){20, 0, 0, 0x30, 0x44, 0, 0, 0x3d, 0x10, 't', 'w', 'o'});
    cr_assert_eq(told.rows, 2, "an id of its own");
    cr_assert_eq(told.scope_id, UINT64_C(12356) << 32 | 15632);
    decoder_destroy(&decoder);
}

static void check_distinguisher(const uint8_t value[8], const char *expected)
{
    struct decoder *decoder = open_decoder();
    uint8_t record[12] = {0, 0, 0, 7};
    memcpy(record + 4, value, 8);
    tell_of(decoder, (const unsigned[]){234, 4, 90, 8}, record);
    cr_assert_str_eq(told.scope, "vrf");
    cr_assert_str_eq(told.name, "mplsVpnRouteDistinguisher");
    cr_assert_str_eq(told.value, expected);
    decoder_destroy(&decoder);
}

Test(options_record, writes_route_distinguishers_as_people_do)
{
    check_distinguisher((const uint8_t[]){0, 0, 0xfd, 0xe9, 0, 0, 0, 100}, "65001:100");
    check_distinguisher((const uint8_t[]){0, 1, 192, 0, 2, 1, 0, 100}, "192.0.2.1:100");
    check_distinguisher((const uint8_t[]){0, 2, 0, 1, 0, 0, 0, 100}, "65536L:100");
    check_distinguisher((const uint8_t[]){0, 9, 0, 1, 0, 0, 0, 100}, "0x0009000100000064");
    check_distinguisher((const uint8_t[]){0, 2, 255, 255, 255, 255, 255, 255}, "4294967295L:65535");
}

Test(options_record, knows_dropped_packets_networks_and_names_of_application_groups)
{
    static const struct {
        unsigned element;
        const char *name;
        const char *value;
    } VALUES[] = {{135, "droppedPacketTotalCount", "24930"}, {147, "wlanSSID", "ab"},
        {372, "applicationCategoryName", "ab"}, {373, "applicationSubCategoryName", "ab"},
        {374, "applicationGroupName", "ab"}};
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++) {
        struct decoder *decoder = open_decoder();
        tell_of(decoder, (const unsigned[]){149, 4, VALUES[i].element, 2},
            (const uint8_t[]){0, 0, 0, 1, 'a', 'b'});
        cr_assert_str_eq(told.name, VALUES[i].name);
        cr_assert_str_eq(told.value, VALUES[i].value);
        decoder_destroy(&decoder);
    }
}
