/*
 * outage.h -- the times in which the database takes no data: said once, waited out, over.
 *
 * A value of the writer's thread. Between its beginning and its end nothing is tried before due_ns.
 */
#pragma once

#include "common/buffer.h"
#include "common/counter.h"
#include "store/write/backoff.h"

#include <stdbool.h>
#include <stddef.h>

struct outage {
    struct counter *is_up;              /* borrowed; 1 or 0 */
    const struct counter *rows_waiting; /* borrowed */
    bool is_on;                         /* said in the log */
    uint64_t start_ns;
    size_t most_blocks; /* that waited */
    uint64_t most_rows;
    uint64_t due_ns;         /* no attempt before */
    struct backoff away;     /* while nothing answers: a second at most */
    struct backoff refusing; /* while the database answers, and refuses */
};

/* Nothing is known yet: the database counts as down until outage_end(). */
void outage_init(struct outage *outage, struct counter *is_up, const struct counter *rows_waiting,
    uint32_t retry_min_ms, uint32_t retry_max_ms);

/*
 * An attempt failed, and so many blocks wait: the next one is due after the backoff. It is short
 * while `error` has no exception of the database, which then is found soon after it comes back, and
 * begins anew when a database that was away begins to answer.
 */
void outage_continue(struct outage *outage, size_t blocks, uint64_t now_ns, struct buffer *error);

/* An attempt went well, whether or not one had failed before. */
void outage_end(struct outage *outage, uint64_t now_ns);
