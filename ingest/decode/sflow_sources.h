/*
 * sflow_sources.h -- samples lost on the way, told by the numbers that each data source gives them.
 *
 * A data source, mostly an interface, numbers its samples for itself (sFlow version 5 section 5),
 * flow and counter samples apart, and says with each how many packets passed it (the pool) and how
 * many samples its agent had to drop. Samples lie in order within a datagram, and whether that is
 * late, or seen twice, its own number has told: so a source is known by its next number alone.
 * Kept for each exporter, bounded, found by hash. The decoder's thread owns it; the counters may
 * be read by any.
 */
#pragma once

#include "common/hash.h"
#include "ingest/decode/stream.h"

#include <stddef.h>

/* The compact form of a source: the class in the high octet of a word, the index below. */
enum {
    SFLOW_SOURCE_INDEX_BITS = 24,
    SFLOW_SOURCE_INDEX_MASK = (1 << SFLOW_SOURCE_INDEX_BITS) - 1
};

enum sflow_source_kind {
    SFLOW_SOURCE_FLOW,
    SFLOW_SOURCE_COUNTER,
    SFLOW_SOURCE_DISCARDED,
    SFLOW_SOURCE_KIND_COUNT
};

/* Of all sources of one kind. Lost on the way: lost - late. */
struct sflow_source_counters {
    struct counter lost;      /* samples left out by a jump ahead */
    struct counter late;      /* came after all, out of order */
    struct counter resets;    /* sources that began anew while their agent did not */
    struct counter dropped;   /* by the agent, as it says */
    struct counter pool;      /* packets that could have been sampled, as it says */
    struct counter untracked; /* samples of sources beyond the limit */
};

struct sflow_source {
    uint64_t origin;      /* the agent */
    uint64_t agent_index; /* sub-agent, and the index in its class of sources */
    uint64_t class_kind;  /* that class, and an enum sflow_source_kind */
    uint32_t restarts;    /* of the agent's datagrams, as known when this was followed last */
    uint32_t next;        /* expected number */
    uint32_t pool;        /* as told last */
    uint32_t agent_drops; /* as told last */
    uint64_t samples;     /* received; 0: the slot is free */
    uint64_t lost;
    uint64_t late;
    uint64_t dropped;
};

/* Memory for the sources of all exporters of a decoder. */
struct sflow_source_budget {
    size_t bytes; /* taken */
    size_t max_bytes;
};

struct sflow_sources {
    struct sflow_source_budget *budget; /* borrowed; NULL: no limit but that of each exporter */
    struct sflow_source *slots;         /* NULL while empty */
    uint32_t count;
    uint32_t room;         /* a power of two */
    struct hash_seed seed; /* set while there are slots */
};

/* What a sample says of itself. */
struct sflow_source_step {
    enum sflow_source_kind kind;
    uint32_t source_class;
    uint32_t source_index;
    uint32_t number;
    uint32_t pool;
    uint32_t agent_drops;
};

/* A table set to zero, but for its budget, is empty. */
void sflow_sources_clear(struct sflow_sources *sources);

/* Counts the sample into its source; the agent's stream has followed the datagram around it. */
void sflow_sources_follow(struct sflow_sources *sources,
    struct sflow_source_counters counters[SFLOW_SOURCE_KIND_COUNT], const struct stream *agent,
    const struct sflow_source_step *step);

/* The sub-agent, class, index and kind that a source is found by. */
uint32_t sflow_source_agent(const struct sflow_source *source);
uint32_t sflow_source_index(const struct sflow_source *source);
uint32_t sflow_source_class(const struct sflow_source *source);
enum sflow_source_kind sflow_source_kind(const struct sflow_source *source);
