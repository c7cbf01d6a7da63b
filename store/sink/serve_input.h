/*
 * serve_input.h -- what an INSERT with input() may read beside its data.
 *
 * Private to store/sink/serve*.c. The data of such an INSERT are a file in memory, so its session
 * may read files, and the engine takes any name that is not a table's for a file's. So nothing but
 * input() may be read.
 */
#pragma once

#include <stddef.h>

/*
 * The sentence that refuses the statement, or NULL. `canonical` is what formatQuery() returned.
 * Pure.
 */
const char *serve_input_check(const char *canonical, size_t size);
