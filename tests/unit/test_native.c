/* SPDX-License-Identifier: BSD-3-Clause -- columns as Native bytes of the table's types. */
#include "store/columns/native.h"

#include "common/flow_codec.h"
#include "tests/support/random_flow.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum {
    MAX_ROWS = 1000
};

static struct columns *columns;
static struct native_plan *plan;
static struct buffer why;
static struct buffer out;
static struct flow flow;

static void set_up(void)
{
    cr_assert_eq(columns_new(&columns, MAX_ROWS), ERR_OK);
}

static void tear_down(void)
{
    native_plan_destroy(&plan);
    columns_destroy(&columns);
    buffer_clear(&why);
    buffer_clear(&out);
}

TestSuite(native, .init = set_up, .fini = tear_down);

static void add_row(void)
{
    static const struct row_identity IDENTITY = {.ingest_id = 0x1122, .sequence = 9};
    uint8_t packed[FLOW_PACKED_MAX];
    struct flow_packer packer = {0};
    size_t size = flow_pack(&packer, &flow, packed);
    cr_assert_eq(columns_append(columns, cursor_of(packed, size), 1, &IDENTITY), ERR_OK);
    flow_begin(&flow);
}

static struct address address_of(const char *text)
{
    struct address address;
    cr_assert_eq(address_parse(&address, text), ERR_OK);
    return address;
}

static enum err plan_one(const char *name, const char *type)
{
    char name_copy[64];
    char type_copy[256];
    (void)snprintf(name_copy, sizeof name_copy, "%s", name);
    (void)snprintf(type_copy, sizeof type_copy, "%s", type);
    struct table_column column = {.name = name_copy, .type = type_copy};
    native_plan_destroy(&plan);
    buffer_clear(&why);
    return native_plan_new(&plan, &column, 1, &why);
}

/* The values of the one column, behind the block's head, which is checked. */
static void check_values(
    const char *name, const char *type, const char *sent_type, const void *expected, size_t size)
{
    struct buffer head = {0};
    cr_assert_eq(plan_one(name, type), ERR_OK, "%s as %s", name, type);
    buffer_clear(&out);
    cr_assert_eq(native_write(plan, columns, &out), ERR_OK);
    buffer_format(&head, "\1%c%c%s%c%s", (char)columns_rows(columns), (char)strlen(name), name,
        (char)strlen(sent_type), sent_type);
    cr_assert_eq(out.size, head.size + size, "%s as %s: %zu bytes", name, type, out.size);
    cr_assert_arr_eq(out.bytes, head.bytes, head.size);
    cr_assert_arr_eq(out.bytes + head.size, expected, size, "%s as %s", name, type);
    buffer_clear(&head);
}

