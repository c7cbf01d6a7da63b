/* SPDX-License-Identifier: BSD-3-Clause -- follows the samples of sFlow data sources. */
#include "ingest/decode/sflow_sources.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_ROOM = 16,
    MAX_ROOM = 4096,  /* half of them taken: more than the ports of a large chassis, by kind */
    MAX_PROBES = 128, /* more than chance needs in a table half full; bounds what a key costs */
    KIND_BITS = 8,
    MAX_GAP = 1 << 20, /* a jump further ahead is a new sequence */
    MAX_SHUFFLE = 64   /* so far back is out of order, further is a new sequence */
};

uint32_t sflow_source_agent(const struct sflow_source *source)
{
    return (uint32_t)(source->agent_index >> 32);
}

uint32_t sflow_source_index(const struct sflow_source *source)
{
    return (uint32_t)source->agent_index;
}

uint32_t sflow_source_class(const struct sflow_source *source)
{
    return (uint32_t)(source->class_kind >> KIND_BITS);
}

enum sflow_source_kind sflow_source_kind(const struct sflow_source *source)
{
    return (enum sflow_source_kind)(source->class_kind & ((1 << KIND_BITS) - 1));
}

/* Memory for a table of so many slots, or NULL. */
static struct sflow_source *allocate(struct sflow_source_budget *budget, uint32_t room)
{
    size_t bytes = room * sizeof(struct sflow_source);
    if (room > MAX_ROOM || (budget != NULL && bytes > budget->max_bytes - budget->bytes)) {
        return NULL;
    }
    struct sflow_source *slots = calloc(room, sizeof *slots);
    if (slots != NULL && budget != NULL) {
        budget->bytes += bytes;
    }
    return slots;
}

void sflow_sources_clear(struct sflow_sources *sources)
{
    if (sources->budget != NULL) {
        sources->budget->bytes -= sources->room * sizeof *sources->slots;
    }
    free(sources->slots);
    sources->slots = NULL;
    sources->count = 0;
    sources->room = 0;
}

/* The slot of that source, or a free one to put it into, or NULL: too many have the same hash. */
static struct sflow_source *probe(
    const struct sflow_sources *sources, uint64_t origin, uint64_t agent_index, uint64_t class_kind)
{
    uint32_t at = (uint32_t)hash_three(&sources->seed, origin, agent_index, class_kind);
    for (uint32_t i = 0; i < MAX_PROBES; i++) {
        struct sflow_source *source = &sources->slots[(at + i) & (sources->room - 1)];
        bool is_it = source->origin == origin && source->agent_index == agent_index &&
                     source->class_kind == class_kind;
        if (is_it || source->samples == 0) {
            return source;
        }
    }
    return NULL;
}

/* False: it is as large as it may be, or memory is short. */
static bool grow(struct sflow_sources *sources)
{
    uint32_t room = sources->room != 0 ? sources->room * 2 : FIRST_ROOM;
    struct sflow_sources larger = {.budget = sources->budget,
        .slots = allocate(sources->budget, room),
        .room = room,
        .seed = sources->room != 0 ? sources->seed : hash_seed_new()};
    if (larger.slots == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < sources->room; i++) {
        const struct sflow_source *source = &sources->slots[i];
        struct sflow_source *place =
            source->samples != 0
                ? probe(&larger, source->origin, source->agent_index, source->class_kind)
                : NULL;
        if (place != NULL) {
            *place = *source;
            larger.count++;
        }
    }
    sflow_sources_clear(sources);
    *sources = larger;
    return true;
}

/* The source, a new one where it was unknown; NULL: there are too many. */
static struct sflow_source *take(
    struct sflow_sources *sources, uint64_t origin, uint64_t agent_index, uint64_t class_kind)
{
    struct sflow_source *source =
        sources->room != 0 ? probe(sources, origin, agent_index, class_kind) : NULL;
    if (source != NULL && source->samples != 0) {
        return source;
    }
    bool is_half_full = sources->count * 2 >= sources->room;
    if (is_half_full && !grow(sources)) {
        return NULL;
    }
    source = probe(sources, origin, agent_index, class_kind);
    if (source != NULL) {
        *source = (struct sflow_source){
            .origin = origin, .agent_index = agent_index, .class_kind = class_kind};
        sources->count++;
    }
    return source;
}

/* How far a number that only grows, and may wrap, has gone on: 0 when it went back. */
static uint32_t growth(uint32_t before, uint32_t now)
{
    uint32_t by = now - before;
    return by <= INT32_MAX ? by : 0;
}

/* Begins the source's sequence, or begins it anew. */
static void advance(struct sflow_source *source, const struct sflow_source_step *step)
{
    source->next = step->number + 1;
    source->pool = step->pool;
    source->agent_drops = step->agent_drops;
}

static void count_late(struct sflow_source *source, struct sflow_source_counters *counters)
{
    source->late++;
    counter_add(&counters->late, 1);
}

/* False: the number is late, or begins another sequence. */
static bool pass_gap(struct sflow_source *source, struct sflow_source_counters *counters,
    const struct sflow_source_step *step, uint32_t gap)
{
    if (gap >= -(uint32_t)MAX_SHUFFLE) {
        count_late(source, counters);
        return false;
    }
    if (gap > MAX_GAP) {
        counter_add(&counters->resets, 1);
        advance(source, step);
        return false;
    }
    source->lost += gap;
    counter_add(&counters->lost, gap);
    return true;
}

/* A sample of a datagram that is neither late nor a double. */
static void follow(struct sflow_source *source, struct sflow_source_counters *counters,
    const struct sflow_source_step *step)
{
    uint32_t gap = step->number - source->next;
    if (gap != 0 && !pass_gap(source, counters, step, gap)) {
        return;
    }
    if (source->agent_drops != step->agent_drops) {
        uint32_t dropped = growth(source->agent_drops, step->agent_drops);
        source->dropped += dropped;
        counter_add(&counters->dropped, dropped);
    }
    counter_add(&counters->pool, growth(source->pool, step->pool));
    advance(source, step);
}

void sflow_sources_follow(struct sflow_sources *sources,
    struct sflow_source_counters counters[SFLOW_SOURCE_KIND_COUNT], const struct stream *agent,
    const struct sflow_source_step *step)
{
    struct sflow_source_counters *its_counters = &counters[step->kind];
    struct sflow_source *source =
        take(sources, agent->origin, (uint64_t)agent->domain << 32 | step->source_index,
            (uint64_t)step->source_class << KIND_BITS | step->kind);
    if (source == NULL) {
        counter_add(&its_counters->untracked, 1);
        return;
    }
    uint32_t restarts = (uint32_t)agent->sequence.amounts[SEQUENCE_RESETS];
    bool is_begun = source->samples++ != 0 && source->restarts == restarts;
    if (agent->sequence.order == SEQUENCE_IN_ORDER && is_begun) {
        follow(source, its_counters, step);
    } else if (agent->sequence.order == SEQUENCE_IN_ORDER) {
        source->restarts = restarts;
        advance(source, step);
    } else if (agent->sequence.order == SEQUENCE_OUT_OF_ORDER) {
        count_late(source, its_counters);
    }
}
