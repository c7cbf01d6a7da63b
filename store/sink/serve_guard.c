/* SPDX-License-Identifier: BSD-3-Clause -- refuses statements by their words, and foreign hosts. */
#include "store/sink/serve_guard.h"

#include "store/sink/serve_dictionary.h"
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
    {"PARALLEL", "PARALLEL WITH is not allowed here: send one statement a request"},
};

/* As a function, a table function, an engine, a disk, or the layout of a dictionary. */
static const char *const CALLS[] = {"file", "fileCluster", "icebergLocal", "icebergLocalCluster",
    "deltaLakeLocal", "deltaLakeLocalCluster", "paimonLocal", "executable", "executablePool",
    "FileLog", "EmbeddedRocksDB", "SQLite", "Filesystem", "disk", "SSD_CACHE",
    "COMPLEX_KEY_SSD_CACHE"};

static const char *const READING[] = {
    "SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "SET", "USE"};
/* Grants decide about these. RESTORE, for one, asks other hosts before it asks for a grant. */
static const char *const CHANGING[] = {"INSERT", "CREATE", "ALTER", "DROP", "DETACH", "ATTACH",
    "UNDROP", "RENAME", "EXCHANGE", "REPLACE", "TRUNCATE", "OPTIMIZE", "CHECK", "KILL", "SYSTEM",
    "DELETE", "UPDATE"};
static const char *const DATABASES[] = {"Atomic", "Memory", "Ordinary"};
/* Buffer and EmbeddedRocksDB, for two, ask no grant for what they read or write. */
static const char *const TABLES[] = {"MergeTree", "ReplacingMergeTree", "SummingMergeTree",
    "AggregatingMergeTree", "CollapsingMergeTree", "VersionedCollapsingMergeTree",
    "CoalescingMergeTree", "GraphiteMergeTree", "Memory", "Log", "TinyLog", "StripeLog", "Null",
    "Set", "Join", "Merge", "Dictionary", "GenerateRandom"};

#define COUNT_OF(list) (sizeof(list) / sizeof((list)[0]))

static bool is_one_of(const struct sql_scanner *scanner, const struct sql_token *token,
    const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sql_scanner_is_word(scanner, token, words[i])) {
            return true;
        }
    }
    return false;
}

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

