/*
 * option_checks.h -- checks of values that several programs have flags for.
 *
 * For the validate function of an option_request: each refuses a bad value in the program's name,
 * saying why on stderr, and returns ERR_INVALID. Every argument is borrowed for the call.
 */
#pragma once

#include "common/options.h"

/* An IP address, or "" for all of the host's. */
MUST_CHECK enum err option_check_host(
    const struct option_program *program, const char *name, const char *host);

/* The path of a page of the HTTP server. */
MUST_CHECK enum err option_check_path(
    const struct option_program *program, const char *name, const char *path);

/* Endpoints of the link. */
MUST_CHECK enum err option_check_endpoints(
    const struct option_program *program, const char *name, const struct option_list *endpoints);

/* A file of names for information elements, or "" for none; what is wrong with it is logged. */
MUST_CHECK enum err option_check_mapping(const char *path);

/* The values of -loglevel and -logfmt. */
MUST_CHECK enum err option_check_log(
    const struct option_program *program, const char *level, const char *format);
