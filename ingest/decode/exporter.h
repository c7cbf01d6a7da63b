/*
 * exporter.h -- what a decoder remembers of each exporter, found by source address.
 *
 * The table is bounded. When it is full, a newcomer replaces an exporter that has sent one datagram
 * alone, or that has been silent for ten minutes (one minute if none of its datagrams could be
 * decoded). Without one the newcomer is refused, so forged sources cannot push out exporters that
 * have sent more. Slots never move and are never
 * freed while the table lives: their counters may be read by any thread, through
 * exporter_table_visit(); everything else is the decoder's thread's.
 */
#pragma once

#include "common/address.h"
#include "ingest/decode/exporter_counters.h"
#include "ingest/decode/held_list.h"
#include "ingest/decode/options_memory.h"
#include "ingest/decode/sampling.h"
#include "ingest/decode/sflow_sources.h"
#include "ingest/decode/stream.h"
#include "ingest/decode/template_store.h"

struct exporter {
    struct address address;
    _Atomic uint64_t address_words[2]; /* the same, for the lookup and for other threads */
    uint64_t last_heard_ns;
    bool is_confirmed;  /* it has sent more than one datagram */
    bool is_introduced; /* what was known before it was first heard is in place */
    struct sampling_rule rule;
    struct exporter *next; /* of the same hash bucket */
    struct template_store templates;
    struct sampling_table sampling;
    struct held_list held;
    struct stream_table streams;
    struct sflow_sources sources;
    struct options_memory options;
    struct exporter_counters counters;
    _Atomic uint32_t generation; /* odd while the slot changes hands */
};

struct exporter_table;

struct exporter_limits {
    uint32_t max_exporters;
    struct template_limits templates;
    struct extra_choice extra;
    struct held_limits held;
};

MUST_CHECK enum err exporter_table_new(
    struct exporter_table **table_p, const struct exporter_limits *limits);
void exporter_table_destroy(struct exporter_table **table_p);

/*
 * The exporter of that address, a new one where it was unknown: lent until the next call. NULL:
 * the table is full of live exporters.
 */
struct exporter *exporter_table_take(
    struct exporter_table *table, const struct address *address, uint64_t now_ns);

/*
 * The stream that the datagram of that header belongs to (stream.h): lent until the next call.
 * NULL: the exporter has too many. This is where all state hears of a restart.
 */
struct stream *exporter_find_stream(struct exporter *exporter, const struct sequence_step *step);

/* Exporters known. */
uint32_t exporter_table_count(const struct exporter_table *table);

/*
 * Calls `visit` for each exporter; any thread. An exporter that changes hands meanwhile is left
 * out.
 */
void exporter_table_visit(const struct exporter_table *table, exporter_visit *visit, void *context);

/* From now on these fields go to Extra, of the templates known as well. */
void exporter_table_choose(struct exporter_table *table, const struct extra_choice *choice);

/*
 * Drops and counts data that has waited too long for its template, and forgets the lives of
 * exporters before their restarts.
 */
void exporter_table_expire(struct exporter_table *table, uint64_t now_ns);

/* What waits for templates, of all exporters. */
struct held_pool *exporter_table_held(struct exporter_table *table);

/* Drops and counts all data that waits. */
void exporter_table_drop_held(struct exporter_table *table);

/* The exporter in slot `index` below exporter_table_count(); the decoder's thread only. */
struct exporter *exporter_table_at(const struct exporter_table *table, uint32_t index);
