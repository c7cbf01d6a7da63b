/* SPDX-License-Identifier: BSD-3-Clause -- the bounded table of exporters. */
#include "ingest/decode/exporter.h"

#include "common/clock.h"
#include "common/hash.h"
#include "ingest/decode/held_data.h"

#include <stdlib.h>

/* Longer than the pause between two exports of any router that has traffic. */
#define SILENT_NS (UINT64_C(600) * NS_PER_S)

/* The same of one that sent nothing to be understood: noise, most often of forged sources. */
#define NEVER_UNDERSTOOD_NS (UINT64_C(60) * NS_PER_S)

/* How often lives that have ended are looked for. */
#define BURY_NS (UINT64_C(30) * NS_PER_S)

/* Slots looked at for each refused newcomer: the cost of a forged datagram stays flat. */
enum {
    SLOTS_TRIED = 8
};

#define SOURCE_BYTES   (UINT64_C(64) << 20) /* half a million sFlow data sources */
#define SAMPLING_BYTES (UINT64_C(32) << 20) /* a million samplers and interfaces */

struct exporter_table {
    struct exporter_limits limits;
    struct template_budget templates; /* memory of all exporters' templates */
    struct held_pool held;            /* and their data without template */
    struct options_budget options;    /* and of what they told of themselves */
    struct sflow_source_budget sources;
    struct sampling_budget sampling; /* tables of samplers and interfaces */
    struct exporter *slots;
    struct exporter **buckets;
    struct hash_seed seed; /* nobody chooses sources that share a bucket */
    uint32_t slot_count;   /* room */
    uint32_t bucket_mask;
    uint64_t buried_ns; /* when lives that have ended were last looked for */
    uint32_t hand;      /* where the search for a silent slot goes on */
    _Atomic uint32_t used;
};

static uint32_t power_of_two_above(uint32_t count)
{
    uint32_t power = 16;
    while (power < count && power < (UINT32_C(1) << 24)) {
        power *= 2;
    }
    return power;
}

enum err exporter_table_new(struct exporter_table **table_p, const struct exporter_limits *limits)
{
    *table_p = NULL;
    struct exporter_table *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return ERR_MEMORY;
    }
    uint32_t buckets = power_of_two_above(limits->max_exporters);
    table->limits = *limits;
    table->seed = hash_seed_new();
    table->slot_count = limits->max_exporters;
    table->bucket_mask = buckets - 1;
    table->sources.max_bytes = SOURCE_BYTES;
    table->sampling.max_bytes = SAMPLING_BYTES;
    table->slots = calloc(table->slot_count, sizeof *table->slots);
    table->buckets = calloc(buckets, sizeof(struct exporter *));
    if (table->slots == NULL || table->buckets == NULL) {
        exporter_table_destroy(&table);
        return ERR_MEMORY;
    }
    *table_p = table;
    return ERR_OK;
}

static void forget(struct exporter *exporter)
{
    template_store_clear(&exporter->templates);
    sampling_table_clear(&exporter->sampling);
    held_list_clear(&exporter->held);
    stream_table_clear(&exporter->streams);
    sflow_sources_clear(&exporter->sources);
    options_memory_clear(&exporter->options);
}

void exporter_table_destroy(struct exporter_table **table_p)
{
    struct exporter_table *table = *table_p;
    if (table == NULL) {
        return;
    }
    for (uint32_t i = 0; i < exporter_table_count(table); i++) {
        forget(&table->slots[i]);
    }
    free(table->slots);
    free(table->buckets);
    free(table);
    *table_p = NULL;
}

static void load_words(const struct exporter *exporter, uint64_t words[2])
{
    words[0] = atomic_load_explicit(&exporter->address_words[0], memory_order_relaxed);
    words[1] = atomic_load_explicit(&exporter->address_words[1], memory_order_relaxed);
}

static bool has_words(const struct exporter *exporter, const uint64_t words[2])
{
    uint64_t own[2];
    load_words(exporter, own);
    return own[0] == words[0] && own[1] == words[1];
}

