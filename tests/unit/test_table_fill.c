/* SPDX-License-Identifier: BSD-3-Clause -- columns that become real, against a database of texts.
 */
#include "store/sink/table_fill.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* A database with one table, whose answers each test chooses. */
static struct {
    struct sink_backend backend;
    const char *description; /* of DESCRIBE TABLE, now */
    const char *after_alter; /* and from the next ALTER on; NULL: as it is */
    const char *alter_error; /* NULL: an ALTER passes */
    enum sink_outcome alter_outcome;
    bool is_away;
    bool lacks_table;      /* until it is created */
    const char *may_alter; /* of CHECK GRANT; NULL: it does not know the statement */
    char statements[4096]; /* ALTERs, each with a newline */
    char created[16384];   /* CREATE TABLE */
} database;

#define REAL_COLUMNS                                                                               \
    "TimeReceived\tDateTime(\\'UTC\\')\t\t\n"                                                      \
    "IngestID\tUInt64\t\t\n"                                                                       \
    "BatchSequence\tUInt64\t\t\n"
#define UNFILLED_AS  "SrcAS\tUInt32\tALIAS\tdefaultValueOfTypeName(\\'UInt32\\')\n"
#define UNFILLED_HOP "NextHop\tString\tALIAS\t\\'::\\'\n"
#define REAL_AS      "SrcAS\tUInt32\t\t\n"
#define REAL_HOP     "NextHop\tString\tDEFAULT\t\\'::\\'\n"

static enum sink_outcome answer_alter(const char *sql, struct buffer *error)
{
    size_t used = strlen(database.statements);
    (void)snprintf(database.statements + used, sizeof database.statements - used, "%s\n", sql);
    if (database.after_alter != NULL) {
        database.description = database.after_alter;
    }
    if (database.alter_error != NULL) {
        buffer_text_append(error, database.alter_error);
        return database.alter_outcome;
    }
    return SINK_DONE;
}

static enum sink_outcome query(struct sink_backend *backend, const char *sql, const char *format,
    struct buffer *result, struct buffer *error)
{
    (void)backend;
    (void)format;
    if (database.is_away) {
        buffer_text_append(error, "connection refused");
        return SINK_RETRY;
    }
    /* What the table lacks beside the columns in question is not added: it is not ours to test. */
    if (strstr(sql, "ADD COLUMN") != NULL) {
        buffer_text_append(error, "Code: 497. DB::Exception: not here");
        return SINK_RETRY;
    }
    if (strncmp(sql, "ALTER", 5) == 0) {
        return answer_alter(sql, error);
    }
    if (strncmp(sql, "CHECK", 5) == 0 && database.may_alter != NULL) {
        buffer_text_append(result, database.may_alter);
        return SINK_DONE;
    }
    if (strncmp(sql, "CREATE TABLE", 12) == 0) {
        database.lacks_table = false;
        (void)snprintf(database.created, sizeof database.created, "%s", sql);
    }
    if (strncmp(sql, "DESCRIBE", 8) == 0 && database.lacks_table) {
        buffer_text_append(error, "Code: 60. DB::Exception: no such table");
        return SINK_REJECT;
    }
    if (strncmp(sql, "DESCRIBE", 8) == 0) {
        buffer_text_append(result, database.description);
    }
    return SINK_DONE;
}

static const struct sink_backend_class CLASS = {.query = query};
static struct table *table;
static struct columns *columns;
static struct buffer error;

static void prepare(const char *description)
{
    database.description = description;
    cr_assert_eq(table_prepare(table, &database.backend, &error), SINK_DONE);
    database.statements[0] = '\0';
}

static void start(void)
{
    memset(&database, 0, sizeof database);
    database.backend.class = &CLASS;
    const struct sink_options options = {.database = "d", .table = "t"};
    cr_assert_eq(table_new(&table, RECORD_FLOWS, &options), ERR_OK);
    cr_assert_eq(columns_new(&columns, 16), ERR_OK);
}

static void stop(void)
{
    table_destroy(&table);
    columns_destroy(&columns);
    buffer_clear(&error);
}

TestSuite(table_fill, .init = start, .fini = stop);

/* A Native block of one row with these columns, both 4 bytes of number or an empty text. */
static const char BLOCK_AS[] = "\1\1\5SrcAS\6UInt32\7\0\0\0";
static const char BLOCK_BOTH[] = "\2\1\5SrcAS\6UInt32\7\0\0\0\7NextHop\6String\2::";

