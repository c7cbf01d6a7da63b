/* SPDX-License-Identifier: BSD-3-Clause -- listens on a Unix socket. */
#include "common/http_socket.h"

#include "common/refusal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 128,
    MODE = 0600
};

static const char SCHEME[] = "unix:";

bool http_socket_is_meant(const char *address)
{
    return strncmp(address, SCHEME, sizeof SCHEME - 1) == 0;
}

static enum err refuse_socket(const struct http_listen *listen_on, int cause)
{
    const struct refusal refusal = {.component = "http",
        .flag = listen_on->flag,
        .key = "address",
        .value = listen_on->address,
        .cause = cause};
    if (cause == EINVAL) {
        refuse(&refusal, "cannot listen", "not the path of a socket",
            "give unix:PATH, absolute and below 100 bytes");
        return ERR_INVALID;
    }
    refuse(&refusal, "cannot listen", strerror(cause),
        cause == EADDRINUSE ? "stop the program that has it, or give another path"
                            : "give a path in a folder that this user may write");
    return cause == EADDRINUSE ? ERR_IN_USE : cause == EACCES ? ERR_DENIED : ERR_IO;
}

/* A program that was killed leaves its socket, which nobody answers on. */
static void remove_stale(const struct sockaddr_un *address)
{
    struct stat status;
    if (lstat(address->sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) {
        return;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return;
    }
    const void *to = address;
    if (connect(fd, to, sizeof *address) != 0 && errno == ECONNREFUSED) {
        (void)unlink(address->sun_path);
    }
    (void)close(fd);
}

/* -1 with errno. The mode of the descriptor is that of the file that bind() makes. */
static int bind_socket(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    const void *to = address;
    if (fchmod(fd, MODE) == 0 && bind(fd, to, sizeof *address) == 0 && listen(fd, BACKLOG) == 0) {
        return fd;
    }
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

enum err http_socket_open(int *fd_p, const struct http_listen *listen_on)
{
    const char *path = listen_on->address + sizeof SCHEME - 1;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path[0] != '/' || strlen(path) >= sizeof address.sun_path) {
        return refuse_socket(listen_on, EINVAL);
    }
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    remove_stale(&address);
    *fd_p = bind_socket(&address);
    return *fd_p >= 0 ? ERR_OK : refuse_socket(listen_on, errno);
}

void http_socket_remove(const char *address)
{
    (void)unlink(address + sizeof SCHEME - 1);
}
