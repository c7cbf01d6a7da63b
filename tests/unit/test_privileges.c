/* SPDX-License-Identifier: BSD-3-Clause -- who a process becomes, and what it keeps. */
#include "common/privileges.h"

#include "tests/support/captured_log.h"

#include <criterion/criterion.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A number that needs no entry in /etc/passwd. */
#define STRANGER "64321"

Test(privileges, knows_which_users_there_are)
{
    cr_assert_eq(privileges_check_user(""), ERR_OK);
    cr_assert_eq(privileges_check_user("root"), ERR_OK);
    cr_assert_eq(privileges_check_user("0:0"), ERR_OK);
    cr_assert_eq(privileges_check_user("nobody:nogroup"), ERR_OK);
    cr_assert_eq(privileges_check_user("there-is-no-such-user"), ERR_NOT_FOUND);
    cr_assert_eq(privileges_check_user("nobody:there-is-no-such-group"), ERR_NOT_FOUND);
    cr_assert_eq(privileges_check_user(":nogroup"), ERR_NOT_FOUND);
    cr_assert_eq(privileges_check_user("99999999999999"), ERR_NOT_FOUND);
}

/* The line of /proc/self/status, as a number; ~0: it is not there. */
static unsigned long long status_of(const char *key)
{
    char line[256];
    FILE *file = fopen("/proc/self/status", "re");
    unsigned long long value = ~0ULL;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0) {
            value = strtoull(line + strlen(key), NULL, 16);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return value;
}

static void check(bool (*body)(void))
{
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        _exit(body() ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static bool drops(void)
{
    uint64_t before = status_of("CapEff:");
    if (privileges_drop() != ERR_OK || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
        return false;
    }
    uint64_t after = status_of("CapEff:");
    uint64_t gone = UINT64_C(1) << CAP_SYS_ADMIN | UINT64_C(1) << CAP_SYS_PTRACE |
                    UINT64_C(1) << CAP_NET_ADMIN | UINT64_C(1) << CAP_SETUID;
    bool is_subset = (after & ~before) == 0 && (after & gone) == 0;
    return is_subset && (geteuid() == 0 || after == 0);
}

Test(privileges, gives_up_what_serves_beyond_files_and_ports)
{
    check(drops);
}

static bool becomes_stranger(bool keeps_ports)
{
    uint64_t ports = UINT64_C(1) << CAP_NET_BIND_SERVICE | UINT64_C(1) << CAP_NET_ADMIN;
    if (privileges_become(STRANGER, keeps_ports) != ERR_OK) {
        return false;
    }
    bool is_stranger = getuid() == 64321 && geteuid() == 64321 && getegid() == 64321 &&
                       getgroups(0, NULL) <= 1 && setuid(0) != 0;
    return is_stranger && status_of("CapEff:") == (keeps_ports ? ports : 0) &&
           status_of("CapAmb:") == (keeps_ports ? ports : 0) &&
           strcmp(privileges_user(), STRANGER) == 0 && strcmp(getenv("HOME"), "/") == 0;
}

static bool becomes_nobody_at_all(void)
{
    return becomes_stranger(false) && privileges_become(STRANGER, false) == ERR_OK &&
           privileges_drop() == ERR_OK && status_of("CapPrm:") == 0;
}

static bool becomes_nobody_with_ports(void)
{
    return becomes_stranger(true) && privileges_drop() == ERR_OK && status_of("CapPrm:") == 0 &&
           status_of("CapAmb:") == 0;
}

static bool is_refused(void)
{
    captured_log_begin();
    return privileges_become("root", false) == ERR_DENIED;
}

Test(privileges, becomes_another_user_for_good)
{
    if (geteuid() == 0) {
        check(becomes_nobody_at_all);
    } else {
        check(is_refused);
    }
}

Test(privileges, keeps_what_binds_ports_until_it_is_dropped)
{
    if (geteuid() == 0) {
        check(becomes_nobody_with_ports);
    } else {
        check(is_refused);
    }
}
