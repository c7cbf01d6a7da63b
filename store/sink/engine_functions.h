/*
 * engine_functions.h -- takes the function file() away from the engine.
 *
 * Private to store/sink/engine*.c. The engine's function file(path) returns the content of any file
 * that the process can read. It asks no grant, and a statement can hide it in a text that is
 * computed at run time. A function of the same name in the folder of user-defined functions goes
 * before it, and no statement can drop or replace that one. The table function file() is another
 * thing: it asks for a grant.
 */
#pragma once

#include "common/err.h"

/*
 * Writes the function into the engine's folder, before the engine opens it. On failure one line is
 * logged: ERR_IO.
 */
MUST_CHECK enum err engine_functions_cover(const char *path);
