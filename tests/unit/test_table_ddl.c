/* SPDX-License-Identifier: BSD-3-Clause -- the statements that make the table. */
#include "store/sink/table_ddl.h"

#include <criterion/criterion.h>
#include <stdio.h>

static char text[65536];

static const char *taken(struct buffer *buffer)
{
    (void)snprintf(text, sizeof text, "%s", buffer_text(buffer));
    buffer_clear(buffer);
    return text;
}

static const char *created(enum table_dialect dialect, uint64_t ttl_s)
{
    struct buffer out = {0};
    table_ddl_create(&out, "`d`.`t`", dialect, ttl_s);
    return taken(&out);
}

Test(table_ddl, lets_no_name_end_its_quotes)
{
    struct buffer out = {0};
    table_ddl_name(&out, "a`b", "c\\`; DROP TABLE d");
    cr_assert_str_eq(taken(&out), "`a\\`b`.`c\\\\\\`; DROP TABLE d`");
}

Test(table_ddl, tells_an_old_server_nothing_that_it_does_not_know)
{
    const char *sql = created(TABLE_PLAIN, 3600);
    static const char *const NEW[] = {"CODEC", " TTL ", "DateTime64", "Bool", "Nano"};
    for (size_t i = 0; i < sizeof NEW / sizeof NEW[0]; i++) {
        cr_expect_null(strstr(sql, NEW[i]), "%s", NEW[i]);
    }
    cr_assert_not_null(strstr(sql, "`TimeFlowStart` DateTime('UTC'), "));
    cr_assert_not_null(strstr(sql, "`HasMPLS` UInt8, "));
}

Test(table_ddl, keeps_rows_for_ever_without_a_ttl)
{
    cr_assert_null(strstr(created(TABLE_MODERN, 0), " TTL "));
    cr_assert_not_null(
        strstr(created(TABLE_MODERN, 10886400), " TimeReceived + INTERVAL 10886400 SECOND)"));
}

Test(table_ddl, keeps_rows_of_a_collector_whose_clock_was_not_set)
{
    cr_assert_not_null(strstr(created(TABLE_MODERN, 60),
        " TTL if(toUnixTimestamp(TimeReceived) < 1767225600, toDateTime(4294967295, 'UTC'), "));
}

Test(table_ddl, has_a_column_for_every_field_and_both_identities)
{
    const char *sql = created(TABLE_MODERN, 0);
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        char column[80];
        (void)snprintf(column, sizeof column, "`%s` ", FLOW_FIELDS[i].name);
        cr_expect_not_null(strstr(sql, column), "%s", FLOW_FIELDS[i].name);
    }
    cr_assert_not_null(strstr(sql, "`IngestID` UInt64 CODEC(T64, LZ4), "));
    cr_assert_not_null(strstr(sql, "`BatchSequence` UInt64 CODEC(T64, LZ4))"));
}

Test(table_ddl, partitions_by_the_day_of_utc)
{
    const char *sql = created(TABLE_MODERN, 0);
    cr_assert_not_null(strstr(sql, "`TimeReceived` DateTime('UTC')"));
    cr_assert_not_null(strstr(sql, "PARTITION BY toYYYYMMDD(TimeReceived) ORDER BY TimeReceived"));
}

Test(table_ddl, lets_an_insert_be_one_file_for_all_columns)
{
    cr_assert_not_null(strstr(created(TABLE_MODERN, 0), " min_bytes_for_wide_part = "));
    cr_assert_null(strstr(created(TABLE_PLAIN, 0), "SETTINGS"));
}

Test(table_ddl, gives_addresses_a_default_that_address_functions_take)
{
    struct buffer out = {0};
    for (size_t i = 0; i < table_ddl_columns(); i++) {
        if (strcmp(table_ddl_column_name(i), "NextHop") == 0) {
            table_ddl_column(&out, i, TABLE_MODERN);
        }
    }
    cr_assert_str_eq(taken(&out), "`NextHop` String DEFAULT '::'");
}

