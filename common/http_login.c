/* SPDX-License-Identifier: BSD-3-Clause -- asks for a name and a password. */
#include "common/http_login.h"

#include "common/http_message.h"

#include <string.h>

bool http_login_check(
    struct http_users *users, struct MHD_Connection *connection, const struct address *address)
{
    char *password = NULL;
    char *name = MHD_basic_auth_get_username_password(connection, &password);
    struct http_user_rights rights;
    bool is_known = name != NULL && password != NULL &&
                    http_users_check(users, name, password, address, &rights);
    if (password != NULL) {
        explicit_bzero(password, strlen(password));
    }
    MHD_free(password);
    MHD_free(name);
    return is_known;
}

enum MHD_Result http_login_refuse(struct MHD_Connection *connection)
{
    struct http_response response = http_message_new(MHD_HTTP_UNAUTHORIZED);
    buffer_text_append(&response.body, "401 give the name and the password of a user\n");
    http_response_header(
        &response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Basic realm=\"goflow\", charset=\"UTF-8\"");
    return http_message_send(connection, &response, false);
}
