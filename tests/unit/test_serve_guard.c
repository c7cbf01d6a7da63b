/* SPDX-License-Identifier: BSD-3-Clause -- what -ch.serve refuses by text and by host. */
#include "store/sink/serve_guard.h"

#include "store/sink/serve_dictionary.h"
#include "store/sink/serve_input.h"

#include <criterion/criterion.h>
#include <string.h>

static bool is_refused(const char *canonical)
{
    return serve_guard_statement(canonical, strlen(canonical)) != NULL;
}

static bool is_reading(const char *canonical)
{
    return serve_guard_is_reading(canonical, strlen(canonical));
}

Test(serve_guard, refuses_files_in_statements)
{
    cr_assert(is_refused("SELECT 1\nINTO OUTFILE 'x' APPEND"));
    cr_assert(is_refused("INSERT INTO t FROM INFILE 'x' FORMAT TSV"));
    cr_assert(is_refused("SELECT file('/etc/hostname')"));
    cr_assert(is_refused("SELECT FILE('/etc/hostname')"));
    cr_assert(is_refused("SELECT `file`('/etc/hostname')"));
    cr_assert(is_refused("SELECT * APPLY(file) FROM t"));
    cr_assert(is_refused("CREATE TABLE t ENGINE = FileLog('/x', 'TSV')"));
    cr_assert(is_refused("SELECT * FROM `/etc/hostname`"));
    cr_assert(
        is_refused("CREATE VIEW v\nDEFINER = CURRENT_USER SQL SECURITY DEFINER\nAS SELECT 1"));
}

Test(serve_guard, refuses_kinds_of_statements_that_it_does_not_know)
{
    cr_assert(is_refused(""));
    cr_assert(is_refused("RESTORE TABLE t FROM S3('http://127.0.0.1:1/bucket/k')"));
    cr_assert(is_refused("BACKUP TABLE t TO Null"));
    cr_assert(is_refused("GRANT SELECT ON *.* TO u"));
    cr_assert(is_refused("DROP TABLE t PARALLEL WITH DROP TABLE u"));
    cr_assert_not(is_refused("DROP TABLE t"));
    cr_assert_not(is_refused("SYSTEM FLUSH LOGS"));
}

Test(serve_guard, refuses_storage_that_is_not_the_engines_folder)
{
    cr_assert(is_refused("CREATE TABLE t ENGINE = MergeTree SETTINGS disk = disk(type = local)"));
    cr_assert(is_refused("CREATE DATABASE d\nENGINE = Backup('default', File('x'))"));
    cr_assert(is_refused("ATTACH TABLE t FROM 'x' (`a` String)"));
    cr_assert(is_refused("CREATE TABLE t (`a` String)\nENGINE = Buffer('d', 'u', 1)"));
    cr_assert(is_refused("CREATE TABLE t (`a` String)\nENGINE = `Memory2`"));
    cr_assert_not(is_refused("CREATE TABLE t (`a` String)\nENGINE = Join(ANY, LEFT, a)"));
    cr_assert_not(is_refused("CREATE VIEW v\nAS SELECT engine = 'Buffer' FROM system.tables"));
    cr_assert_not(is_refused("CREATE DATABASE d"));
    cr_assert_not(is_refused("CREATE DATABASE d\nENGINE = Atomic"));
    cr_assert_not(is_refused("ATTACH TABLE t"));
    cr_assert_not(is_refused("CREATE TABLE t ENGINE = MergeTree AS SELECT a FROM u"));
}

Test(serve_guard, refuses_what_would_read_with_the_rights_of_an_insert)
{
    cr_assert(is_refused("CREATE VIEW v\n(\n    `a` String\n)\nAS SELECT 1"));
    cr_assert(is_refused("CREATE OR REPLACE VIEW d.v (`a` String) AS SELECT 1"));
    cr_assert(is_refused("ATTACH VIEW v (`a` String) AS SELECT 1"));
    cr_assert_not(is_refused("CREATE VIEW v\nAS SELECT (1)"));
    cr_assert_not(is_refused("CREATE MATERIALIZED VIEW v TO t\n(\n    `a` String\n)\nAS SELECT 1"));
    cr_assert(is_refused("ALTER TABLE t (ADD CONSTRAINT c CHECK a IN (SELECT 1))"));
    cr_assert(is_refused("ALTER TABLE t (ADD CONSTRAINT c CHECK a IN u)"));
    cr_assert_not(is_refused("ALTER TABLE t (ADD CONSTRAINT c CHECK a > 1)"));
}

#define DICTIONARY "CREATE DICTIONARY d\n(\n    `a` String\n)\nPRIMARY KEY a\n"

