/*
 * http_login.h -- Basic authentication (RFC 7617) of a request.
 *
 * Private to common/http*.c.
 */
#pragma once

#include "common/http_users.h"

#include <microhttpd.h>

/* True where the request has the name and the password of a user. */
bool http_login_check(
    struct http_users *users, struct MHD_Connection *connection, const struct address *address);

/* 401, which makes browsers ask. */
enum MHD_Result http_login_refuse(struct MHD_Connection *connection);
