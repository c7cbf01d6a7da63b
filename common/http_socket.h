/*
 * http_socket.h -- a Unix socket in a folder, for clients of the same user.
 *
 * Private to common/http*.c. "unix:/run/goflow/serve": the file has mode 0600, so the kernel lets
 * in the user of the program and root, and no password is needed.
 */
#pragma once

#include "common/http_listen.h"

#include <stdbool.h>

/* True for "unix:...". */
bool http_socket_is_meant(const char *address);

/*
 * Binds and listens. Replaces a socket that a dead program has left. The caller closes *fd_p and
 * calls http_socket_remove(). A failure is logged in one line, as by http_listen_open().
 */
MUST_CHECK enum err http_socket_open(int *fd_p, const struct http_listen *listen_on);
void http_socket_remove(const char *address);
