/*
 * http_users.h -- who may use an HTTP server: a file of users.
 *
 *   # name   password hash of crypt(3)        rights   from (default: anywhere)
 *   grafana  $y$j9T$...                       ro       192.0.2.0/24,2001:db8::/32
 *   stores   $6$...                           rw
 *
 * A hash is meant to be slow, so what was right once is kept as a salted hash that is quick. Wrong
 * passwords are tried one at a time: strangers keep one processor busy at most. Any thread.
 */
#pragma once

#include "common/address.h"
#include "common/err.h"

#include <stdbool.h>

struct http_users;

struct http_user_rights {
    bool may_write;
};

/*
 * Reads the file, which others than its owner and group must not be able to read. `path` and `flag`
 * are borrowed. On failure one line is logged: ERR_IO, ERR_INVALID, ERR_MEMORY.
 */
MUST_CHECK enum err http_users_open(
    struct http_users **users_p, const char *path, const char *flag);
void http_users_close(struct http_users **users_p);

/* Reads the file again; the users in force stay where it is wrong. */
void http_users_reload(struct http_users *users);

/* True for a user of that password at that address. It takes as long for names that are unknown. */
bool http_users_check(struct http_users *users, const char *name, const char *password,
    const struct address *address, struct http_user_rights *rights_p);
