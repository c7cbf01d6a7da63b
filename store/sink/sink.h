/*
 * sink.h -- where blocks go: a ClickHouse server over HTTP, or the embedded engine.
 *
 * One writer thread inserts. sink_query() may be called from other threads at the same time (serve,
 * goflow-store query). Texts of errors never hold a password.
 */
#pragma once

#include "common/buffer.h"
#include "common/err.h"
#include "common/options.h"
#include "store/columns/block.h"

enum sink_outcome {
    SINK_DONE,      /* committed */
    SINK_RETRY,     /* surely not committed; try again later */
    SINK_LATE,      /* surely not committed: it arrived when the lease was over */
    SINK_TOO_LARGE, /* maybe committed; a smaller block may pass */
    SINK_UNKNOWN,   /* maybe committed, and what was wrong is known to pass */
    SINK_SUSPECT,   /* maybe committed, and what was wrong may never pass */
    SINK_BEHIND,    /* of a question: no replica can answer it now */
    SINK_REJECT     /* the data or the schema is wrong: never try again */
};

/* In the place of a server's number. */
#define SINK_ANY_SERVER SIZE_MAX

struct engine;
struct mapping;
struct sink;

struct sink_options {
    struct option_list addresses; /* "embedded", or host, host:port, http(s)://host:port */
    uint16_t port;                /* for addresses without one */
    const char *username;
    const char *password;
    const char *database;
    const char *table;    /* of flows; other kinds have tables of this name and their own */
    const char *path;     /* embedded: the folder */
    const char *library;  /* embedded: libchdb.so; NULL: the usual places */
    uint64_t ttl_s;       /* 0: keep for ever */
    bool has_all_columns; /* a table that is made has them from the start: table_fill.h */
    uint32_t timeout_ms;
    bool compress;
};

/* Opens; does not need the database to be there. On failure one line is logged. */
MUST_CHECK enum err sink_open(struct sink **sink_p, const struct sink_options *options);
void sink_close(struct sink **sink_p);

/*
 * Creates database and the kind's table when missing, adds missing columns, reads its columns. Must
 * succeed once before the first insert of the kind; again after SINK_REJECT, since a schema may
 * have changed.
 */
enum sink_outcome sink_prepare(struct sink *sink, enum record_kind kind, struct buffer *error);

/*
 * From now on these elements have columns of their own: borrowed, or NULL. The writer's thread, and
 * then it prepares the table of flows again.
 */
void sink_use_mapping(struct sink *sink, const struct mapping *mapping);

/*
 * Looks for the block's batches that may be in the table already (attempt > 0): sets is_found[i]
 * for those that are. First makes sure that no earlier insert, of this sink or of another store, is
 * still under way. All servers that answer are asked; where the table is replicated, one of them
 * must have all that any replica has, else SINK_BEHIND. SINK_REJECT: the table has a part of a
 * batch. A table without the identity columns can't be asked: SINK_DONE, nothing found.
 */
enum sink_outcome sink_find(
    struct sink *sink, const struct block *block, bool *is_found, struct buffer *error);

/* One INSERT, one atomic part. `error` gets the database's words unless SINK_DONE. */
enum sink_outcome sink_insert(struct sink *sink, const struct block *block, struct buffer *error);

/* A file in Native format, its bytes, and the table ("`d`.`t`") whose columns it names. */
struct sink_file {
    enum record_kind kind;
    const char *table;
    const char *path;
    const struct buffer *bytes;
    uint32_t rows;
    bool is_one_batch; /* it cannot be made smaller */
};

/* Whether the table has the identity columns, so that its batches can be found. */
bool sink_has_identity(const struct sink *sink, enum record_kind kind);

/* The table that sink_ask() is to be asked for: quoted, and lent until the next preparation. */
const char *sink_asked_table(const struct sink *sink, enum record_kind kind);

/* Whether the answers of sink_ask() are those of shards, whose counts add up. */
bool sink_asks_shards(const struct sink *sink, enum record_kind kind);

/* Whether each row that was inserted stays a row, so that the rows of a batch can be counted. */
bool sink_counts_rows(const struct sink *sink, enum record_kind kind);

/* Asks the kind's table as sink_find() does: all servers, of which none is behind. TabSeparated. */
enum sink_outcome sink_ask(struct sink *sink, enum record_kind kind, const char *sql,
    struct buffer *answer, struct buffer *error);

/* One INSERT without a lease; columns that the table lacks are left out. */
enum sink_outcome sink_insert_file(
    struct sink *sink, const struct sink_file *file, struct buffer *error);

/*
 * From this moment on (monotonic) an insert without an answer can't commit any more, so that
 * sink_find() tells the truth; 0: at once.
 */
uint64_t sink_settled_ns(const struct sink *sink);

/* Runs a query; `format` is a ClickHouse format name. SINK_DONE: `result` has its output. */
enum sink_outcome sink_query(struct sink *sink, const char *sql, const char *format,
    struct buffer *result, struct buffer *error);

/*
 * Nothing waits for a server any more: statements under way end within a second, as without an
 * answer, and so do later ones. Any thread; for a stop.
 */
void sink_interrupt(struct sink *sink);

/* The embedded engine, for -ch.serve; NULL when the database is a server. Lent. */
struct engine *sink_engine(struct sink *sink);
