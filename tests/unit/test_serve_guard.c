/* SPDX-License-Identifier: BSD-3-Clause -- what -ch.serve refuses by text and by host. */
#include "store/sink/serve_guard.h"

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
