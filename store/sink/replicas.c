/* SPDX-License-Identifier: BSD-3-Clause -- questions to all servers, of which none is behind. */
#include "store/sink/replicas.h"

#include "common/clock.h"
#include "store/sink/sink_error.h"
#include "store/sink/sql_text.h"
#include "store/sink/underway.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POLL_NS     (50 * NS_PER_MS)
#define PATIENCE_NS (3 * NS_PER_S) /* of the writer, which has other blocks */

/* Entries of a replica's queue that bring no rows of others. */
#define FETCHES " AND type NOT IN ('MERGE_PARTS', 'MUTATE_PART', 'ALTER_METADATA')"

enum replica_state {
    REPLICA_NONE, /* the table is not replicated */
    REPLICA_CURRENT,
    REPLICA_BEHIND
};

enum {
    SHARDS_MAX = 256
};

/* What the servers said together. */
struct round {
    size_t answers;
    size_t states[REPLICA_BEHIND + 1];
    struct buffer silent;       /* words of those without an answer */
    uint64_t paths[SHARDS_MAX]; /* hashes: the shards whose rows are in the answer */
    size_t shards;
};

/* One replica while it catches up. */
struct replica {
    struct round *round;
    uint64_t
        path; /* of its table in the keeper, hashed; unique to a table that is not replicated */
    struct sink_backend *server; /* of the view */
    struct sink_view *view;
    const struct replica_question *question;
    uint64_t log_end;      /* the last entry of the common log when we asked */
    bool has_log;          /* the replica has copied the log up to there */
    struct buffer entries; /* the last entry of its queue then; empty: there is none */
    enum replica_state state;
};

static void append_table(struct buffer *sql, const struct replica_question *question)
{
    buffer_text_append(sql, " WHERE database = ");
    sql_append_literal(sql, question->database);
    buffer_text_append(sql, " AND table = ");
    sql_append_literal(sql, question->name);
}

/* Runs "SELECT ... FROM system.x" for the table; a line end at the answer's end is cut. */
static enum sink_outcome select_state(struct replica *replica, const char *select, const char *more,
    struct buffer *answer, struct buffer *error)
{
    struct buffer sql = {0};
    buffer_text_append(&sql, select);
    append_table(&sql, replica->question);
    buffer_text_append(&sql, more);
    enum sink_outcome outcome = replica->server->class->query(
        replica->server, buffer_text(&sql), "TabSeparatedRaw", answer, error);
    while (answer->size > 0 && answer->bytes[answer->size - 1] == '\n') {
        answer->size--;
    }
    buffer_clear(&sql);
    return outcome;
}

static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (; *text != '\0' && *text != '\n'; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* Where the common log ends now, which the replica reads from its keeper. */
static enum sink_outcome read_log_end(struct replica *replica, struct buffer *error)
{
    struct buffer answer = {0};
    enum sink_outcome outcome = select_state(replica,
        "SELECT is_readonly OR is_session_expired, log_max_index, zookeeper_path "
        "FROM system.replicas",
        "", &answer, error);
    const char *text = buffer_text(&answer);
    if (outcome == SINK_DONE && text[0] != '\0') {
        char *end;
        bool has_keeper = strtoull(text, &end, 10) == 0;
        replica->log_end = strtoull(end, &end, 10);
        replica->path = hash_text(end);
        replica->state = REPLICA_BEHIND;
        if (!has_keeper) {
            replica->log_end = UINT64_MAX; /* it does not know */
        }
    }
    buffer_clear(&answer);
    return outcome;
}

/* Whether the replica has copied the log, and then what its queue ends with. */
static enum sink_outcome follow_log(struct replica *replica, struct buffer *error)
{
    struct buffer answer = {0};
    enum sink_outcome outcome =
        select_state(replica, "SELECT log_pointer FROM system.replicas", "", &answer, error);
    replica->has_log =
        outcome == SINK_DONE && strtoull(buffer_text(&answer), NULL, 10) > replica->log_end;
    buffer_clear(&answer);
    if (replica->has_log) {
        outcome = select_state(replica, "SELECT max(node_name) FROM system.replication_queue",
            FETCHES, &replica->entries, error);
    }
    return outcome;
}

static enum sink_outcome follow_queue(struct replica *replica, struct buffer *error)
{
    struct buffer more = {0};
    struct buffer answer = {0};
    buffer_text_append(&more, FETCHES " AND node_name <= ");
    sql_append_literal(&more, buffer_text(&replica->entries));
    enum sink_outcome outcome = select_state(replica,
        "SELECT count() FROM system.replication_queue", buffer_text(&more), &answer, error);
    if (outcome == SINK_DONE && strtoull(buffer_text(&answer), NULL, 10) == 0) {
        replica->state = REPLICA_CURRENT;
    }
    buffer_clear(&answer);
    buffer_clear(&more);
    return outcome;
}

/* Waits for a short while until the replica has all that the log had when this began. */
static enum sink_outcome catch_up(struct replica *replica, struct buffer *error)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    uint64_t end_ns = clock_monotonic_ns() + PATIENCE_NS;
    enum sink_outcome outcome = read_log_end(replica, error);
    if (sink_error_is_forbidden(sink_error_code(buffer_text(error)))) {
        buffer_clear(error); /* a user who may not look at replicas */
        return SINK_DONE;
    }
    while (outcome == SINK_DONE && replica->state == REPLICA_BEHIND) {
        outcome = replica->has_log ? follow_queue(replica, error) : follow_log(replica, error);
        if (outcome != SINK_DONE || replica->state == REPLICA_CURRENT ||
            clock_monotonic_ns() > end_ns) {
            break;
        }
        (void)nanosleep(&pause, NULL);
    }
    return outcome;
}