static struct exporter **bucket_of(struct exporter_table *table, const uint64_t words[2])
{
    return &table->buckets[hash_words(&table->seed, words[0], words[1]) & table->bucket_mask];
}

static void unlink_exporter(struct exporter_table *table, struct exporter *exporter)
{
    uint64_t words[2];
    memcpy(words, exporter->address.bytes, sizeof words);
    struct exporter **link = bucket_of(table, words);
    while (*link != exporter) {
        link = &(*link)->next;
    }
    *link = exporter->next;
}

static void reset_counters(struct exporter_counters *counters)
{
    struct counter *slots = (struct counter *)counters;
    for (size_t i = 0; i < sizeof *counters / sizeof *slots; i++) {
        counter_set(&slots[i], 0);
    }
}

/* Something of it was understood, or will be when its template comes. */
static bool is_understood(const struct exporter *exporter)
{
    return counter_get(&exporter->counters.flows) > 0 || exporter->templates.count > 0 ||
           exporter->sources.count > 0 || exporter->held.queue_count > 0;
}

/* A capture's clock may jump back. */
static bool is_silent(const struct exporter *exporter, uint64_t now_ns)
{
    uint64_t heard_ns = exporter->last_heard_ns;
    uint64_t silence_ns = now_ns > heard_ns ? now_ns - heard_ns : 0;
    return silence_ns > SILENT_NS || (silence_ns > NEVER_UNDERSTOOD_NS && !is_understood(exporter));
}

/*
 * Who sent one datagram alone may be a forged source, of which there are as many as somebody likes.
 * An exporter that lasts has its next datagram served and is confirmed by it.
 */
static bool is_replaceable(const struct exporter *exporter, uint64_t now_ns)
{
    return !exporter->is_confirmed || is_silent(exporter, now_ns);
}

/* A slot that its exporter may lose, emptied, or NULL. */
static struct exporter *take_replaceable_slot(struct exporter_table *table, uint64_t now_ns)
{
    for (uint32_t tried = 0; tried < SLOTS_TRIED && tried < table->slot_count; tried++) {
        struct exporter *exporter = &table->slots[table->hand];
        table->hand = (table->hand + 1) % table->slot_count;
        if (is_replaceable(exporter, now_ns)) {
            unlink_exporter(table, exporter);
            forget(exporter);
            return exporter;
        }
    }
    return NULL;
}

static struct exporter *add_exporter(
    struct exporter_table *table, const struct address *address, uint64_t now_ns)
{
    uint32_t used = exporter_table_count(table);
    bool is_fresh = used < table->slot_count;
    struct exporter *exporter =
        is_fresh ? &table->slots[used] : take_replaceable_slot(table, now_ns);
    if (exporter == NULL) {
        return NULL;
    }
    atomic_fetch_add_explicit(&exporter->generation, 1, memory_order_acq_rel);
    exporter->address = *address;
    exporter->is_introduced = false;
    exporter->is_confirmed = false;
    uint64_t words[2];
    memcpy(words, address->bytes, sizeof words);
    atomic_store_explicit(&exporter->address_words[0], words[0], memory_order_relaxed);
    atomic_store_explicit(&exporter->address_words[1], words[1], memory_order_relaxed);
    template_store_init(
        &exporter->templates, &table->limits.templates, &table->limits.extra, &table->templates);
    sampling_table_init(&exporter->sampling, &table->sampling);
    options_memory_init(&exporter->options, &table->options);
    exporter->held = (struct held_list){.limits = &table->limits.held, .pool = &table->held};
    exporter->sources = (struct sflow_sources){.budget = &table->sources};
    reset_counters(&exporter->counters);
    atomic_fetch_add_explicit(&exporter->generation, 1, memory_order_release);
    struct exporter **bucket = bucket_of(table, words);
    exporter->next = *bucket;
    *bucket = exporter;
    if (is_fresh) {
        atomic_store_explicit(&table->used, used + 1, memory_order_release);
    }
    return exporter;
}

