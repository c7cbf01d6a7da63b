/*
 * serve_dictionary.h -- the source of a dictionary that a client of -ch.serve makes.
 *
 * Private to store/sink/serve*.c. The engine loads a dictionary later, with more rights than the
 * client has, and asks no grant for sources on other hosts. So a client's dictionary has no source
 * or a query on this engine, and that query has to pass as one of the client's own.
 */
#pragma once

#include "store/sink/sql_scanner.h"

#include <stddef.h>

/*
 * The scanner stands behind the word SOURCE. True for (NULL()) and (CLICKHOUSE(QUERY '...')), and
 * then *query_p is the text with its quotes, or SQL_END where there is none. Pure.
 */
bool serve_dictionary_query(struct sql_scanner scanner, struct sql_token *query_p);

/* The same for a whole statement; false also where it makes no dictionary with a query. Pure. */
bool serve_dictionary_find(const char *canonical, size_t size, struct sql_token *query_p);