/* A server of the cluster may have the whole INSERT, or what another one forwarded to it. */
static enum sink_outcome wait_for_inserts(struct replica *replica, struct buffer *error)
{
    const struct replica_question *question = replica->question;
    uint32_t timeout_ms = question->timeout_ms;
    enum sink_outcome outcome = underway_wait(replica->server, question->table, timeout_ms, error);
    if (outcome != SINK_DONE || question->distributed == NULL) {
        return outcome;
    }
    struct buffer forwarded = {0};
    buffer_format(&forwarded, "%s.%s", question->database, question->name);
    outcome = underway_wait(replica->server, buffer_text(&forwarded), timeout_ms, error);
    buffer_clear(&forwarded);
    if (outcome == SINK_DONE) {
        outcome = underway_wait(replica->server, question->distributed, timeout_ms, error);
    }
    return outcome;
}

/* Whether the answer is to have the server's rows: of shards, one that has all is enough. */
static bool is_wanted(struct replica *replica)
{
    struct round *round = replica->round;
    if (replica->question->shards == 0) {
        return true;
    }
    bool is_new = replica->state != REPLICA_BEHIND && round->shards < SHARDS_MAX;
    for (size_t i = 0; i < round->shards && is_new; i++) {
        is_new = round->paths[i] != replica->path;
    }
    if (is_new) {
        round->paths[round->shards++] = replica->path;
    }
    return is_new;
}

static enum sink_outcome ask_server(
    struct replica *replica, struct buffer *answer, struct buffer *error)
{
    const struct replica_question *question = replica->question;
    enum sink_outcome outcome = wait_for_inserts(replica, error);
    if (outcome == SINK_DONE) {
        outcome = catch_up(replica, error);
    }
    if (outcome != SINK_DONE) {
        return outcome;
    }
    struct buffer part = {0};
    replica->view->timeout_ms = 0; /* it may read a large table */
    outcome =
        replica->server->class->query(replica->server, question->sql, "TabSeparated", &part, error);
    if (outcome == SINK_DONE && is_wanted(replica)) {
        buffer_append(answer, part.bytes, part.size);
    }
    buffer_clear(&part);
    return outcome;
}

/* SINK_DONE: go on with the next server. */
static enum sink_outcome ask_next(
    struct round *round, struct replica *replica, struct buffer *answer, struct buffer *error)
{
    struct buffer why = {0};
    enum sink_outcome outcome = ask_server(replica, answer, &why);
    int code = sink_error_code(buffer_text(&why));
    bool has_no_table = code == SINK_ERROR_UNKNOWN_TABLE || code == SINK_ERROR_UNKNOWN_DATABASE;
    if (sink_backend_is_away(outcome, &why)) {
        buffer_format(
            &round->silent, "%s%s", round->silent.size > 0 ? "; " : "", buffer_text(&why));
        outcome = SINK_DONE;
    } else if (outcome == SINK_DONE || has_no_table) {
        round->answers++;
        round->states[replica->state]++;
        outcome = SINK_DONE;
    } else {
        buffer_text_append(error, buffer_text(&why));
    }
    buffer_clear(&why);
    return outcome;
}

/* `shards`: of the question. */
static enum sink_outcome judge(const struct round *round, uint32_t shards, struct buffer *error)
{
    if (round->answers == 0) {
        return SINK_RETRY;
    }
    if (round->shards < shards) {
        buffer_format(error,
            "%sa replica that has all rows answers for %zu of %u shards: -ch.addr must name one of "
            "each",
            error->size > 0 ? "; " : "", round->shards, (unsigned)shards);
        return SINK_BEHIND;
    }
    if (shards > 0) {
        buffer_clear(error);
        return SINK_DONE;
    }
    if (round->states[REPLICA_BEHIND] > 0 && round->states[REPLICA_CURRENT] == 0) {
        buffer_format(error, "%sthe replica that answers lacks parts that another one has",
            error->size > 0 ? "; " : "");
        return SINK_BEHIND;
    }
    buffer_clear(error);
    return SINK_DONE;
}

/* The only server's outcome and words are passed on as they are. */
static enum sink_outcome ask_only_server(
    struct replica *replica, struct buffer *answer, struct buffer *error)
{
    enum sink_outcome outcome = ask_server(replica, answer, error);
    struct round round = {.answers = 1};
    round.states[replica->state] = 1;
    return outcome == SINK_DONE ? judge(&round, 0, error) : outcome;
}

enum sink_outcome replicas_ask(struct sink_backend *backend,
    const struct replica_question *question, struct buffer *answer, struct buffer *error)
{
    size_t count = sink_backend_servers(backend);
    struct round round = {0};
    enum sink_outcome outcome = SINK_DONE;
    bool is_alone = count == 1 && question->shards == 0;
    for (size_t i = 0; i < count && outcome == SINK_DONE; i++) {
        struct sink_view view;
        sink_view_init(&view, backend, i);
        struct replica replica = {.server = &view.backend,
            .view = &view,
            .question = question,
            .round = &round,
            .path = i};
        outcome = is_alone ? ask_only_server(&replica, answer, error)
                           : ask_next(&round, &replica, answer, error);
        buffer_clear(&replica.entries);
    }
    if (!is_alone && outcome == SINK_DONE) {
        buffer_text_append(error, buffer_text(&round.silent));
        outcome = judge(&round, question->shards, error);
    }
    buffer_clear(&round.silent);
    return outcome;
}
