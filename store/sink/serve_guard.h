/*
 * serve_guard.h -- what a client of -ch.serve may not do, beyond what the engine's grants refuse.
 *
 * Private to store/sink/serve*.c. The engine's own parser writes the statement anew, so that
 * comments, quotes and blanks are the engine's; what is refused here is found in that text.
 */
#pragma once

#include "common/http.h"
#include "common/options.h"
#include "store/sink/engine.h"

/*
 * The sentence that refuses the statement, or NULL. `canonical` is what formatQuery() returned.
 * Pure.
 */
const char *serve_guard_statement(const char *canonical, size_t size);

/* True for a kind of statement that changes nothing; KILL QUERY needs no grant. Pure. */
bool serve_guard_is_reading(const char *canonical, size_t size);

/* True where the statement takes a name from a parameter: {x:Identifier}. Pure. */
bool serve_guard_has_name_parameter(const char *canonical, size_t size);

/* True where the header Host is absent, an IP address, localhost, or one of `names`. Pure. */
bool serve_guard_is_own_host(const char *host, const struct option_list *names);
