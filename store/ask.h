/*
 * ask.h -- questions to the database that the flags point at, answered as a table on stdout.
 *
 *   goflow-store query "SELECT ..."
 *   goflow-store top -by=src|dst|as|port|interface|exporter -since=1h -limit=10
 *
 * With the embedded engine: while a store that serves it is running, the question goes to that
 * store; else the engine is opened here. Main thread.
 */
#pragma once

#include "store/store_settings.h"

/*
 * Answers the question that `words` ask. On failure one line is on stderr: ERR_INVALID for no
 * question of ours, ERR_REFUSED for one that the database refuses.
 */
MUST_CHECK enum err ask(const struct store_settings *settings, const struct option_list *words);
