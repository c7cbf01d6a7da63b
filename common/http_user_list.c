/* SPDX-License-Identifier: BSD-3-Clause -- parses users, hashes, rights and prefixes. */
#include "common/http_user_list.h"

#include <stdio.h>
#include <string.h>

static enum err refuse_line(
    struct text_fault *fault_p, const struct text_line *line, const char *reason)
{
    *fault_p = (struct text_fault){.line = line->number, .reason = reason};
    return ERR_INVALID;
}

/* Accepts these methods of crypt(5): yescrypt, gost-yescrypt, scrypt, bcrypt, SHA-512, SHA-256. */
static bool is_strong_hash(const char *hash)
{
    static const char *const METHODS[] = {"$y$", "$gy$", "$7$", "$2b$", "$2y$", "$6$", "$5$"};
    for (size_t i = 0; i < sizeof METHODS / sizeof METHODS[0]; i++) {
        if (strncmp(hash, METHODS[i], strlen(METHODS[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* Prefixes with commas between them. NULL, or what is wrong. */
static const char *parse_prefixes(struct http_user *user, char *text)
{
    char *rest = NULL;
    for (char *word = strtok_r(text, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
        const char *reason;
        if (user->prefix_count == HTTP_USER_PREFIXES_MAX) {
            return "a user has at most 8 prefixes";
        }
        if (prefix_parse(&user->prefixes[user->prefix_count++], word, &reason) != ERR_OK) {
            return reason;
        }
    }
    return NULL;
}

static const char *parse_user(struct http_user *user, struct text_line *line)
{
    if (line->count < 3 || line->count > 4) {
        return "a user is NAME HASH ro|rw [PREFIX,PREFIX...]";
    }
    if (strlen(line->words[0]) >= sizeof user->name || strchr(line->words[0], ':') != NULL) {
        return "a name has at most 63 bytes and no colon";
    }
    if (!is_strong_hash(line->words[1]) || strlen(line->words[1]) >= sizeof user->hash) {
        return "the second word must be a hash of crypt(3), as 'mkpasswd -m yescrypt' or 'openssl "
               "passwd -6' make it";
    }
    if (strcmp(line->words[2], "ro") != 0 && strcmp(line->words[2], "rw") != 0) {
        return "the third word must be ro or rw";
    }
    (void)snprintf(user->name, sizeof user->name, "%s", line->words[0]);
    (void)snprintf(user->hash, sizeof user->hash, "%s", line->words[1]);
    user->may_write = strcmp(line->words[2], "rw") == 0;
    return line->count == 4 ? parse_prefixes(user, line->words[3]) : NULL;
}

enum err http_user_list_parse(
    struct http_user_list *list_p, const char *text, struct text_fault *fault_p)
{
    struct text_line line = {0};
    *list_p = (struct http_user_list){0};
    enum err err;
    while ((err = text_line_next(&line, &text)) == ERR_OK) {
        if (list_p->count == HTTP_USERS_MAX) {
            return refuse_line(fault_p, &line, "a file has at most 64 users");
        }
        struct http_user *user = &list_p->users[list_p->count];
        *user = (struct http_user){0};
        const char *reason = parse_user(user, &line);
        if (reason == NULL && http_user_list_find(list_p, user->name) != NULL) {
            reason = "this user stands in the file already";
        }
        if (reason != NULL) {
            return refuse_line(fault_p, &line, reason);
        }
        list_p->count++;
    }
    if (err == ERR_FULL) {
        return refuse_line(fault_p, &line, "the line is too long");
    }
    return list_p->count > 0 ? ERR_OK : refuse_line(fault_p, &line, "the file has no user");
}

const struct http_user *http_user_list_find(const struct http_user_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->users[i].name, name) == 0) {
            return &list->users[i];
        }
    }
    return NULL;
}

bool http_user_may_come_from(const struct http_user *user, const struct address *address)
{
    bool may_come = user->prefix_count == 0;
    for (size_t i = 0; i < user->prefix_count; i++) {
        may_come = may_come || prefix_has(&user->prefixes[i], address);
    }
    return may_come;
}
