/* SPDX-License-Identifier: BSD-3-Clause -- endpoints looked at before they are used. */
#include "common/link_check.h"

#include "common/file.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define IPC "ipc://"

enum {
    CLOSE_MS = 1000, /* libzmq closes a socket in a thread of its own */
    LOOK_MS = 20
};

/* A process listens there. */
static bool is_live(const struct sockaddr_un *name)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    bool is_there =
        connect(fd, (const struct sockaddr *)name, sizeof *name) == 0 || errno == EAGAIN;
    (void)close(fd);
    return is_there;
}

/* A process that has just ended its socket may still take connections for a moment. */
static bool stays_live(const struct sockaddr_un *name)
{
    for (int waited_ms = 0; waited_ms < CLOSE_MS; waited_ms += LOOK_MS) {
        if (!is_live(name)) {
            return false;
        }
        (void)poll(NULL, 0, LOOK_MS);
    }
    return true;
}

/* 0: it can be bound; else what bind(2) would say, or that libzmq would remove what is there. */
static int path_error(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof name.sun_path) {
        return ENAMETOOLONG;
    }
    memcpy(name.sun_path, path, strlen(path) + 1);
    char folder[sizeof name.sun_path];
    memcpy(folder, path, strlen(path) + 1);
    char *slash = strrchr(folder, '/');
    if (slash != NULL) {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    if (file_check_folder(slash != NULL ? folder : ".", FILE_FOLDER_EXISTS) != ERR_OK) {
        return errno;
    }
    struct stat found;
    if (lstat(path, &found) != 0) {
        return 0;
    }
    return !S_ISSOCK(found.st_mode) ? EEXIST : stays_live(&name) ? EADDRINUSE : 0;
}

static enum err check_path(const struct link_bound *bound, const char *given, const char *endpoint)
{
    const char *path = endpoint + strlen(IPC);
    bool is_path = strncmp(endpoint, IPC, strlen(IPC)) == 0 && path[0] != '@' && path[0] != '*';
    int cause = is_path ? path_error(path) : 0;
    const struct link_place place = {bound->flag, given, endpoint};
    return cause == 0 ? ERR_OK : link_refuse(&place, cause);
}

static enum err bind_port(
    zsock_t *socket, const struct link_bound *bound, const char *given, const char *endpoint)
{
    bool is_port = strncmp(endpoint, "tcp://", strlen("tcp://")) == 0;
    const struct link_place place = {bound->flag, given, endpoint};
    return socket != NULL && is_port ? link_bind(socket, &place) : ERR_OK;
}

/* In the order in which a start binds: the return channel first. */
static enum err check(zsock_t *socket, const struct link_bound *bound)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < bound->endpoints.count && err == ERR_OK; i++) {
        const char *given = bound->endpoints.values[i];
        char ack[LINK_ENDPOINT_SIZE];
        if (bound->has_return && link_ack_endpoint(given, ack) == ERR_OK) {
            err = check_path(bound, given, ack);
            err = err == ERR_OK ? bind_port(socket, bound, given, ack) : err;
        }
        if (err == ERR_OK) {
            err = check_path(bound, given, given);
        }
        if (err == ERR_OK) {
            err = bind_port(socket, bound, given, given);
        }
    }
    return err;
}

enum err link_check_paths(const struct link_bound *bound)
{
    return check(NULL, bound);
}

enum err link_check_bind(zsock_t *socket, const struct link_bound *bound)
{
    return check(socket, bound);
}

enum err link_check_connect(
    struct link_keyring *keyring, enum link_peer_kind peer, const struct option_list *connect)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < connect->count && err == ERR_OK; i++) {
        char plain[LINK_PLAIN_SIZE];
        zsock_t *socket = zsock_new(ZMQ_DEALER);
        err = socket == NULL
                  ? ERR_MEMORY
                  : link_keyring_connect(keyring, socket, peer, connect->values[i], plain);
        zsock_destroy(&socket);
    }
    return err;
}
