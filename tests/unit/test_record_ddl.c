/* SPDX-License-Identifier: BSD-3-Clause -- CREATE TABLE for rows beside flows. */
#include "store/sink/record_ddl.h"

#include "store/columns/columns.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *create(
    struct buffer *out, enum record_kind kind, enum table_dialect dialect, uint64_t ttl_s)
{
    buffer_clear(out);
    record_ddl_create(out, "`d`.`t`", kind, dialect, ttl_s);
    return buffer_text(out);
}

Test(record_ddl, tells_an_old_server_nothing_that_it_does_not_know)
{
    struct buffer out = {0};
    for (int kind = RECORD_COUNTERS; kind < RECORD_KIND_COUNT; kind++) {
        const char *sql = create(&out, (enum record_kind)kind, TABLE_PLAIN, 60);
        cr_assert_null(strstr(sql, "CODEC"));
        cr_assert_null(strstr(sql, "TTL"));
    }
    buffer_clear(&out);
}

Test(record_ddl, keeps_what_is_known_of_an_exporter)
{
    struct buffer out = {0};
    const char *sql = create(&out, RECORD_OPTIONS, TABLE_MODERN, 60);
    cr_assert_null(strstr(sql, "TTL"));
    cr_assert_not_null(strstr(sql, "ReplacingMergeTree(TimeReceived)"));
    buffer_clear(&out);
}

Test(record_ddl, has_a_column_for_every_field_and_both_identities)
{
    struct buffer out = {0};
    for (int kind = RECORD_COUNTERS; kind < RECORD_KIND_COUNT; kind++) {
        const char *sql = create(&out, (enum record_kind)kind, TABLE_MODERN, 60);
        for (size_t i = 0; i < RECORD_SCHEMAS[kind].field_count; i++) {
            cr_assert_not_null(strstr(sql, RECORD_SCHEMAS[kind].fields[i].name));
        }
        cr_assert_not_null(strstr(sql, "`" ROW_INGEST_ID "` UInt64"));
        cr_assert_not_null(strstr(sql, "`" ROW_SEQUENCE "` UInt64"));
    }
    buffer_clear(&out);
}
