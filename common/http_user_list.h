/*
 * http_user_list.h -- the lines of a file of users (http_users.h). A value; pure.
 */
#pragma once

#include "common/prefix.h"
#include "common/text_line.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    HTTP_USERS_MAX = 64,
    HTTP_USER_PREFIXES_MAX = 8,
    HTTP_USER_NAME_SIZE = 64,
    HTTP_USER_HASH_SIZE = 160
};

struct http_user {
    char name[HTTP_USER_NAME_SIZE];
    char hash[HTTP_USER_HASH_SIZE];
    bool may_write;
    size_t prefix_count; /* 0: from anywhere */
    struct prefix prefixes[HTTP_USER_PREFIXES_MAX];
};

struct http_user_list {
    size_t count;
    struct http_user users[HTTP_USERS_MAX];
};

/* ERR_INVALID: *fault_p says where and why; a file without users is one. */
MUST_CHECK enum err http_user_list_parse(
    struct http_user_list *list_p, const char *text, struct text_fault *fault_p);

/* NULL: unknown. */
const struct http_user *http_user_list_find(const struct http_user_list *list, const char *name);

bool http_user_may_come_from(const struct http_user *user, const struct address *address);
