/* SPDX-License-Identifier: BSD-3-Clause -- fields of records as entries of Extra. */
#include "ingest/decode/extra_program.h"

#include "common/mapping.h"
#include "tests/support/flow_collector.h"

#include <criterion/criterion.h>

static struct extra_program *program;
static struct mapping *mapping;
static struct flow flow;

static void tear_down(void)
{
    extra_program_destroy(&program);
    mapping_destroy(&mapping);
}

TestSuite(extra_program, .fini = tear_down);

static void compile(const struct template_field *fields, size_t count, bool takes_all)
{
    const struct extra_choice choice = {.takes_all = takes_all, .mapping = mapping};
    extra_program_destroy(&program);
    cr_assert_eq(extra_program_new(&program, fields, (uint16_t)count, &choice), ERR_OK);
}

#define COMPILE(fields, takes_all) compile(fields, sizeof(fields) / sizeof((fields)[0]), takes_all)

static void name_elements(const char *text)
{
    struct mapping_fault fault;
    cr_assert_eq(mapping_parse(&mapping, text, &fault), ERR_OK, "%s", fault.reason);
}

static uint32_t run(const char *record)
{
    flow_begin(&flow);
    return extra_program_run(program, (const uint8_t *)record, &flow);
}

static void check(const char *expected)
{
    cr_assert_str_eq(collector_extra(&flow), expected);
}

static const struct template_field MIXED[] = {
    {.id = 8, .length = 4},               /* has a field */
    {.id = 82, .length = 3},              /* a string */
    {.id = 210, .length = 2},             /* padding */
    {.pen = 2636, .id = 137, .length = 2} /* Juniper's: one of its values has a field */
};
static const char MIXED_RECORD[] = "\x0a\0\0\1"
                                   "abc"
                                   "\0\0"
                                   "\x01\x02";

Test(extra_program, is_none_when_nothing_is_wanted)
{
    COMPILE(MIXED, false);
    cr_assert_null(program);
    cr_assert_eq(extra_program_bytes(program), 0);
    name_elements("0/99 Other");
    COMPILE(MIXED, false);
    cr_assert_null(program);
}

Test(extra_program, is_none_for_fields_that_flows_have)
{
    static const struct template_field ORDINARY[] = {{.id = 8, .length = 4}, {.id = 1, .length = 8},
        {.id = 210, .length = 1}, {.pen = 29305, .id = 1, .length = 8}};
    COMPILE(ORDINARY, true);
    cr_assert_null(program);
}

Test(extra_program, takes_what_no_flow_field_takes)
{
    COMPILE(MIXED, true);
    cr_assert_eq(run(MIXED_RECORD), 0);
    check("0/82=abc 2636/137=0x0102");
}

/* The event and the pool's number have fields. */
Test(extra_program, keeps_the_name_of_a_nat_s_pool)
{
    static const struct template_field NAT[] = {
        {.id = 230, .length = 1}, {.id = 283, .length = 4}, {.id = 284, .length = 4}};
    COMPILE(NAT, true);
    cr_assert_eq(run("\x01\0\0\0\x07pool"), 0);
    check("0/284=pool");
}

Test(extra_program, keeps_a_vendor_s_elements_as_bytes_under_its_number)
{
    static const struct template_field NETSCALER[] = {
        {.id = 8, .length = 4}, {.pen = 5951, .id = 133, .length = 4}};
    COMPILE(NETSCALER, true);
    cr_assert_eq(run("\x0a\0\0\1\0\0\x12\x34"), 0);
    check("5951/133=0x00001234");
}

Test(extra_program, takes_only_what_has_a_name_unless_all_is_wanted)
{
    name_elements("2636/137 Policy UInt32\n0/8 Source String");
    COMPILE(MIXED, false);
    (void)run(MIXED_RECORD);
    check("Source=10.0.0.1 Policy=258");
    COMPILE(MIXED, true);
    (void)run(MIXED_RECORD);
    check("Source=10.0.0.1 0/82=abc Policy=258");
}

