/* SPDX-License-Identifier: BSD-3-Clause -- users of an HTTP server, from a file. */
#include "common/http_users.h"

#include "common/http_user_list.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/goflow_users_XXXXXX";
static struct http_user_list list;
static struct text_fault fault;

static void check_refused(const char *text, uint32_t line)
{
    fault = (struct text_fault){0};
    cr_assert_eq(http_user_list_parse(&list, text, &fault), ERR_INVALID, "%s", text);
    cr_assert_eq(fault.line, line, "%s: %u", text, fault.line);
    cr_assert_not_null(fault.reason);
}

Test(http_users, refuses_lines_that_are_not_users)
{
    check_refused("", 0);
    check_refused("a $y$x\n", 1);
    check_refused("# ok\na secret ro\n", 2);
    check_refused("a $1$md5$x ro\n", 1);
    check_refused("a $y$x yes\n", 1);
    check_refused("a:b $y$x ro\n", 1);
    check_refused("a $y$x ro 10.0.0.0/33\n", 1);
    check_refused("a $y$x ro\na $y$x rw\n", 2);
    check_refused("a $y$x ro 10.0.0.0/8 10.1.0.0/16\n", 1);
}

Test(http_users, knows_rights_and_prefixes)
{
    cr_assert_eq(
        http_user_list_parse(&list, "a $y$x ro 10.0.0.0/8,2001:db8::/32\nb $6$x rw\n", &fault),
        ERR_OK);
    const struct http_user *a = http_user_list_find(&list, "a");
    const struct http_user *b = http_user_list_find(&list, "b");
    cr_assert_not(a->may_write);
    cr_assert(b->may_write);
    const struct address inside = address_from_ipv4((const uint8_t[]){10, 1, 2, 3});
    const struct address outside = address_from_ipv4((const uint8_t[]){11, 1, 2, 3});
    cr_assert(http_user_may_come_from(a, &inside));
    cr_assert_not(http_user_may_come_from(a, &outside));
    cr_assert(http_user_may_come_from(b, &outside));
    cr_assert_null(http_user_list_find(&list, "c"));
}

static void write_users(const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

static void make_file(void)
{
    (void)close(mkstemp(path)); /* mode 0600 */
}

static void remove_file(void)
{
    (void)unlink(path);
}

TestSuite(http_users_file, .init = make_file, .fini = remove_file);

static bool passes(struct http_users *users, const char *name, const char *password)
{
    const struct address address = address_from_ipv4((const uint8_t[]){127, 0, 0, 1});
    struct http_user_rights rights;
    return http_users_check(users, name, password, &address, &rights);
}

/* openssl passwd -5 -salt saltsalt right; the same with "changed" */
#define HASH_RIGHT   "$5$saltsalt$1aZ4x5UIV44zvNqrzDnvxkgrN1oqaxnEleT36Cwe2L9"
#define HASH_CHANGED "$5$saltsalt$nDcOptXnLng7/dEMQbAjdf7brDaVSksD15F/BNsD4Y0"

Test(http_users_file, lets_in_who_knows_the_password_as_often_as_asked)
{
    struct http_users *users = NULL;
    write_users("a " HASH_RIGHT " rw\nb " HASH_RIGHT " ro 192.0.2.0/24\n");
    cr_assert_eq(http_users_open(&users, path, "-test"), ERR_OK);
    for (int i = 0; i < 3; i++) {
        cr_assert(passes(users, "a", "right"));
        cr_assert_not(passes(users, "a", "wrong"));
        cr_assert_not(passes(users, "a", ""));
        cr_assert_not(passes(users, "nobody", "right"));
        cr_assert_not(passes(users, "b", "right"), "not from this address");
    }
    http_users_close(&users);
    cr_assert_null(users);
}

Test(http_users_file, reads_the_file_again_and_forgets_what_passed)
{
    struct http_users *users = NULL;
    write_users("a " HASH_RIGHT " rw\n");
    cr_assert_eq(http_users_open(&users, path, "-test"), ERR_OK);
    cr_assert(passes(users, "a", "right"));
    write_users("a nonsense rw\n");
    http_users_reload(users);
    cr_assert(passes(users, "a", "right"), "the users in force stay");
    write_users("a " HASH_CHANGED " rw\n");
    http_users_reload(users);
    cr_assert_not(passes(users, "a", "right"));
    cr_assert(passes(users, "a", "changed"));
    http_users_close(&users);
}

Test(http_users_file, refuses_a_file_that_every_local_user_reads)
{
    struct http_users *users = NULL;
    write_users("a " HASH_RIGHT " rw\n");
    cr_assert_eq(chmod(path, 0644), 0);
    cr_assert_eq(http_users_open(&users, path, "-test"), ERR_DENIED);
    cr_assert_null(users);
}