static enum sink_outcome fill(const char *bytes, size_t size)
{
    const struct buffer block = {.bytes = (char *)bytes, .size = size};
    return table_fill_native(table, &database.backend, &block, &error);
}

#define FILL(block) fill(block, sizeof(block) - 1)

Test(table_fill, alters_once_for_all_columns_and_then_sets_their_codecs)
{
    prepare(REAL_COLUMNS UNFILLED_AS UNFILLED_HOP);
    database.after_alter = REAL_COLUMNS REAL_AS REAL_HOP;
    cr_assert_eq(FILL(BLOCK_BOTH), SINK_DONE);
    cr_assert_str_eq(database.statements,
        "ALTER TABLE `d`.`t` MODIFY COLUMN `SrcAS` REMOVE ALIAS, "
        "MODIFY COLUMN `NextHop` String DEFAULT '::'\n"
        "ALTER TABLE `d`.`t` MODIFY COLUMN `SrcAS` UInt32 CODEC(T64, LZ4), "
        "MODIFY COLUMN `NextHop` String DEFAULT '::'\n");
    database.statements[0] = '\0';
    cr_assert_eq(FILL(BLOCK_BOTH), SINK_DONE);
    cr_assert_str_eq(database.statements, "");
}

Test(table_fill, leaves_a_column_alone_that_the_block_does_not_have)
{
    prepare(REAL_COLUMNS UNFILLED_AS UNFILLED_HOP);
    database.after_alter = REAL_COLUMNS REAL_AS UNFILLED_HOP;
    cr_assert_eq(FILL(BLOCK_AS), SINK_DONE);
    cr_assert_null(strstr(database.statements, "NextHop"));
}

Test(table_fill, sends_nothing_where_the_flows_have_no_such_value)
{
    prepare(REAL_COLUMNS UNFILLED_AS UNFILLED_HOP);
    cr_assert_eq(table_fill_columns(table, &database.backend, columns, &error), SINK_DONE);
    cr_assert_str_eq(database.statements, "");
}

Test(table_fill, takes_it_for_done_when_another_store_was_first)
{
    prepare(REAL_COLUMNS UNFILLED_AS);
    database.alter_error = "Code: 36. DB::Exception: Column `SrcAS` doesn't have ALIAS";
    database.alter_outcome = SINK_REJECT;
    database.after_alter = REAL_COLUMNS REAL_AS;
    cr_assert_eq(FILL(BLOCK_AS), SINK_DONE);
    cr_assert_eq(error.size, 0);
}

Test(table_fill, waits_while_the_database_is_away_or_busy)
{
    prepare(REAL_COLUMNS UNFILLED_AS);
    database.alter_error = "Code: 517. DB::Exception: metadata on replica is not up to date";
    database.alter_outcome = SINK_UNKNOWN;
    cr_assert_eq(FILL(BLOCK_AS), SINK_RETRY);
    database.is_away = true;
    cr_assert_eq(FILL(BLOCK_AS), SINK_RETRY);
}

Test(table_fill, refuses_a_dead_letter_that_would_lose_values)
{
    prepare(REAL_COLUMNS UNFILLED_AS);
    database.alter_error = "Code: 497. DB::Exception: not enough privileges";
    database.alter_outcome = SINK_RETRY;
    cr_assert_eq(FILL(BLOCK_AS), SINK_REJECT);
    cr_assert_eq(fill(BLOCK_AS, 9), SINK_REJECT);
}

static bool creates_unfilled(const char *may_alter)
{
    database.lacks_table = true;
    database.may_alter = may_alter;
    prepare(REAL_COLUMNS);
    cr_assert_str_neq(database.created, "");
    return strstr(database.created, " ALIAS defaultValueOfTypeName(") != NULL;
}

Test(table_fill, creates_unfilled_columns_where_it_may_fill_them)
{
    cr_assert(creates_unfilled("1\n"));
}

Test(table_fill, creates_unfilled_columns_where_the_server_does_not_say)
{
    cr_assert(creates_unfilled(NULL));
}

Test(table_fill, creates_all_columns_where_it_may_not_fill_them_later)
{
    cr_assert_not(creates_unfilled("0\n"));
}
