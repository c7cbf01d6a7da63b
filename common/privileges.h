/*
 * privileges.h -- who this process is, and what it may do beyond that.
 *
 * Root's rights serve to bind ports and to enlarge socket buffers; after that a process is its
 * user, without capabilities. Capabilities belong to a thread, so main calls this before other
 * threads run.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>

/* "NAME", "NAME:GROUP", numbers for either. ERR_NOT_FOUND: the system does not have them. */
MUST_CHECK enum err privileges_check_user(const char *user);

/*
 * Becomes the user for good; with `keeps_ports` the capabilities to bind low ports and to enlarge
 * socket buffers stay, for this process and the programs that it starts. "" or the present user
 * changes nothing. HOME and USER of the environment follow. On failure one line is logged.
 */
MUST_CHECK enum err privileges_become(const char *user, bool keeps_ports);

/*
 * Gives up the capabilities: all of them, except that a process that still is root keeps those by
 * which root reaches files and ports. Neither it nor what it starts can get them back.
 */
MUST_CHECK enum err privileges_drop(void);

/* The name of the user that this process is now, or its number; lent until the next call. */
const char *privileges_user(void);