#define CHECK_BYTES(name, type, sent, ...)                                                         \
    check_values(                                                                                  \
        name, type, sent, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define CHECK_TEXT(name, type, sent, text) check_values(name, type, sent, text, sizeof(text) - 1)

#define COLUMN(column_name, type_name)                                                             \
    {                                                                                              \
        .name = (char[]){column_name}, .type = (char[])                                            \
        {                                                                                          \
            type_name                                                                              \
        }                                                                                          \
    }

Test(native, refuses_a_table_that_has_nothing_for_flows)
{
    cr_assert_eq(plan_one("x", "UInt8"), ERR_UNSUPPORTED);
    cr_assert_gt(why.size, 0);
    cr_assert_eq(plan_one("Bytes", "Tuple(UInt8, UInt8)"), ERR_UNSUPPORTED);
    cr_assert_not_null(strstr(buffer_text(&why), "Bytes"));
    cr_assert_null(plan);
}

Test(native, refuses_types_that_do_not_fit_the_field)
{
    cr_assert_eq(plan_one("SrcAddr", "UInt64"), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("SrcAddr", "FixedString(4)"), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("SrcAddr", "DateTime"), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("SrcAddr", "Array(String)"), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("AsPath", "UInt32"), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("Bytes", "IPv4"), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("Bytes", "DateTime"), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("Bytes", "Float64"), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("Bytes", ""), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("Bytes", "("), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("Type", "Enum8()"), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("Type", "Enum8('a"), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("TimeFlowStart", "DateTime64(10)"), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("IngestID", "UInt32"), ERR_UNSUPPORTED);
}

Test(native, writes_integers_of_any_width)
{
    flow_set_src_port(&flow, 0x1234);
    add_row();
    CHECK_BYTES("SrcPort", "UInt16", "UInt16", 0x34, 0x12);
    CHECK_BYTES("SrcPort", "UInt8", "UInt8", 0xff);
    CHECK_BYTES("SrcPort", "Int8", "Int8", 0x7f);
    CHECK_BYTES("SrcPort", "UInt32", "UInt32", 0x34, 0x12, 0, 0);
    CHECK_BYTES("SrcPort", "Int64", "Int64", 0x34, 0x12, 0, 0, 0, 0, 0, 0);
    CHECK_BYTES("SrcPort", "UInt256", "UInt64", 0x34, 0x12, 0, 0, 0, 0, 0, 0);
    CHECK_BYTES("SrcPort", "Bool", "Bool", 1);
}

Test(native, writes_each_width_to_each_width)
{
    static const char *const FIELDS[] = {"Proto", "SrcPort", "InIf", "Bytes"};
    static const char *const TYPES[] = {"UInt8", "UInt16", "UInt32", "UInt64"};
    for (uint32_t row = 0; row < 100; row++) {
        flow_set_proto(&flow, row);
        flow_set_src_port(&flow, row);
        flow_set_in_if(&flow, row);
        flow_set_bytes(&flow, row);
        add_row();
    }
    for (size_t from = 0; from < 4; from++) {
        for (size_t to = 0; to < 4; to++) {
            uint8_t expected[100 * 8] = {0};
            for (size_t row = 0; row < 100; row++) {
                expected[row << to] = (uint8_t)row;
            }
            check_values(FIELDS[from], TYPES[to], TYPES[to], expected, 100u << to);
        }
    }
}

Test(native, writes_addresses_as_text)
{
    struct address ipv4 = address_of("10.0.0.1");
    struct address longest = address_of("255.255.255.255");
    struct address ipv6 = address_of("2001:db8::1");
    flow_set_src_addr(&flow, &ipv4);
    add_row();
    flow_set_src_addr(&flow, &ipv4);
    add_row();
    add_row();
    flow_set_src_addr(&flow, &ipv6);
    add_row();
    flow_set_src_addr(&flow, &ipv6);
    add_row();
    flow_set_src_addr(&flow, &longest);
    add_row();
    flow_set_src_addr(&flow, &longest);
    add_row();
    CHECK_TEXT("SrcAddr", "String", "String",
        "\x08"
        "10.0.0.1"
        "\x08"
        "10.0.0.1"
        "\x02"
        "::"
        "\x0b"
        "2001:db8::1"
        "\x0b"
        "2001:db8::1"
        "\x0f"
        "255.255.255.255"
        "\x0f"
        "255.255.255.255");
}

Test(native, writes_address_text_as_the_libc_does)
{
    struct random random = {1};
    struct buffer expected = {0};
    for (unsigned i = 0; i < 100; i++) {
        char text[ADDRESS_TEXT_SIZE];
        random_field(&random, &flow, FLOW_DST_ADDR);
        char length = (char)address_format(&flow.dst_addr, text);
        buffer_append(&expected, &length, 1);
        buffer_text_append(&expected, text);
        add_row();
    }
    check_values("DstAddr", "String", "String", expected.bytes, expected.size);
    buffer_clear(&expected);
}

Test(native, writes_addresses_as_addresses)
{
    struct address ipv4 = address_of("10.0.0.1");
    struct address ipv6 = address_of("2001:db8::1");
    flow_set_src_addr(&flow, &ipv4);
    add_row();
    flow_set_src_addr(&flow, &ipv6);
    add_row();
    CHECK_BYTES("SrcAddr", "IPv4", "IPv4", 1, 0, 0, 10, 0, 0, 0, 0);
    CHECK_BYTES("SrcAddr", "UInt32", "UInt32", 1, 0, 0, 10, 0, 0, 0, 0);
    uint8_t both[32];
    memcpy(both, &ipv4, 16);
    memcpy(both + 16, &ipv6, 16);
    check_values("SrcAddr", "IPv6", "IPv6", both, sizeof both);
    check_values("SrcAddr", "FixedString(16)", "FixedString(16)", both, sizeof both);
}

Test(native, writes_times_as_exact_as_the_type)
{
    flow_set_time_received(&flow, 1000);
    flow_set_time_flow_start(&flow, 2);
    flow_set_time_flow_start_ns(&flow, UINT64_C(2500000000));
    add_row();
    flow_set_time_flow_start(&flow, 172800);
    add_row();
    CHECK_BYTES("TimeReceived", "DateTime", "DateTime", 0xe8, 3, 0, 0, 0, 0, 0, 0);
    CHECK_BYTES("TimeReceived", "DateTime('UTC')", "DateTime('UTC')", 0xe8, 3, 0, 0, 0, 0, 0, 0);
    CHECK_BYTES("TimeReceived", "UInt16", "UInt16", 0xe8, 3, 0, 0);
    CHECK_BYTES("TimeFlowStart", "Date", "Date", 0, 0, 2, 0);
    CHECK_BYTES("TimeFlowStart", "UInt32", "UInt32", 2, 0, 0, 0, 0, 0xa3, 2, 0);
    for (unsigned precision = 0; precision <= 9; precision++) {
        char type[32];
        uint64_t ticks = 1;
        for (unsigned i = 0; i < precision; i++) {
            ticks *= 10;
        }
        uint64_t expected[2] = {2500000000 / (1000000000 / ticks), 172800 * ticks};
        (void)snprintf(type, sizeof type, "DateTime64(%u, 'UTC')", precision);
        check_values("TimeFlowStart", type, type, expected, sizeof expected);
    }
    uint64_t exact[2] = {2500000000, 0};
    check_values("TimeFlowStartNs", "DateTime64(9)", "DateTime64(9)", exact, sizeof exact);
    CHECK_BYTES("TimeFlowStartNs", "DateTime", "DateTime", 2, 0, 0, 0, 0, 0, 0, 0);
}

Test(native, keeps_times_within_their_type)
{
    flow_set_time_received(&flow, UINT64_MAX);
    add_row();
    CHECK_BYTES("TimeReceived", "DateTime", "DateTime", 0xff, 0xff, 0xff, 0xff);
    CHECK_BYTES("TimeReceived", "Date", "Date", 0xff, 0xff);
    cr_assert_eq(plan_one("TimeReceived", "DateTime64(3)"), ERR_OK);
    buffer_clear(&out);
    cr_assert_eq(native_write(plan, columns, &out), ERR_OK);
    int64_t ticks;
    memcpy(&ticks, out.bytes + out.size - 8, 8);
    cr_assert_gt(ticks, 0);
}

Test(native, sends_only_what_an_enum_names)
{
    flow_set_type(&flow, 2);
    add_row();
    flow_set_type(&flow, 9);
    add_row();
    flow_set_type(&flow, 255);
    add_row();
    CHECK_BYTES("FlowType", "Enum8('none'=0,'v5'=2)", "Int8", 2, 0, 0);
    CHECK_BYTES("Type", "Enum16('it\\'s = 9' = -5, 'v5' = 2, 'x' = 9)", "Int16", 2, 0, 9, 0, 2, 0);
    CHECK_BYTES("Type", "UInt8", "UInt8", 2, 9, 255);
}

Test(native, writes_numbers_and_macs_as_text)
{
    flow_set_src_mac(&flow, 0x00259012abfe);
    flow_set_bytes(&flow, UINT64_MAX);
    add_row();
    add_row();
    CHECK_TEXT("SrcMac", "String", "String",
        "\x11"
        "00:25:90:12:ab:fe"
        "\0");
    CHECK_BYTES("SrcMac", "UInt64", "UInt64", 0xfe, 0xab, 0x12, 0x90, 0x25, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0);
    CHECK_TEXT("Bytes", "String", "String",
        "\x14"
        "18446744073709551615"
        "\x01"
        "0");
}

Test(native, writes_lists_as_arrays)
{
    struct address ipv4 = address_of("10.0.0.1");
    flow_append_as_path(&flow, 1);
    flow_append_as_path(&flow, 2);
    add_row();
    add_row();
    flow_append_as_path(&flow, 3);
    flow_append_mpls_ip(&flow, &ipv4);
    add_row();
    CHECK_BYTES("AsPath", "Array(UInt16)", "Array(UInt16)", 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0,
        0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 3, 0);
    CHECK_BYTES("AsPath", "Array(Nullable(UInt8))", "Array(Nullable(UInt8))", 2, 0, 0, 0, 0, 0, 0,
        0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3);
    CHECK_BYTES("MplsIP", "Array(LowCardinality(String))", "Array(String)", 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 8, '1', '0', '.', '0', '.', '0', '.', '1');
    CHECK_BYTES("MplsIP", "Array(IPv4)", "Array(IPv4)", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 10);
}

Test(native, writes_texts_as_strings_and_as_nothing_else)
{
    flow_set_bytes(&flow, 1);
    add_row();
    flow_set_http_host(&flow, "a.b", 3);
    add_row();
    flow_set_bytes(&flow, 2);
    add_row();
    CHECK_TEXT("HttpHost", "String", "String", "\0\3a.b\0");
    CHECK_TEXT("HttpHost", "LowCardinality(String)", "String", "\0\3a.b\0");
    CHECK_TEXT("HttpHost", "Nullable(String)", "Nullable(String)", "\0\0\0\0\3a.b\0");
    cr_assert_eq(plan_one("HttpHost", "UInt64"), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("HttpHost", "IPv6"), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("HttpHost", "Array(String)"), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("HttpHost", "Map(String, String)"), ERR_UNSUPPORTED);
}

Test(native, sends_nullable_with_its_map_and_low_cardinality_as_its_inner_type)
{
    flow_set_proto(&flow, 6);
    add_row();
    CHECK_BYTES("Proto", "Nullable(UInt8)", "Nullable(UInt8)", 0, 6);
    CHECK_BYTES("Proto", "LowCardinality(UInt8)", "UInt8", 6);
    CHECK_BYTES("Proto", "LowCardinality(Nullable(UInt8))", "Nullable(UInt8)", 0, 6);
    CHECK_BYTES("Proto", "Nullable(Enum8('none' = 0, 'TCP' = 6))", "Nullable(Int8)", 0, 6);
}

Test(native, leaves_out_columns_that_are_all_default)
{
    struct table_column table[] = {COLUMN("Packets", "UInt64"), COLUMN("BatchSequence", "UInt64"),
        COLUMN("Bytes", "UInt8"), COLUMN("Total`s", "UInt8"), COLUMN("IngestID", "UInt64")};
    flow_set_bytes(&flow, 5);
    add_row();
    cr_assert_eq(native_plan_new(&plan, table, 5, &why), ERR_OK);
    cr_assert_eq(why.size, 0);
    buffer_clear(&out);
    native_column_list(plan, columns, &out);
    cr_assert_str_eq(buffer_text(&out), "(`BatchSequence`, `Bytes`, `IngestID`)");
    buffer_clear(&out);
    cr_assert_eq(native_write(plan, columns, &out), ERR_OK);
    static const char EXPECTED[] = "\3\1"
                                   "\x0d"
                                   "BatchSequence"
                                   "\6UInt64\x09\0\0\0\0\0\0\0"
                                   "\5Bytes\5UInt8\5"
                                   "\x08IngestID\6UInt64\x22\x11\0\0\0\0\0";
    cr_assert_eq(out.size, sizeof EXPECTED);
    cr_assert_arr_eq(out.bytes, EXPECTED, sizeof EXPECTED);
}

Test(native, sends_one_column_of_a_block_that_is_all_default)
{
    add_row();
    add_row();
    CHECK_BYTES("Packets", "UInt16", "UInt16", 0, 0, 0, 0);
    CHECK_BYTES("SrcAddr", "String", "String", 0, 0);
    CHECK_BYTES("Proto", "Nullable(UInt8)", "Nullable(UInt8)", 0, 0, 0, 0);
    CHECK_BYTES(
        "AsPath", "Array(UInt32)", "Array(UInt32)", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    buffer_clear(&out);
    native_column_list(plan, columns, &out);
    cr_assert_str_eq(buffer_text(&out), "(`AsPath`)");
}

Test(native, allocates_nothing_once_the_buffer_has_grown)
{
    struct table_column table[] = {COLUMN("Bytes", "UInt64"), COLUMN("SrcAddr", "String")};
    struct random random = {2};
    for (unsigned i = 0; i < 100; i++) {
        random_flow(&random, &flow, 50);
        add_row();
    }
    cr_assert_eq(native_plan_new(&plan, table, 2, &why), ERR_OK);
    cr_assert_eq(native_write(plan, columns, &out), ERR_OK);
    const char *bytes = out.bytes;
    size_t room = out.room;
    out.size = 0;
    cr_assert_eq(native_write(plan, columns, &out), ERR_OK);
    cr_assert_eq(out.bytes, bytes);
    cr_assert_eq(out.room, room);
}

static void append_extra(const char *key, const char *value)
{
    struct text_entry entry = {.key = key,
        .value = value,
        .key_size = (uint16_t)strlen(key),
        .value_size = (uint16_t)strlen(value)};
    cr_assert(flow_append_extra(&flow, &entry));
}

Test(native, writes_a_map_as_offsets_keys_and_values)
{
    flow_begin(&flow);
    append_extra("0/36", "60");
    append_extra("9/1", "");
    add_row();
    add_row(); /* without entries */
    append_extra("k", "v");
    add_row();
    static const char EXPECTED[] = "\2\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0"
                                   "\4"
                                   "0/36\3"
                                   "9/1\1k"
                                   "\2"
                                   "60\0\1v";
    check_values("Extra", "Map(LowCardinality(String), String)", "Map(String, String)", EXPECTED,
        sizeof EXPECTED - 1);
    check_values("Extra", "Map(String, LowCardinality(String))", "Map(String, String)", EXPECTED,
        sizeof EXPECTED - 1);
}

Test(native, writes_a_map_as_json_where_the_column_is_text)
{
    flow_begin(&flow);
    append_extra("0/36", "a\"b");
    add_row();
    add_row();
    check_values("Extra", "String", "String", "\17{\"0/36\":\"a\\\"b\"}\2{}", 19);
}

Test(native, leaves_out_maps_of_other_types)
{
    static const char *const TYPES[] = {
        "Map(String, UInt64)", "UInt64", "Array(String)", "IPv6", "Nullable(String)", "DateTime"};
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        cr_assert_eq(plan_one("Extra", TYPES[i]), ERR_UNSUPPORTED, "%s", TYPES[i]);
    }
    cr_assert_eq(plan_one("Bytes", "Map(String, String)"), ERR_UNSUPPORTED);
    cr_assert_eq(plan_one("Bytes", "Float64"), ERR_UNSUPPORTED);
}