/* Words and calls that no statement may have. */
static const char *check_tokens(struct sql_scanner scanner)
{
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

/* The engine's parser writes keywords in capitals, and names as they came. */
static bool is_engine_clause(const struct sql_scanner *scanner, const struct sql_token *token)
{
    return sql_scanner_is_word(scanner, token, "ENGINE") &&
           memcmp(scanner->text + token->start, "ENGINE", token->end - token->start) == 0;
}

/* True where the statement names no engine, or one of these. */
static bool has_engine_of(struct sql_scanner scanner, const char *const *engines, size_t count)
{
    struct sql_token token = sql_scanner_next(&scanner);
    while (token.kind != SQL_END && !is_engine_clause(&scanner, &token)) {
        token = sql_scanner_next(&scanner);
    }
    if (token.kind == SQL_END) {
        return true;
    }
    (void)sql_scanner_next(&scanner); /* = */
    token = sql_scanner_next(&scanner);
    return is_one_of(&scanner, &token, engines, count);
}

/* With its columns named, the engine looks at the query only when the view is read. */
static bool names_columns_of_view(struct sql_scanner scanner, struct sql_token token)
{
    while (token.kind == SQL_WORD && !sql_scanner_is_word(&scanner, &token, "VIEW")) {
        if (sql_scanner_is_word(&scanner, &token, "MATERIALIZED")) {
            return false; /* that one is looked at when it is made */
        }
        token = sql_scanner_next(&scanner);
    }
    if (!sql_scanner_is_word(&scanner, &token, "VIEW")) {
        return false;
    }
    while (token.kind != SQL_END && token.kind != SQL_OPEN &&
           !sql_scanner_is_word(&scanner, &token, "AS")) {
        token = sql_scanner_next(&scanner);
    }
    return token.kind == SQL_OPEN;
}

/* The engine reads what a constraint names with the rights of whoever inserts. */
static const char *check_constraints(struct sql_scanner scanner)
{
    bool has_constraint = false;
    bool reads = false;
    for (struct sql_token token = sql_scanner_next(&scanner); token.kind != SQL_END;
         token = sql_scanner_next(&scanner)) {
        has_constraint = has_constraint || sql_scanner_is_word(&scanner, &token, "CONSTRAINT");
        reads = reads || sql_scanner_is_word(&scanner, &token, "SELECT") ||
                sql_scanner_is_word(&scanner, &token, "IN");
    }
    return has_constraint && reads ? "SELECT and IN are not allowed beside a CONSTRAINT here"
                                   : NULL;
}

static const char *check_definition(struct sql_scanner scanner, bool is_attach)
{
    struct sql_token token = sql_scanner_next(&scanner);
    if (sql_scanner_is_word(&scanner, &token, "DATABASE")) {
        return has_engine_of(scanner, DATABASES, COUNT_OF(DATABASES))
                   ? NULL
                   : "a database may have the engine Atomic, Memory or Ordinary here";
    }
    if (!has_engine_of(scanner, TABLES, COUNT_OF(TABLES))) {
        return "tables of this engine are not allowed here";
    }
    if (names_columns_of_view(scanner, token)) {
        return "a view may not name its columns here: they follow from its SELECT";
    }
    for (; token.kind != SQL_END; token = sql_scanner_next(&scanner)) {
        if (is_attach && sql_scanner_is_word(&scanner, &token, "FROM")) {
            return "ATTACH FROM is not allowed here: it takes over files";
        }
        if (sql_scanner_is_word(&scanner, &token, "SOURCE") &&
            sql_scanner_peek(&scanner, 0) == '(') {
            struct sql_token query;
            return serve_dictionary_query(scanner, &query)
                       ? NULL
                       : "a dictionary may only have SOURCE(CLICKHOUSE(QUERY '...')) or "
                         "SOURCE(NULL()) here";
        }
    }
    return NULL;
}

const char *serve_guard_statement(const char *canonical, size_t size)
{
    struct sql_scanner scanner = {.text = canonical, .size = size};
    const char *reason = check_tokens(scanner);
    if (reason != NULL || serve_guard_is_reading(canonical, size)) {
        return reason;
    }
    struct sql_token first = sql_scanner_next(&scanner);
    if (!is_one_of(&scanner, &first, CHANGING, COUNT_OF(CHANGING))) {
        return "statements of this kind are not allowed here";
    }
    reason = check_constraints(scanner);
    if (reason != NULL) {
        return reason;
    }
    bool is_attach = sql_scanner_is_word(&scanner, &first, "ATTACH");
    bool is_definition = is_attach || sql_scanner_is_word(&scanner, &first, "CREATE") ||
                         sql_scanner_is_word(&scanner, &first, "REPLACE");
    return is_definition ? check_definition(scanner, is_attach) : NULL;
}

bool serve_guard_is_reading(const char *canonical, size_t size)
{
    struct sql_scanner scanner = {.text = canonical, .size = size};
    struct sql_token token = sql_scanner_next(&scanner);
    return token.kind == SQL_OPEN || is_one_of(&scanner, &token, READING, COUNT_OF(READING));
}

bool serve_guard_has_name_parameter(const char *canonical, size_t size)
{
    struct sql_scanner scanner = {.text = canonical, .size = size};
    struct sql_token token = sql_scanner_next(&scanner);
    while (token.kind != SQL_END && !sql_scanner_is_word(&scanner, &token, "Identifier")) {
        token = sql_scanner_next(&scanner);
    }
    return token.kind != SQL_END;
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
