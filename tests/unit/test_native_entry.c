/* SPDX-License-Identifier: BSD-3-Clause -- texts of a flow's map in columns of their own. */
#include "store/columns/native_entry.h"

#include "common/flow_codec.h"
#include "store/columns/native.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct columns *columns;
static struct native_plan *plan;
static struct buffer why;
static struct buffer out;
static struct flow flow;

static void set_up(void)
{
    cr_assert_eq(columns_new(&columns, 16), ERR_OK);
}

static void tear_down(void)
{
    native_plan_destroy(&plan);
    columns_destroy(&columns);
    buffer_clear(&why);
    buffer_clear(&out);
}

TestSuite(native_entry, .init = set_up, .fini = tear_down);

static void append_extra(const char *key, const char *value)
{
    struct text_entry entry = {.key = key,
        .value = value,
        .key_size = (uint16_t)strlen(key),
        .value_size = (uint16_t)strlen(value)};
    cr_assert(flow_append_extra(&flow, &entry));
}

static void add_row(void)
{
    static const struct row_identity IDENTITY = {.ingest_id = 1, .sequence = 2};
    uint8_t packed[FLOW_PACKED_MAX];
    struct flow_packer packer = {0};
    size_t size = flow_pack(&packer, &flow, packed);
    cr_assert_eq(columns_append(columns, cursor_of(packed, size), 1, &IDENTITY), ERR_OK);
    flow_begin(&flow);
}

/* Of a column that the operator's mapping names. */
static enum err plan_mapped(const char *type)
{
    char type_copy[64];
    (void)snprintf(type_copy, sizeof type_copy, "%s", type);
    struct table_column table = {.name = (char *)"k", .type = type_copy, .is_mapped = true};
    native_plan_destroy(&plan);
    buffer_clear(&why);
    return native_plan_new(&plan, &table, 1, &why);
}

/* What a column of that type holds for the text in the first of two rows, the other without one. */
static void check_mapped(const char *type, const char *text, const void *expected, size_t size)
{
    flow_begin(&flow);
    append_extra("other", "1");
    append_extra("k", text);
    columns_reset(columns);
    add_row();
    flow_set_bytes(&flow, 1);
    add_row();
    cr_assert_eq(plan_mapped(type), ERR_OK, "%s", buffer_text(&why));
    buffer_clear(&out);
    cr_assert_eq(native_write(plan, columns, &out), ERR_OK);
    size_t head = 2 + 2 + 1 + strlen(type);
    cr_assert_eq(out.size, head + size, "%s as %s: %zu bytes", text, type, out.size - head);
    cr_assert_arr_eq(out.bytes + head, expected, size, "%s as %s", text, type);
}

#define CHECK_MAPPED(type, text, expected) check_mapped(type, text, expected, sizeof(expected) - 1)

Test(native_entry, writes_the_default_where_a_mapped_text_is_no_such_value)
{
    CHECK_MAPPED("UInt16", "0x0102", "\0\0\0\0");
    CHECK_MAPPED("UInt8", "", "\0\0");
    CHECK_MAPPED("UInt8", "-1", "\0\0");
    CHECK_MAPPED("Int8", "--1", "\0\0");
    CHECK_MAPPED("Float64", "0x10", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    CHECK_MAPPED("IPv4", "2001:db8::1", "\0\0\0\0\0\0\0\0");
    CHECK_MAPPED("IPv4", "nowhere", "\0\0\0\0\0\0\0\0");
    char digits[100];
    memset(digits, '1', sizeof digits - 1);
    digits[sizeof digits - 1] = '\0';
    CHECK_MAPPED("UInt8", digits, "\0\0");
}

Test(native_entry, writes_mapped_texts_as_their_column_holds_them)
{
    CHECK_MAPPED("String", "xe-0/0/1", "\10xe-0/0/1\0");
    CHECK_MAPPED("UInt16", "258", "\2\1\0\0");
    CHECK_MAPPED("Int16", "-2", "\xfe\xff\0\0");
    CHECK_MAPPED("Float64", "1.5", "\0\0\0\0\0\0\xf8\x3f\0\0\0\0\0\0\0\0");
    CHECK_MAPPED("IPv4", "192.0.2.1", "\1\2\0\xc0\0\0\0\0");
    CHECK_MAPPED("IPv6", "2001:db8::1",
        "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
}

Test(native_entry, takes_the_nearest_number_that_a_mapped_column_holds)
{
    CHECK_MAPPED("UInt8", "256", "\xff\0");
    CHECK_MAPPED("Int8", "128", "\x7f\0");
    CHECK_MAPPED("Int8", "-128", "\x80\0");
    CHECK_MAPPED("Int8", "-129", "\x80\0");
    CHECK_MAPPED("Bool", "2", "\1\0");
    CHECK_MAPPED("Bool", "-2", "\0\0");
    CHECK_MAPPED("Int64", "-99999999999999999999", "\0\0\0\0\0\0\0\x80\0\0\0\0\0\0\0\0");
    CHECK_MAPPED(
        "UInt64", "18446744073709551616", "\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0");
}

Test(native_entry, refuses_mapped_columns_of_other_types)
{
    static const char *const TYPES[] = {"Array(String)", "Nullable(String)", "DateTime",
        "Enum8('a' = 1)", "Map(String, String)", "UUID"};
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        cr_assert_eq(plan_mapped(TYPES[i]), ERR_UNSUPPORTED, "%s", TYPES[i]);
    }
}

Test(native_entry, leaves_mapped_keys_out_of_the_map)
{
    flow_begin(&flow);
    append_extra("k", "v");
    append_extra("0/36", "60");
    add_row();
    append_extra("k", "w");
    add_row();
    struct table_column table[] = {
        {.name = (char *)"k", .type = (char *)"String", .is_mapped = true},
        {.name = (char *)"Extra", .type = (char *)"Map(String, String)"}};
    cr_assert_eq(native_plan_new(&plan, table, 2, &why), ERR_OK);
    cr_assert_eq(native_write(plan, columns, &out), ERR_OK);
    static const char EXPECTED[] = "\2\2"
                                   "\1k\6String\1v\1w"
                                   "\5Extra\23Map(String, String)"
                                   "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"
                                   "\4"
                                   "0/36\2"
                                   "60";
    cr_assert_eq(out.size, sizeof EXPECTED - 1);
    cr_assert_arr_eq(out.bytes, EXPECTED, out.size);
}