struct exporter *exporter_table_take(
    struct exporter_table *table, const struct address *address, uint64_t now_ns)
{
    uint64_t words[2];
    memcpy(words, address->bytes, sizeof words);
    struct exporter *exporter = *bucket_of(table, words);
    while (exporter != NULL && !has_words(exporter, words)) {
        exporter = exporter->next;
    }
    if (exporter != NULL) {
        exporter->is_confirmed = true;
    } else {
        exporter = add_exporter(table, address, now_ns);
    }
    if (exporter != NULL) {
        exporter->last_heard_ns = now_ns;
    }
    return exporter;
}

uint32_t exporter_table_count(const struct exporter_table *table)
{
    return atomic_load_explicit(&table->used, memory_order_acquire);
}

void exporter_table_visit(const struct exporter_table *table, exporter_visit *visit, void *context)
{
    uint32_t count = exporter_table_count(table);
    for (uint32_t i = 0; i < count; i++) {
        const struct exporter *exporter = &table->slots[i];
        uint32_t before = atomic_load_explicit(&exporter->generation, memory_order_acquire);
        uint64_t words[2];
        load_words(exporter, words);
        atomic_thread_fence(memory_order_acquire);
        uint32_t after = atomic_load_explicit(&exporter->generation, memory_order_relaxed);
        if (before == after && before % 2 == 0) {
            struct address address = address_from_ipv6((const uint8_t *)words);
            visit(context, &address, &exporter->counters);
        }
    }
}

void exporter_table_choose(struct exporter_table *table, const struct extra_choice *choice)
{
    table->limits.extra = *choice;
    for (uint32_t i = 0; i < exporter_table_count(table); i++) {
        template_store_choose(&table->slots[i].templates);
    }
}

static void forget_stream(struct exporter *exporter, uint32_t number)
{
    template_store_forget(&exporter->templates, number);
    sampling_table_forget(&exporter->sampling, number);
    options_memory_forget(&exporter->options, number);
    held_data_forget_stream(&exporter->held, number);
}

/*
 * What a life has announced stays its own: should it go on after all, nothing is missing. Others
 * use it no more.
 */
static void hear_news(struct exporter *exporter)
{
    struct stream_news *news = &exporter->streams.news;
    if (news->ended != 0) {
        template_store_lend(&exporter->templates, news->ended, 0);
    }
    if (news->revived != 0) {
        const struct stream *stream = stream_table_numbered(&exporter->streams, news->revived);
        template_store_lend(&exporter->templates, stream->number, stream->family);
    }
    if (news->gone != 0) {
        forget_stream(exporter, news->gone);
    }
    *news = (struct stream_news){.ended = 0};
}

struct stream *exporter_find_stream(struct exporter *exporter, const struct sequence_step *step)
{
    struct stream *stream = stream_table_find(&exporter->streams, step);
    if ((exporter->streams.news.ended | exporter->streams.news.gone) != 0) {
        hear_news(exporter);
    }
    return stream;
}

static void bury_streams(struct exporter *exporter, uint64_t now_ns)
{
    while (stream_table_bury(&exporter->streams, now_ns)) {
        hear_news(exporter);
    }
}

void exporter_table_expire(struct exporter_table *table, uint64_t now_ns)
{
    bool may_bury = now_ns - table->buried_ns > BURY_NS;
    uint32_t count = table->held.bytes > 0 || may_bury ? exporter_table_count(table) : 0;
    for (uint32_t i = 0; i < count; i++) {
        held_list_expire(&table->slots[i].held, now_ns);
        if (may_bury) {
            bury_streams(&table->slots[i], now_ns);
        }
    }
    table->buried_ns = may_bury ? now_ns : table->buried_ns;
}

struct held_pool *exporter_table_held(struct exporter_table *table)
{
    return &table->held;
}

void exporter_table_drop_held(struct exporter_table *table)
{
    for (uint32_t i = 0; i < exporter_table_count(table); i++) {
        held_list_clear(&table->slots[i].held);
    }
}

struct exporter *exporter_table_at(const struct exporter_table *table, uint32_t index)
{
    return &table->slots[index];
}