static void check_column(const char *name, enum table_dialect dialect, const char *expected)
{
    struct buffer out = {0};
    for (size_t i = 0; i < table_ddl_columns(); i++) {
        if (strcmp(table_ddl_column_name(i), name) == 0) {
            table_ddl_column(&out, i, dialect);
        }
    }
    cr_assert_str_eq(taken(&out), expected);
}

Test(table_ddl, leaves_texts_empty_where_a_flow_has_none)
{
    check_column("UserName", TABLE_MODERN, "`UserName` LowCardinality(String)");
    check_column("UserName", TABLE_PLAIN, "`UserName` String");
    check_column("HttpHost", TABLE_MODERN, "`HttpHost` String");
    check_column("HttpHost", TABLE_PLAIN, "`HttpHost` String");
}

Test(table_ddl, of_a_growing_table_makes_real_only_what_every_flow_has)
{
    check_column("Bytes", TABLE_GROWING, "`Bytes` UInt64 CODEC(T64, LZ4)");
    check_column("SrcAS", TABLE_GROWING, "`SrcAS` UInt32 ALIAS defaultValueOfTypeName('UInt32')");
    check_column("NextHop", TABLE_GROWING, "`NextHop` String ALIAS '::'");
    check_column(
        "HttpHost", TABLE_GROWING, "`HttpHost` String ALIAS defaultValueOfTypeName('String')");
    check_column("IngestID", TABLE_GROWING, "`IngestID` UInt64 CODEC(T64, LZ4)");
}

Test(table_ddl, fills_a_column_with_its_own_default_and_codec)
{
    struct buffer out = {0};
    table_ddl_fill(&out, FLOW_SRC_AS);
    cr_assert_str_eq(taken(&out), "MODIFY COLUMN `SrcAS` REMOVE ALIAS");
    table_ddl_fill(&out, FLOW_NEXT_HOP);
    cr_assert_str_eq(taken(&out), "MODIFY COLUMN `NextHop` String DEFAULT '::'");
    table_ddl_compress(&out, FLOW_SRC_AS);
    cr_assert_str_eq(taken(&out), "MODIFY COLUMN `SrcAS` UInt32 CODEC(T64, LZ4)");
}

Test(table_ddl, takes_a_users_own_alias_for_what_it_is)
{
    cr_assert(table_ddl_is_unfilled(FLOW_SRC_AS, "defaultValueOfTypeName('UInt32')"));
    cr_assert_not(table_ddl_is_unfilled(FLOW_SRC_AS, "dictGet('as', 'number', SrcAddr)"));
    cr_assert(table_ddl_is_unfilled(FLOW_NEXT_HOP, "'::'"));
    cr_assert_not(table_ddl_is_unfilled(FLOW_NEXT_HOP, "'192.0.2.1'"));
}

Test(table_ddl, reads_how_long_rows_stay)
{
    cr_assert_eq(table_ddl_lifetime_s(""), 0);
    cr_assert_eq(table_ddl_lifetime_s("ORDER BY a TTL Day + toIntervalDay(3)"), 0);
    cr_assert_eq(table_ddl_lifetime_s("TTL TimeReceived + toIntervalEon(3)"), 0);
    cr_assert_eq(table_ddl_lifetime_s("TTL TimeReceived + toInterval"), 0);
    cr_assert_eq(table_ddl_lifetime_s("a\nTTL TimeReceived + toIntervalSecond(90)\nb"), 90);
    cr_assert_eq(table_ddl_lifetime_s("TTL TimeReceived + toIntervalWeek(18)"), 18 * 604800);
    cr_assert_eq(table_ddl_lifetime_s("TTL TimeReceived + toIntervalYear(2)"), 2 * 366 * 86400);
    cr_assert_eq(table_ddl_lifetime_s("TTL if(toUnixTimestamp(TimeReceived) < 1767225600, "
                                      "toDateTime(4294967295, 'UTC'), TimeReceived + "
                                      "toIntervalSecond(60))"),
        60);
}
