/* SPDX-License-Identifier: BSD-3-Clause -- the common kinds of statements, for any backend. */
#include "store/sink/sink_backend.h"

#include <stdlib.h>

enum sink_outcome sink_backend_execute(
    struct sink_backend *backend, const char *sql, struct buffer *error)
{
    struct buffer nothing = {0};
    enum sink_outcome outcome =
        backend->class->query(backend, sql, "TabSeparated", &nothing, error);
    buffer_clear(&nothing);
    return outcome;
}

enum sink_outcome sink_backend_number(
    struct sink_backend *backend, const char *sql, uint64_t *number_p, struct buffer *error)
{
    struct buffer answer = {0};
    enum sink_outcome outcome = backend->class->query(backend, sql, "TabSeparated", &answer, error);
    *number_p = strtoull(buffer_text(&answer), NULL, 10);
    buffer_clear(&answer);
    return outcome;
}
