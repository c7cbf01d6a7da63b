/* SPDX-License-Identifier: BSD-3-Clause -- leases that end inside the statement. */
#include "store/sink/fence.h"

#include "common/clock.h"

#include <inttypes.h>

/* Between the last look at the clock and the commit: what is under way then is waited for. */
#define COMMIT_MARGIN_NS (2 * NS_PER_S)

static enum sink_outcome probe(
    struct fence *fence, struct sink_backend *backend, struct buffer *error)
{
    uint64_t functions = 0;
    enum sink_outcome outcome = sink_backend_number(backend,
        "SELECT count() FROM system.functions WHERE name = 'nowInBlock64'", &functions, error);
    fence->is_known = outcome == SINK_DONE;
    fence->is_possible = functions > 0;
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
    if (!fence->is_known) {
        enum sink_outcome outcome = probe(fence, backend, error);
        if (outcome != SINK_DONE) {
            return outcome;
        }
    }
    if (!fence->is_possible) {
        return SINK_DONE;
    }
    uint64_t lease_ns = shortest_lease_ns(block);
    uint64_t server_ms;
    enum sink_outcome outcome =
        sink_backend_number(backend, "SELECT toUnixTimestamp64Milli(now64(3))", &server_ms, error);
    if (outcome != SINK_DONE) {
        return outcome;
    }
    /* The server's time was read before the answer came, so the lease is not made longer. */
    uint64_t now_ns = clock_monotonic_ns();
    uint64_t left_ns = lease_ns > now_ns ? lease_ns - now_ns : 0;
    end_p->server_ms = server_ms + left_ns / NS_PER_MS;
    end_p->monotonic_ns = now_ns + left_ns + COMMIT_MARGIN_NS;
    return SINK_DONE;
}

void fence_append(struct buffer *sql, const struct fence_end *end)
{
    buffer_format(sql, " WHERE nowInBlock64(3) < fromUnixTimestamp64Milli(toInt64(%" PRIu64 "))",
        end->server_ms);
}