Test(serve_guard, accepts_dictionaries_of_a_query_only)
{
    cr_assert_not(is_refused(DICTIONARY "SOURCE(CLICKHOUSE(QUERY 'SELECT 1'))\nLAYOUT(HASHED())"));
    cr_assert_not(is_refused(DICTIONARY "SOURCE(NULL())\nLAYOUT(HASHED())"));
    cr_assert(is_refused(DICTIONARY "SOURCE(CLICKHOUSE(QUERY 'SELECT 1' HOST 'h'))"));
    cr_assert(is_refused(DICTIONARY "SOURCE(CLICKHOUSE(TABLE t))"));
    cr_assert(is_refused(DICTIONARY "SOURCE(CLICKHOUSE(QUERY x))"));
    cr_assert(is_refused(DICTIONARY "SOURCE(HTTP(URL 'http://h/'))"));
    cr_assert(is_refused(DICTIONARY "SOURCE(NULL())\nLAYOUT(SSD_CACHE(PATH 'x'))"));
    cr_assert(is_refused(DICTIONARY "SOURCE("));
}

Test(serve_guard, finds_the_query_of_a_dictionary)
{
    static const char TEXT[] = DICTIONARY "SOURCE(CLICKHOUSE(QUERY 'SELECT \\'x\\''))";
    struct sql_token query;
    cr_assert(serve_dictionary_find(TEXT, sizeof TEXT - 1, &query));
    cr_assert_eq(strncmp(TEXT + query.start, "'SELECT \\'x\\''", query.end - query.start), 0);
    cr_assert_eq(query.end - query.start, sizeof "'SELECT \\'x\\''" - 1);
    cr_assert_not(serve_dictionary_find("SELECT 1", 8, &query));
}

static bool reads_more(const char *canonical)
{
    return serve_input_check(canonical, strlen(canonical)) != NULL;
}

Test(serve_guard, lets_an_insert_with_input_read_nothing_else)
{
    cr_assert_not(reads_more("INSERT INTO t (a) SELECT a, 1 FROM input('a String') WHERE a > 1"));
    cr_assert_not(reads_more("INSERT INTO t SELECT * FROM input('a String') AS i ORDER BY a, b"));
    cr_assert(reads_more("INSERT INTO t SELECT * FROM u, input('a String')"));
    cr_assert(reads_more("INSERT INTO t SELECT * FROM input('a String'), u"));
    cr_assert(reads_more("INSERT INTO t SELECT * FROM input('a String') CROSS JOIN u"));
    cr_assert(reads_more("INSERT INTO t SELECT * FROM input('a String') WHERE a IN u"));
    cr_assert(reads_more("INSERT INTO t SELECT * FROM input('a String') WHERE notIn(a, u)"));
    cr_assert(reads_more("INSERT INTO t SELECT (SELECT 1) FROM input('a String')"));
    cr_assert(reads_more("INSERT INTO t SELECT * FROM input('a String') UNION ALL SELECT 1"));
    cr_assert(reads_more("INSERT INTO t SELECT * FROM input({t:Identifier})"));
}

Test(serve_guard, accepts_those_words_in_texts_and_names)
{
    cr_assert_not(is_refused("SELECT 'INTO OUTFILE', 'file(', '/etc'"));
    cr_assert_not(is_refused("SELECT file FROM t"));
    cr_assert_not(is_refused("SELECT `OUTFILE` FROM t"));
    cr_assert_not(is_refused("SELECT count() FROM profile"));
}

Test(serve_guard, knows_the_statements_that_change_nothing)
{
    cr_assert(is_reading("SELECT 1"));
    cr_assert(is_reading("(\n    SELECT 1\n)\nUNION ALL\n(\n    SELECT 2\n)"));
    cr_assert(is_reading("EXPLAIN SELECT 1"));
    cr_assert_not(is_reading("KILL QUERY WHERE 1 SYNC"));
    cr_assert_not(is_reading("SYSTEM SHUTDOWN"));
    cr_assert_not(is_reading("INSERT INTO t SELECT 1"));
    cr_assert_not(is_reading(""));
}

Test(serve_guard, accepts_addresses_and_given_names_as_host)
{
    const struct option_list names = {.count = 1, .values = {"db.example"}};
    cr_assert(serve_guard_is_own_host(NULL, &names));
    cr_assert(serve_guard_is_own_host("127.0.0.1:8123", &names));
    cr_assert(serve_guard_is_own_host("[::1]:8123", &names));
    cr_assert(serve_guard_is_own_host("[::1]", &names));
    cr_assert(serve_guard_is_own_host("LOCALHOST:1", &names));
    cr_assert(serve_guard_is_own_host("db.example:8123", &names));
    cr_assert_not(serve_guard_is_own_host("", &names));
    cr_assert_not(serve_guard_is_own_host(":8123", &names));
    cr_assert_not(serve_guard_is_own_host("elsewhere.example", &names));
    cr_assert_not(serve_guard_is_own_host("127.0.0.1.elsewhere.example", &names));
    cr_assert_not(serve_guard_is_own_host("xdb.example", &names));
}
