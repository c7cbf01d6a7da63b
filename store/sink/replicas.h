/*
 * replicas.h -- a question about a table, asked so that no server's answer is too old.
 *
 * A replica that took an INSERT may be gone before the others have its part: asked alone, they say
 * that the rows are not there, and later they are. So every server that answers is asked, after it
 * has ended the INSERTs under way (underway.h). Where the table is replicated, one of them must
 * have fetched all that the log of the replicas has at that moment; then the others are not needed.
 * The writer's thread.
 */
#pragma once

#include "store/sink/sink_backend.h"

/* Borrowed. */
struct replica_question {
    const char *database;
    const char *name;  /* of the table */
    const char *table; /* "`d`.`t`" */
    const char *sql;
    uint32_t timeout_ms; /* for INSERTs under way */
    /*
     * 0, or: the table is the local one of so many shards. One server of each must have all that
     * its replicas have, and the answer has the rows of one such server for each shard.
     */
    uint32_t shards;
    const char *distributed; /* "`d`.`t`" in front of them; NULL: there is none */
};

/*
 * Appends the answers (TabSeparated) of all servers one after the other. Servers that do not answer
 * are passed over as long as another one does. SINK_BEHIND: no replica that answers has everything.
 */
enum sink_outcome replicas_ask(struct sink_backend *backend,
    const struct replica_question *question, struct buffer *answer, struct buffer *error);
