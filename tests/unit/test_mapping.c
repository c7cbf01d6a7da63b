/* SPDX-License-Identifier: BSD-3-Clause -- which information elements get a column. */
#include "common/mapping.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct mapping *mapping;
static struct mapping_fault fault;

static void tear_down(void)
{
    mapping_destroy(&mapping);
}

TestSuite(mapping, .fini = tear_down);

static enum err parse(const char *text)
{
    mapping_destroy(&mapping);
    return mapping_parse(&mapping, text, &fault);
}

static void check_fault(const char *text, uint32_t line, const char *word, const char *reason)
{
    cr_assert_eq(parse(text), ERR_INVALID, "%s", text);
    cr_assert_null(mapping);
    cr_assert_eq(fault.line, line, "%s", text);
    cr_assert_str_eq(fault.word, word);
    cr_assert_not_null(strstr(fault.reason, reason), "%s: %s", text, fault.reason);
}

Test(mapping, refuses_what_is_no_element)
{
    static const char *const ELEMENTS[] = {"82", "/82", "0/", "0/82x", "x/82", "0/82/1", "0/65536",
        "4294967296/1", "-1/82", "0/+82", "0x9/1", "99999999999999999999/1",
        "1/99999999999999999999"};
    for (size_t i = 0; i < sizeof ELEMENTS / sizeof ELEMENTS[0]; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "%s Name", ELEMENTS[i]);
        check_fault(text, 1, ELEMENTS[i], "no element");
    }
}

Test(mapping, refuses_what_is_no_column)
{
    static const char *const NAMES[] = {"1st", "a-b", "a.b", "`a`", "n\xc3\xa4me",
        "a234567890123456789012345678901234567890123456789012345678901234"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        char text[128];
        char word[MAPPING_WORD_SIZE];
        (void)snprintf(text, sizeof text, "0/82 %s", NAMES[i]);
        (void)snprintf(word, sizeof word, "%.63s", NAMES[i]);
        check_fault(text, 1, word, "no column");
    }
}

Test(mapping, refuses_columns_that_are_ours)
{
    check_fault("0/82 Bytes", 1, "Bytes", "ours");
    check_fault("0/82 Extra", 1, "Extra", "ours");
    check_fault("0/82 IngestID", 1, "IngestID", "ours");
    check_fault("0/82 FlowType", 1, "FlowType", "ours");
}

Test(mapping, refuses_other_types_and_words_too_many)
{
    check_fault("0/82", 1, "0/82", "form");
    check_fault("0/82 Name Date", 1, "Date", "neither");
    check_fault("0/82 Name string", 1, "string", "neither");
    check_fault("0/82 Name String more", 1, "more", "too many");
}

Test(mapping, refuses_lines_that_contradict_each_other)
{
    check_fault("0/82 One\n0/82 Two\n", 2, "0/82", "earlier line");
    check_fault("0/82 Name\n# \n9/82 Name UInt8\n", 3, "Name", "another type");
}

Test(mapping, refuses_a_line_that_is_too_long)
{
    char text[300];
    memset(text, ' ', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    check_fault(text, 1, "", "longer");
}

Test(mapping, refuses_more_lines_than_there_may_be)
{
    char *text = malloc(MAPPING_LINES_MAX * 32 + 32);
    char *p = text;
    for (int i = 0; i < MAPPING_LINES_MAX; i++) {
        p += sprintf(p, "1/%d Name%d\n", i, i);
    }
    cr_assert_eq(parse(text), ERR_OK);
    cr_assert_eq(mapping->count, MAPPING_LINES_MAX);
    (void)strcpy(p, "2/1 More");
    cr_assert_eq(parse(text), ERR_INVALID);
    cr_assert_eq(fault.line, MAPPING_LINES_MAX + 1);
    free(text);
}

Test(mapping, finds_elements_in_any_order_of_lines)
{
    cr_assert_eq(parse("# names\n"
                       "2636/137 Policy UInt32 # Junos\r\n"
                       "\n"
                       "0/82\tInterfaceName\n"
                       "4294967295/65535 _last IPv6"),
        ERR_OK);
    const struct mapping_column *column = mapping_find(mapping, 0, 82);
    cr_assert_not_null(column);
    cr_assert_str_eq(column->name, "InterfaceName");
    cr_assert_str_eq(column->type_name, "String");
    cr_assert_eq(column->type, MAPPING_STRING);
    column = mapping_find(mapping, 2636, 137);
    cr_assert_not_null(column);
    cr_assert_eq(column->type, MAPPING_UNSIGNED);
    cr_assert_str_eq(column->type_name, "UInt32");
    cr_assert_not_null(mapping_find(mapping, UINT32_MAX, UINT16_MAX));
    cr_assert_null(mapping_find(mapping, 0, 137));
    cr_assert_null(mapping_find(NULL, 0, 82));
}

Test(mapping, lets_several_elements_share_a_column)
{
    cr_assert_eq(parse("9/12235 HttpHost\n35632/187 HttpHost"), ERR_OK);
    cr_assert_eq(mapping->count, 2);
    cr_assert_eq(mapping_find_column(mapping, "HttpHost"), &mapping->columns[0]);
    cr_assert_null(mapping_find_column(mapping, "Http"));
    cr_assert_null(mapping_find_column(NULL, "HttpHost"));
}

Test(mapping, may_fill_the_column_of_a_text_field_with_text_only)
{
    cr_assert_eq(parse("9/12235 HttpHost String"), ERR_OK);
    cr_assert_eq(parse("9/12235 HttpHost UInt32"), ERR_INVALID);
    cr_assert_eq(parse("9/12235 Bytes"), ERR_INVALID);
}

Test(mapping, may_be_empty)
{
    cr_assert_eq(parse(""), ERR_OK);
    cr_assert_eq(mapping->count, 0);
    cr_assert_null(mapping_find(mapping, 0, 82));
}
