/* SPDX-License-Identifier: BSD-3-Clause -- refuses files to statements, and foreign hosts. */
#include "store/sink/serve_guard.h"

#include "store/sink/sql_scanner.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    HOST_SIZE = 256
};

/* The engine writes and reads these files itself, and asks no grant for it. */
static const struct {
    const char *word;
    const char *reason;
} WORDS[] = {
    {"OUTFILE", "INTO OUTFILE is not allowed here"},
    {"INFILE", "FROM INFILE is not allowed here: send the data in the body"},
    {"DEFINER", "DEFINER and SQL SECURITY are not allowed here"},
};

/* As a function, a table function or an engine. */
static const char *const CALLS[] = {"file", "fileCluster", "icebergLocal", "icebergLocalCluster",
    "deltaLakeLocal", "deltaLakeLocalCluster", "paimonLocal", "executable", "executablePool",
    "FileLog", "EmbeddedRocksDB", "SQLite", "Filesystem"};

static bool is_named(const struct sql_scanner *scanner, struct sql_token token, const char *name)
{
    if (token.kind == SQL_QUOTED && scanner->text[token.start] != '\'' &&
        token.end - token.start >= 2) {
        token.start++; /* `name` */
        token.end--;
        token.kind = SQL_WORD;
    }
    return sql_scanner_is_word(scanner, &token, name);
}

static const char *refuse_token(
    const struct sql_scanner *scanner, struct sql_token token, bool is_called)
{
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (sql_scanner_is_word(scanner, &token, WORDS[i].word)) {
            return WORDS[i].reason;
        }
    }
    for (size_t i = 0; is_called && i < sizeof CALLS / sizeof CALLS[0]; i++) {
        if (is_named(scanner, token, CALLS[i])) {
            return "files and programs of this machine are not allowed here";
        }
    }
    bool is_path = token.kind == SQL_QUOTED && scanner->text[token.start] == '`' &&
                   memchr(scanner->text + token.start, '/', token.end - token.start) != NULL;
    return is_path ? "a name with a slash is not allowed here: the engine reads it as a file"
                   : NULL;
}

const char *serve_guard_statement(const char *canonical, size_t size)
{
    struct sql_scanner scanner = {.text = canonical, .size = size};
    struct sql_token token = sql_scanner_next(&scanner);
    bool is_applied = false;
    while (token.kind != SQL_END) {
        struct sql_token next = sql_scanner_next(&scanner);
        const char *reason = refuse_token(&scanner, token, next.kind == SQL_OPEN || is_applied);
        if (reason != NULL) {
            return reason;
        }
        is_applied = sql_scanner_is_word(&scanner, &token, "APPLY") ||
                     sql_scanner_is_word(&scanner, &token, "ENGINE") ||
                     (is_applied && token.kind != SQL_WORD);
        token = next;
    }
    return NULL;
}

bool serve_guard_is_reading(const char *canonical, size_t size)
{
    static const char *const FIRST[] = {
        "SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "SET", "USE"};
    struct sql_scanner scanner = {.text = canonical, .size = size};
    struct sql_token token = sql_scanner_next(&scanner);
    bool is_reading = token.kind == SQL_OPEN;
    for (size_t i = 0; i < sizeof FIRST / sizeof FIRST[0]; i++) {
        is_reading = is_reading || sql_scanner_is_word(&scanner, &token, FIRST[i]);
    }
    return is_reading;
}

/* Without port and brackets. */
static bool cut_host(char out[HOST_SIZE], const char *host)
{
    size_t length = host[0] == '[' ? strcspn(host, "]") : strcspn(host, ":");
    const char *start = host[0] == '[' ? host + 1 : host;
    length -= (size_t)(start - host);
    return length > 0 && snprintf(out, HOST_SIZE, "%.*s", (int)length, start) < HOST_SIZE;
}

bool serve_guard_is_own_host(const char *host, const struct option_list *names)
{
    char name[HOST_SIZE];
    unsigned char address[sizeof(struct in6_addr)];
    if (host == NULL) {
        return true;
    }
    if (!cut_host(name, host)) {
        return false;
    }
    /* An address cannot be rebound by a page's name server, so any is ours. */
    if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1 ||
        strcasecmp(name, "localhost") == 0) {
        return true;
    }
    for (size_t i = 0; i < names->count; i++) {
        if (strcasecmp(name, names->values[i]) == 0) {
            return true;
        }
    }
    return false;
}
