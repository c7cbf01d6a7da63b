/* SPDX-License-Identifier: BSD-3-Clause -- leases that end inside the statement. */
#include "store/sink/fence.h"

#include "common/clock.h"

#include <inttypes.h>
#include <string.h>

/* Between the last look at the clock and the commit: what is under way then is waited for. */
#define COMMIT_MARGIN_NS (2 * NS_PER_S)
#define MS_PER_S         UINT64_C(1000)

static enum sink_outcome count(struct sink_backend *backend, const char *table, const char *name,
    uint64_t *count_p, struct buffer *error)
{
    struct buffer sql = {0};
    buffer_format(&sql, "SELECT count() FROM system.%s WHERE name = '%s'", table, name);
    enum sink_outcome outcome = sink_backend_number(backend, buffer_text(&sql), count_p, error);
    buffer_clear(&sql);
    return outcome;
}

static enum sink_outcome probe(
    struct fence *fence, struct sink_backend *backend, struct buffer *error)
{
    uint64_t clocks = 0;
    uint64_t inputs = 0;
    enum sink_outcome outcome = count(backend, "functions", "nowInBlock64", &clocks, error);
    if (outcome == SINK_DONE && clocks == 0) {
        outcome = count(backend, "table_functions", "input", &inputs, error);
    }
    if (outcome == SINK_DONE) {
        enum fence_kind old = inputs > 0 ? FENCE_BEGIN : FENCE_FORM;
        fence->kind = clocks > 0 ? FENCE_BLOCK : old;
    }
    return outcome;
}

static enum sink_outcome read_clock_of(
    enum fence_kind kind, struct sink_backend *server, uint64_t *server_ms_p, struct buffer *error)
{
    if (kind == FENCE_BLOCK) {
        return sink_backend_number(
            server, "SELECT toUnixTimestamp64Milli(now64(3))", server_ms_p, error);
    }
    enum sink_outcome outcome =
        sink_backend_number(server, "SELECT toUnixTimestamp(now())", server_ms_p, error);
    *server_ms_p *= MS_PER_S;
    return outcome;
}

/* Of the first server that answers; its clock is compared with itself alone. */
static enum sink_outcome read_clock(
    enum fence_kind kind, struct sink_backend *backend, struct fence_end *end, struct buffer *error)
{
    size_t count = sink_backend_servers(backend);
    size_t first = sink_backend_current(backend);
    enum sink_outcome outcome = SINK_RETRY;
    for (size_t i = 0; i < count; i++) {
        struct sink_view view;
        end->server = (first + i) % count;
        sink_view_init(&view, backend, end->server);
        outcome = read_clock_of(kind, &view.backend, &end->server_ms, error);
        if (!sink_backend_is_away(outcome, error)) {
            break;
        }
    }
    return outcome;
}

static uint64_t shortest_lease_ns(const struct block *block)
{
    uint64_t end_ns = UINT64_MAX;
    for (size_t i = 0; i < block->batch_count; i++) {
        uint64_t lease_ns = counter_get(&block->batches[i].lease_end_ns);
        if (!block->batches[i].is_removed && lease_ns < end_ns) {
            end_ns = lease_ns;
        }
    }
    return end_ns;
}

enum sink_outcome fence_of(struct fence *fence, struct sink_backend *backend,
    const struct block *block, struct fence_end *end_p, struct buffer *error)
{
    *end_p = (struct fence_end){0};
    enum sink_outcome outcome = SINK_DONE;
    if (fence->kind == FENCE_NONE) {
        struct sink_view any;
        sink_view_init(&any, backend, SINK_ANY_SERVER);
        outcome = probe(fence, &any.backend, error);
    }
    if (outcome != SINK_DONE) {
        return outcome;
    }
    uint64_t lease_ns = shortest_lease_ns(block);
    outcome = read_clock(fence->kind, backend, end_p, error);
    if (outcome != SINK_DONE) {
        return outcome;
    }
    /* The server's time was read before the answer came, so the lease is not made longer. */
    uint64_t now_ns = clock_monotonic_ns();
    uint64_t left_ns = lease_ns > now_ns ? lease_ns - now_ns : 0;
    end_p->kind = fence->kind;
    end_p->server_ms += left_ns / NS_PER_MS;
    end_p->monotonic_ns = now_ns + left_ns + COMMIT_MARGIN_NS;
    return SINK_DONE;
}

void fence_append(struct buffer *sql, const struct fence_end *end)
{
    if (end->kind == FENCE_BLOCK) {
        buffer_format(sql,
            " WHERE nowInBlock64(3) < fromUnixTimestamp64Milli(toInt64(%" PRIu64 "))",
            end->server_ms);
        return;
    }
    /*
     * Rounded up, at the cost of the margin: rounded down, a lease of two seconds would leave no
     * time. Servers that have no better clock tell no count of rows either, so a late statement
     * has to fail, in words that are ours.
     */
    buffer_format(sql,
        " WHERE toUInt8(if(now() < toDateTime(%" PRIu64 "), '1', '" FENCE_LATE "')) = 1",
        (end->server_ms + MS_PER_S - 1) / MS_PER_S);
}

enum sink_outcome fence_count_outcome(
    const struct sink_native *native, long written_rows, struct buffer *error)
{
    if (written_rows >= (long)native->rows) {
        return SINK_DONE;
    }
    if (written_rows == 0 && native->fence->kind != FENCE_NONE) {
        buffer_text_append(error, FENCE_LATE);
        return SINK_LATE;
    }
    if (written_rows >= 0) {
        buffer_format(
            error, "the database wrote %ld of %u rows", written_rows, (unsigned)native->rows);
        return SINK_UNKNOWN;
    }
    if (native->fence->kind == FENCE_BLOCK) {
        buffer_text_append(error, "no count of rows came");
        return SINK_UNKNOWN;
    }
    return SINK_DONE; /* an old server, whose fence raises an exception */
}

bool fence_has_refused(const char *error)
{
    return strstr(error, "Cannot parse string '" FENCE_LATE "'") != NULL;
}