Test(extra_program, reads_elements_as_their_columns_hold_them)
{
    static const struct template_field FIELDS[] = {{.pen = 9, .id = 1, .length = 4},
        {.pen = 9, .id = 2, .length = 4}, {.pen = 9, .id = 3, .length = 4},
        {.pen = 9, .id = 4, .length = 4}, {.pen = 9, .id = 5, .length = 4},
        {.id = 320, .length = 4}, {.id = 36, .length = 2}, {.id = 313, .length = 2}};
    name_elements("9/1 A UInt8\n9/2 B Int64\n9/3 C Float64\n9/4 D IPv6\n9/5 E\n0/320 F Float64\n"
                  "0/36 G Float64\n0/313 H");
    COMPILE(FIELDS, false);
    (void)run("\0\0\1\0"
              "\xff\xff\xff\xfe"
              "\x3f\x80\0\0"
              "\xc0\0\2\1"
              "ab\1\0"
              "\x40\0\0\0"
              "\0\x3c"
              "\x45\0");
    check("A=256 B=-2 C=1 D=192.0.2.1 E=ab? F=2 G=60 H=0x4500");
}

Test(extra_program, numbers_what_comes_again)
{
    static const struct template_field FIELDS[] = {{.id = 82, .length = 1}, {.id = 83, .length = 1},
        {.id = 82, .length = 1}, {.id = 82, .length = 1}};
    COMPILE(FIELDS, true);
    (void)run("abcd");
    check("0/82=a 0/83=b 0/82/2=c 0/82/3=d");
    name_elements("0/82 Name\n0/83 Name");
    COMPILE(FIELDS, true);
    (void)run("abcd");
    check("Name=a Name/2=b Name/3=c Name/4=d");
}

Test(extra_program, leaves_out_values_without_bytes)
{
    COMPILE(MIXED, true);
    const struct record_place places[] = {{0, 4}, {4, 0}, {4, 2}, {6, 1}};
    extra_program_place(program, places);
    cr_assert_eq(run("\x0a\0\0\1\0\0\xff"), 0);
    check("2636/137=0xff");
}

Test(extra_program, numbers_on_what_a_record_in_a_list_adds)
{
    COMPILE(MIXED, true);
    (void)run(MIXED_RECORD);
    const struct record_place places[] = {{0, 4}, {4, 1}, {5, 0}, {5, 1}};
    static const struct template_field INNER[] = {{.id = 8, .length = 4},
        {.id = 82, .length = 65535}, {.id = 210, .length = 65535},
        {.pen = 9, .id = 1, .length = 65535}};
    COMPILE(INNER, true);
    cr_assert_eq(extra_program_add(program, places, (const uint8_t *)"\x0a\0\0\1zy", &flow), 0);
    check("0/82=abc 2636/137=0x0102 0/82/2=z 9/1=0x79");
}

Test(extra_program, counts_what_has_no_room)
{
    static char record[4 * 3000];
    static const struct template_field FIELDS[] = {{.id = 82, .length = 3000},
        {.id = 83, .length = 3000}, {.pen = 9, .id = 1, .length = 3000}, {.id = 94, .length = 9}};
    memset(record, 'a', sizeof record);
    COMPILE(FIELDS, true);
    cr_assert_eq(run(record), 2, "a second text, and hexadecimal digits");
    cr_assert_eq(flow.extra.count, 2);
}

Test(extra_program, counts_fields_beyond_the_highest_number)
{
    static struct template_field fields[TEMPLATE_MAX_FIELDS];
    for (size_t i = 0; i < TEMPLATE_MAX_FIELDS; i++) {
        fields[i] = (struct template_field){.pen = 9, .id = (uint16_t)i, .length = 1};
    }
    static char record[TEMPLATE_MAX_FIELDS];
    COMPILE(fields, true);
    cr_assert_eq(run(record), TEMPLATE_MAX_FIELDS - TEXT_MAP_ENTRIES);
    cr_assert_eq(flow.extra.count, TEXT_MAP_ENTRIES);
}
