/* SPDX-License-Identifier: BSD-3-Clause -- waits for the statements that others have begun. */
#include "store/sink/underway.h"

#include "common/clock.h"
#include "store/sink/sql_text.h"

#include <time.h>

#define POLL_NS (20 * NS_PER_MS)

/* The statements that run now, as the inside of an IN list; empty: none. */
static enum sink_outcome list(
    struct sink_backend *backend, const char *table, struct buffer *ids, struct buffer *error)
{
    struct buffer begin = {0};
    struct buffer sql = {0};
    buffer_format(&begin, "INSERT INTO %s ", table);
    buffer_text_append(&sql,
        "SELECT arrayStringConcat(groupArray(concat('\\'', query_id, '\\'')), ',') "
        "FROM system.processes WHERE position(query, ");
    sql_append_literal(&sql, buffer_text(&begin));
    buffer_text_append(&sql, ") = 1");
    enum sink_outcome outcome =
        backend->class->query(backend, buffer_text(&sql), "TabSeparatedRaw", ids, error);
    while (ids->size > 0 && ids->bytes[ids->size - 1] == '\n') {
        ids->size--;
    }
    buffer_clear(&sql);
    buffer_clear(&begin);
    return outcome;
}

static enum sink_outcome wait_for(
    struct sink_backend *backend, const char *ids, uint32_t timeout_ms, struct buffer *error)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    uint64_t end_ns = clock_monotonic_ns() + timeout_ms * NS_PER_MS;
    struct buffer sql = {0};
    buffer_format(&sql, "SELECT count() FROM system.processes WHERE query_id IN (%s)", ids);
    uint64_t left = 1;
    enum sink_outcome outcome = SINK_DONE;
    while (outcome == SINK_DONE && left > 0) {
        outcome = sink_backend_number(backend, buffer_text(&sql), &left, error);
        if (outcome == SINK_DONE && left > 0 && clock_monotonic_ns() > end_ns) {
            buffer_text_append(error, "inserts that began before are still under way");
            outcome = SINK_RETRY;
        }
        if (outcome == SINK_DONE && left > 0) {
            (void)nanosleep(&pause, NULL);
        }
    }
    buffer_clear(&sql);
    return outcome;
}

enum sink_outcome underway_wait(
    struct sink_backend *backend, const char *table, uint32_t timeout_ms, struct buffer *error)
{
    struct buffer ids = {0};
    enum sink_outcome outcome = list(backend, table, &ids, error);
    if (outcome == SINK_DONE && ids.size > 0) {
        outcome = wait_for(backend, buffer_text(&ids), timeout_ms, error);
    }
    buffer_clear(&ids);
    return outcome;
}
