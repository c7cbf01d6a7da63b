/* SPDX-License-Identifier: BSD-3-Clause -- what a confined process still reaches. */
#include "common/landlock.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PATH_SIZE = 128,
    IS_UNSUPPORTED = 77
};

static char own[] = "/tmp/goflow-landlock-XXXXXX";
static char foreign[] = "/tmp/goflow-landlock-XXXXXX";

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert(fputs(text, file) >= 0);
    cr_assert_eq(fclose(file), 0);
}

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(own));
    cr_assert_not_null(mkdtemp(foreign));
    write_file(own, "mine", "mine");
    write_file(foreign, "theirs", "theirs");
}

static void tear_down(void)
{
    char command[2 * PATH_SIZE];
    (void)snprintf(command, sizeof command, "rm -rf %s %s", own, foreign);
    int status = system(command);
    (void)status;
}

TestSuite(landlock, .init = set_up, .fini = tear_down);

/* 0, or the errno with which the kernel refuses to open it. */
static int open_error(const char *folder, const char *name, int flags)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, flags, 0600);
    if (fd < 0) {
        return errno;
    }
    (void)close(fd);
    return 0;
}

/* Runs the body in a process of its own, for what Landlock takes is gone for good. */
static void check_confined(enum landlock_access access, bool (*body)(void))
{
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        struct landlock *landlock;
        if (landlock_new(&landlock) != ERR_OK) {
            _exit(IS_UNSUPPORTED);
        }
        landlock_allow(landlock, own, access);
        landlock_allow(landlock, "/proc/self", LANDLOCK_READ);
        landlock_allow(landlock, "/tmp/goflow-there-is-no-such-folder", LANDLOCK_READ);
        bool is_enforced = landlock_enforce(landlock) == ERR_OK;
        landlock_destroy(&landlock);
        _exit(is_enforced && body() ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFEXITED(status));
    if (WEXITSTATUS(status) == IS_UNSUPPORTED) {
        (void)fprintf(stderr, "landlock: this kernel lacks it, so nothing was tested\n");
        return;
    }
    cr_assert_eq(WEXITSTATUS(status), 0);
}

static bool reads_own_only(void)
{
    return open_error(own, "mine", O_RDONLY) == 0 && open_error(own, "mine", O_RDWR) == EACCES &&
           open_error(own, "new", O_CREAT | O_WRONLY) == EACCES &&
           open_error(foreign, "theirs", O_RDONLY) == EACCES;
}

Test(landlock, leaves_what_it_allows_to_read_and_nothing_else)
{
    check_confined(LANDLOCK_READ, reads_own_only);
}

static bool writes_own_only(void)
{
    char from[PATH_SIZE];
    char to[PATH_SIZE];
    char below[PATH_SIZE];
    (void)snprintf(from, sizeof from, "%s/new", own);
    (void)snprintf(below, sizeof below, "%s/below", own);
    (void)snprintf(to, sizeof to, "%s/below/moved", own);
    return open_error(own, "new", O_CREAT | O_RDWR | O_TRUNC) == 0 && mkdir(below, 0700) == 0 &&
           rename(from, to) == 0 && unlink(to) == 0 && rmdir(below) == 0 &&
           open_error(foreign, "new", O_CREAT | O_WRONLY) == EACCES &&
           open_error(foreign, "theirs", O_WRONLY | O_TRUNC) == EACCES;
}

Test(landlock, leaves_a_folder_to_write_in_with_moves_between_its_folders)
{
    check_confined(LANDLOCK_WRITE, writes_own_only);
}

static bool links_do_not_lead_out(void)
{
    char path[PATH_SIZE];
    char target[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/link", own);
    (void)snprintf(target, sizeof target, "%s/theirs", foreign);
    return symlink(target, path) == 0 && open_error(own, "link", O_RDONLY) == EACCES &&
           open_error(own, "../", O_RDONLY | O_DIRECTORY) == EACCES;
}

Test(landlock, follows_no_link_out_of_a_folder)
{
    check_confined(LANDLOCK_WRITE, links_do_not_lead_out);
}

static bool starts_nothing(void)
{
    static char *const words[] = {(char *)"true", NULL};
    return execv("/bin/true", words) != 0 && errno == EACCES;
}

Test(landlock, allows_no_program)
{
    check_confined(LANDLOCK_WRITE, starts_nothing);
}

static bool knows_itself(void)
{
    return open_error("/proc/self", "statm", O_RDONLY) == 0 &&
           open_error("/proc/1", "cmdline", O_RDONLY) == EACCES;
}

Test(landlock, shows_of_the_processes_only_this_one)
{
    check_confined(LANDLOCK_WRITE, knows_itself);
}

static int tcp_error(int (*call)(int, const struct sockaddr *, socklen_t), uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error = call(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    (void)close(fd);
    return error;
}

/* Nobody listens on port 1: whoever may connect is refused by the host, not by the kernel's rules.
 */
static int check_ports(void)
{
    struct landlock *landlock;
    if (landlock_new(&landlock) != ERR_OK || !landlock_has_network(landlock)) {
        return IS_UNSUPPORTED;
    }
    landlock_allow_bind(landlock, 0);
    landlock_allow_connect(landlock, 1);
    bool is_enforced = landlock_enforce(landlock) == ERR_OK;
    landlock_destroy(&landlock);
    bool is_confined = tcp_error(bind, 0) == 0 && tcp_error(bind, 28017) == EACCES &&
                       tcp_error(connect, 1) == ECONNREFUSED && tcp_error(connect, 2) == EACCES;
    return is_enforced && is_confined ? 0 : 1;
}

Test(landlock, leaves_the_ports_that_it_allows)
{
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        _exit(check_ports());
    }
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == IS_UNSUPPORTED) {
        (void)fprintf(stderr, "landlock: this kernel confines no ports, so nothing was tested\n");
        return;
    }
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
