/*
 * distributed.h -- the tables behind a Distributed one.
 *
 * A question to a Distributed table goes to one replica of each shard, which may be behind another.
 * Where shards have several replicas, the question is put to the local tables instead, on every
 * server of -ch.addr (replicas.h). Embedded in struct table; the writer's thread.
 */
#pragma once

#include "store/sink/sink_backend.h"

/* Zeroes: the table is not Distributed. */
struct distributed {
    bool is_on;
    struct buffer database; /* of the local tables */
    struct buffer title;    /* "local" */
    struct buffer name;     /* "`default`.`local`" */
    uint32_t shards;        /* 0: no shard has several replicas, so the table itself can be asked */
};

void distributed_clear(struct distributed *distributed);

/* Reads the engine from what SHOW CREATE TABLE says. False: it is not Distributed. */
bool distributed_parse(struct distributed *distributed, const char *created);

/* The same, and asks how many shards and replicas its cluster has. */
enum sink_outcome distributed_read(struct distributed *distributed, const char *created,
    struct sink_backend *backend, struct buffer *error);
