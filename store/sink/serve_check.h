/*
 * serve_check.h -- may this client run this statement?
 *
 * Private to store/sink/serve*.c. The engine's grants and constraints decide about most of it; this
 * is the rest, decided on the text that the engine's own parser makes of the statement.
 */
#pragma once

#include "store/sink/serve_exchange.h"

/* The session has its role and settings. False: the response has an exception. */
bool serve_check_statement(struct serve_exchange *exchange);
