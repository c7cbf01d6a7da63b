/* SPDX-License-Identifier: BSD-3-Clause -- waits while the database takes no data. */
#include "store/write/outage.h"

#include "common/clock.h"
#include "common/log.h"
#include "store/sink/sink_error.h"

#include <inttypes.h>
#include <unistd.h>

#define COMPONENT "write"

enum {
    AWAY_MAX_MS = 1000 /* a connection that is refused costs nobody anything */
};

void outage_init(struct outage *outage, struct counter *is_up, const struct counter *rows_waiting,
    uint32_t retry_min_ms, uint32_t retry_max_ms)
{
    *outage = (struct outage){.is_up = is_up, .rows_waiting = rows_waiting};
    uint64_t seed = clock_wall_ns() ^ (uint64_t)getpid();
    uint32_t away_max_ms = retry_max_ms < AWAY_MAX_MS ? retry_max_ms : AWAY_MAX_MS;
    backoff_init(&outage->away, retry_min_ms, away_max_ms, seed);
    backoff_init(&outage->refusing, retry_min_ms, retry_max_ms, seed);
}

void outage_continue(struct outage *outage, size_t blocks, uint64_t now_ns, struct buffer *error)
{
    bool is_away = sink_error_code(buffer_text(error)) == SINK_ERROR_NONE;
    uint32_t wait_ms = backoff_next_ms(is_away ? &outage->away : &outage->refusing);
    backoff_reset(is_away ? &outage->refusing : &outage->away);
    outage->due_ns = now_ns + wait_ms * NS_PER_MS;
    counter_set(outage->is_up, 0);
    outage->most_blocks = blocks > outage->most_blocks ? blocks : outage->most_blocks;
    uint64_t rows = counter_get(outage->rows_waiting);
    outage->most_rows = rows > outage->most_rows ? rows : outage->most_rows;
    if (!outage->is_on) {
        outage->is_on = true;
        outage->start_ns = now_ns;
        log_warning(COMPONENT, "the database takes no data; trying again until it does",
            "blocks=%zu error=\"%s\"", blocks, buffer_text(error));
        return;
    }
    log_debug(COMPONENT, "still no database", "wait_ms=%u error=\"%s\"", (unsigned)wait_ms,
        buffer_text(error));
}

void outage_end(struct outage *outage, uint64_t now_ns)
{
    counter_set(outage->is_up, 1);
    backoff_reset(&outage->away);
    backoff_reset(&outage->refusing);
    if (outage->is_on) {
        outage->is_on = false;
        log_notice(COMPONENT, "the database takes data again",
            "after_s=%" PRIu64 " blocks=%zu rows=%" PRIu64, (now_ns - outage->start_ns) / NS_PER_S,
            outage->most_blocks, outage->most_rows);
        outage->most_blocks = 0;
        outage->most_rows = 0;
    }
}
