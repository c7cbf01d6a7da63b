/* SPDX-License-Identifier: BSD-3-Clause -- where statements end and data begin. */
#include "store/sink/statement.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct statement parse(const char *text)
{
    struct statement statement;
    statement_parse(&statement, text, strlen(text));
    return statement;
}

static void check_rewrite(const char *text, const char *expected, const char *data)
{
    struct statement statement = parse(text);
    cr_assert(statement.is_insert);
    cr_assert(statement.takes_data, "%s", text);
    struct buffer out = {0};
    statement_rewrite(&statement, text, 7, &out);
    cr_assert_str_eq(buffer_text(&out), expected);
    cr_assert_str_eq(text + statement.data, data);
    buffer_clear(&out);
}

static void check_takes_no_data(const char *text)
{
    cr_assert_not(parse(text).takes_data, "%s", text);
}

static void check_format(const char *text, const char *format)
{
    cr_assert_str_eq(parse(text).format, format, "%s", text);
}

Test(statement, is_harmless_when_cut_anywhere)
{
    static const char TEXT[] = "INSERT /* c */ INTO \"t\" (`a`) SELECT * FROM input('a\\'x') -- y\n"
                               "WHERE $q$ $q$ != '' FORMAT Native\n";
    for (size_t size = 0; size < sizeof TEXT; size++) {
        char *copy = malloc(size + 1);
        memcpy(copy, TEXT, size);
        struct statement statement;
        statement_parse(&statement, copy, size);
        cr_assert_leq(statement.data, size);
        free(copy);
    }
}

Test(statement, takes_no_data_unless_told)
{
    check_takes_no_data("");
    check_takes_no_data("SELECT 1 FORMAT Values");
    check_takes_no_data("INSERT INTO t SELECT 1");
    check_takes_no_data("INSERT INTO t SELECT 1 FORMAT Null");
    check_takes_no_data("INSERT INTO t (format) SELECT * FROM (SELECT 1)");
    check_takes_no_data("INSERT INTO t FROM INFILE 'x' FORMAT CSV");
    check_takes_no_data("-- INSERT INTO t FORMAT CSV\nSELECT 1");
}

Test(statement, moves_data_to_a_file)
{
    check_rewrite("INSERT INTO t FORMAT TSV\n1\n",
        "INSERT INTO t  FROM INFILE '/proc/self/fd/7' COMPRESSION 'none'  FORMAT TSV", "1\n");
}

Test(statement, keeps_settings_before_the_format)
{
    check_rewrite("insert into d.t(a, b) settings x = 1 format CSV 1,2",
        "insert into d.t(a, b)  FROM INFILE '/proc/self/fd/7' COMPRESSION 'none' settings x = 1  "
        "FORMAT CSV",
        "1,2");
}

Test(statement, takes_values_as_a_format)
{
    check_rewrite("INSERT INTO `values` (a) VALUES ('FORMAT x;'), (2)",
        "INSERT INTO `values` (a)  FROM INFILE '/proc/self/fd/7' COMPRESSION 'none'  FORMAT Values",
        "('FORMAT x;'), (2)");
}

Test(statement, turns_input_into_a_file)
{
    check_rewrite(
        "INSERT INTO t (a) SELECT * FROM input('a UInt8') WHERE now64() < 5 FORMAT Native\n"
        "\x01",
        "INSERT INTO t (a) SELECT * FROM file('/proc/self/fd/7', 'Native', 'a UInt8') WHERE "
        "now64() "
        "< 5 ",
        "\x01");
}

Test(statement, keeps_line_ends_that_are_data)
{
    struct statement statement = parse("INSERT INTO t FORMAT TSV \r\n\n1\n");
    cr_assert_eq(statement.data, strlen("INSERT INTO t FORMAT TSV \r\n"));
}

Test(statement, finds_the_format_of_a_query)
{
    check_format("SELECT 1", "");
    check_format("SELECT 1 FORMAT JSONEachRow", "JSONEachRow");
    check_format("select 1 format CSV settings max_threads = 1;", "CSV");
    check_format("SELECT format FROM t", "");
    check_format("SELECT 'x FORMAT CSV'", "");
    check_format("SELECT * FROM (SELECT 1 FORMAT CSV) FORMAT XML -- end", "XML");
}

Test(statement, sees_a_second_statement)
{
    cr_assert_not(parse("SELECT ';' ;; -- nothing\n").has_second);
    cr_assert(parse("SELECT 1; DROP TABLE t").has_second);
}
