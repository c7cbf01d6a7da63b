/* SPDX-License-Identifier: BSD-3-Clause -- sampling rates by sampler, interface and domain. */
#include "ingest/decode/sampling.h"

#include <stdlib.h>

enum {
    FIRST_ROOM = 16,
    MAX_ROOM = 8192,  /* samplers and interfaces of the largest chassis */
    MAX_PROBES = 256, /* more than chance needs; bounds what a chosen key costs */
    PAST_MIN = 60,  /* twice as long as any exporter waits before it announces its options again */
    BACK_MIN = 1440 /* a clock may be set back */
};

/*
 * Keys of the table. SOLE: the one sampler of a stream, for flows that name none; ANY_...: the same
 * of all streams of a family. BOUND: an interface whose packets a sampler takes. The numbers are
 * those of the snapshot file.
 */
enum entry_scope {
    ENTRY_DOMAIN,
    ENTRY_SAMPLER,
    ENTRY_INTERFACE,
    ENTRY_SOLE,
    ENTRY_ANY_DOMAIN,
    ENTRY_ANY_SAMPLER,
    ENTRY_ANY_SOLE,
    ENTRY_BOUND,
    ENTRY_VRF,
    ENTRY_TEMPLATE,
    ENTRY_LINE_CARD
};

bool sampling_entry_is_shared(const struct sampling_entry *entry)
{
    return entry->scope >= ENTRY_ANY_DOMAIN && entry->scope <= ENTRY_ANY_SOLE;
}

/* The entry of that key, or a free one to put it into; NULL: none within the probes. */
static struct sampling_entry *probe(
    const struct sampling_table *table, enum entry_scope scope, uint32_t stream, uint64_t id)
{
    uint64_t hash = hash_words(&table->seed, id, (uint64_t)scope << 32 | stream);
    uint32_t slot = (uint32_t)(hash >> 32);
    for (uint32_t i = 0; i < MAX_PROBES && i < table->room; i++) {
        struct sampling_entry *entry = &table->entries[(slot + i) & (table->room - 1)];
        bool is_it = entry->id == id && entry->stream == stream && entry->scope == scope;
        if (is_it || entry->use == SAMPLING_UNUSED) {
            return entry;
        }
    }
    return NULL;
}

/* What the budget counts: forged sources must not take from an exporter its first entries. */
static uint64_t counted_bytes(const struct sampling_table *table)
{
    return table->room > FIRST_ROOM ? table->room * sizeof *table->entries : 0;
}

/* Moves the entries into the larger table. */
static void move_entries(struct sampling_table *table, struct sampling_table *larger)
{
    larger->seed = table->room != 0 ? table->seed : hash_seed_new();
    larger->used = 0;
    for (uint32_t i = 0; i < table->room; i++) {
        const struct sampling_entry *entry = &table->entries[i];
        struct sampling_entry *place =
            entry->use != SAMPLING_UNUSED
                ? probe(larger, (enum entry_scope)entry->scope, entry->stream, entry->id)
                : NULL;
        if (place != NULL) {
            *place = *entry;
            larger->used++;
        }
    }
    free(table->entries);
}

static bool grow(struct sampling_table *table)
{
    struct sampling_budget *budget = table->budget;
    struct sampling_table larger = *table;
    larger.room = table->room != 0 ? table->room * 2 : FIRST_ROOM;
    uint64_t bytes = budget->bytes - counted_bytes(table) + counted_bytes(&larger);
    if (larger.room > MAX_ROOM || bytes > budget->max_bytes) {
        return false;
    }
    larger.entries = calloc(larger.room, sizeof *larger.entries);
    if (larger.entries == NULL) {
        return false;
    }
    move_entries(table, &larger);
    *table = larger;
    budget->bytes = bytes;
    return true;
}

/* The entry, or NULL. */
static struct sampling_entry *find_entry(
    const struct sampling_table *table, enum entry_scope scope, uint32_t stream, uint64_t id)
{
    struct sampling_entry *entry = probe(table, scope, stream, id);
    return entry != NULL && entry->use != SAMPLING_UNUSED ? entry : NULL;
}

/* The entry, a new one of rate 0 if need be; NULL: full. */
static struct sampling_entry *take_entry(
    struct sampling_table *table, enum entry_scope scope, uint32_t stream, uint64_t id)
{
    struct sampling_entry *found = find_entry(table, scope, stream, id);
    if (found != NULL) {
        return found;
    }
    if (table->used + table->room / 4 >= table->room && !grow(table)) {
        return NULL;
    }
    struct sampling_entry *entry = probe(table, scope, stream, id);
    if (entry == NULL) {
        return NULL;
    }
    *entry = (struct sampling_entry){
        .id = id, .stream = stream, .scope = (uint8_t)scope, .use = SAMPLING_USED};
    table->used++;
    return entry;
}

static void tell(
    struct sampling_entry *entry, const struct sampling_teller *teller, uint64_t sampler_id)
{
    entry->sampler_id = sampler_id;
    entry->teller = teller->stream;
    entry->told_min = teller->now_min;
}

static uint32_t rate_within(uint64_t rate)
{
    return rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;
}

/* Under the stream's number, or under that of its family. */
static uint32_t owner_of(enum entry_scope scope, const struct sampling_teller *teller)
{
    bool is_shared = scope >= ENTRY_ANY_DOMAIN && scope <= ENTRY_ANY_SOLE;
    return is_shared ? teller->family : teller->stream;
}

static void store_rate(struct sampling_table *table, enum entry_scope scope,
    const struct sampling_teller *teller, uint64_t id, uint64_t rate)
{
    struct sampling_entry *entry = take_entry(table, scope, owner_of(scope, teller), id);
    if (entry != NULL) {
        entry->rate = rate_within(rate);
        tell(entry, teller, 0);
    }
}

static uint64_t rate_of(
    const struct sampling_table *table, enum entry_scope scope, uint32_t stream, uint64_t id)
{
    const struct sampling_entry *entry = find_entry(table, scope, stream, id);
    return entry != NULL ? entry->rate : 0;
}

/* Its exporter would have announced it again. */
static bool is_past(const struct sampling_entry *entry, const struct sampling_teller *teller)
{
    uint16_t age_min = (uint16_t)(teller->now_min - entry->told_min);
    return age_min > PAST_MIN && age_min <= UINT16_MAX - BACK_MIN;
}

/*
 * Keeps the rate of the only sampler. Where several disagree it is 0, until all but one have not
 * been announced for an hour: the entry then has the sampler announced last, and since when no
 * other one was.
 */
static void store_sole(struct sampling_table *table, enum entry_scope scope,
    const struct sampling_teller *teller, uint64_t sampler_id, uint64_t rate)
{
    bool is_first = find_entry(table, scope, owner_of(scope, teller), 0) == NULL;
    struct sampling_entry *entry = take_entry(table, scope, owner_of(scope, teller), 0);
    if (entry == NULL) {
        return;
    }
    bool is_same = entry->sampler_id == sampler_id;
    bool is_disputed = entry->use == SAMPLING_DISPUTED;
    bool is_alone = is_disputed ? is_same && is_past(entry, teller)
                                : is_first || is_same || is_past(entry, teller);
    if (is_alone) {
        entry->use = SAMPLING_USED;
        entry->rate = rate_within(rate);
        tell(entry, teller, sampler_id);
    } else if (is_disputed ? !is_same : entry->rate != rate) {
        entry->use = SAMPLING_DISPUTED;
        entry->rate = 0;
        tell(entry, teller, sampler_id);
    }
}

/* What was announced for all gives way to what is announced for a part, when it is long past. */
static void retire(struct sampling_table *table, enum entry_scope scope,
    const struct sampling_teller *teller, uint64_t id)
{
    struct sampling_entry *entry = find_entry(table, scope, owner_of(scope, teller), id);
    if (entry != NULL && is_past(entry, teller)) {
        entry->rate = 0;
    }
}

static void store_part(
    struct sampling_table *table, const struct sampling_teller *teller, uint64_t id, uint64_t rate)
{
    store_sole(table, ENTRY_SOLE, teller, id, rate);
    store_sole(table, ENTRY_ANY_SOLE, teller, id, rate);
    retire(table, ENTRY_DOMAIN, teller, 0);
    retire(table, ENTRY_ANY_DOMAIN, teller, 0);
}

void sampling_table_init(struct sampling_table *table, struct sampling_budget *budget)
{
    *table = (struct sampling_table){.budget = budget};
}

void sampling_table_clear(struct sampling_table *table)
{
    table->budget->bytes -= counted_bytes(table);
    free(table->entries);
    sampling_table_init(table, table->budget);
}

void sampling_table_learn(struct sampling_table *table, enum sampling_scope scope,
    const struct sampling_teller *teller, uint64_t id, uint64_t rate)
{
    /* No interface has index 0; exporters that do not tell theirs apart (softflowd) say it. */
    if (scope == SAMPLING_OF_INTERFACE && id == 0) {
        scope = SAMPLING_OF_DOMAIN;
    }
    switch (scope) {
    case SAMPLING_OF_SAMPLER:
        store_rate(table, ENTRY_SAMPLER, teller, id, rate);
        store_rate(table, ENTRY_ANY_SAMPLER, teller, id, rate);
        store_part(table, teller, id, rate);
        break;
    case SAMPLING_OF_INTERFACE:
        store_rate(table, ENTRY_INTERFACE, teller, id, rate);
        table->has_interfaces = true;
        break;
    case SAMPLING_OF_VRF:
        store_rate(table, ENTRY_VRF, teller, id, rate);
        table->has_vrfs = true;
        break;
    case SAMPLING_OF_TEMPLATE:
        store_rate(table, ENTRY_TEMPLATE, teller, id, rate);
        break;
    case SAMPLING_OF_LINE_CARD: /* flows that name no card have the rate of the only one */
        store_rate(table, ENTRY_LINE_CARD, teller, id, rate);
        store_part(table, teller, id, rate);
        break;
    case SAMPLING_OF_DOMAIN:
        store_rate(table, ENTRY_DOMAIN, teller, 0, rate);
        store_rate(table, ENTRY_ANY_DOMAIN, teller, 0, rate);
        break;
    }
}

void sampling_table_bind(struct sampling_table *table, const struct sampling_teller *teller,
    uint64_t interface, uint64_t sampler_id)
{
    struct sampling_entry *entry =
        interface != 0 ? take_entry(table, ENTRY_BOUND, teller->stream, interface) : NULL;
    if (entry != NULL) {
        tell(entry, teller, sampler_id);
        retire(table, ENTRY_INTERFACE, teller, interface);
        table->has_interfaces = true;
    }
}

void sampling_table_restore(struct sampling_table *table, const struct sampling_entry *entry)
{
    if (entry->scope > ENTRY_LINE_CARD) {
        return;
    }
    struct sampling_entry *own =
        take_entry(table, (enum entry_scope)entry->scope, entry->stream, entry->id);
    if (own != NULL) {
        *own = *entry;
        table->has_interfaces |= entry->scope == ENTRY_INTERFACE || entry->scope == ENTRY_BOUND;
        table->has_vrfs |= entry->scope == ENTRY_VRF;
    }
}

/* Entries that probing has passed over must be found again: all move into a table of one size. */
void sampling_table_forget(struct sampling_table *table, uint32_t stream)
{
    uint32_t forgotten = 0;
    for (uint32_t i = 0; i < table->room; i++) {
        struct sampling_entry *entry = &table->entries[i];
        if (entry->use != SAMPLING_UNUSED && entry->teller == stream) {
            *entry = (struct sampling_entry){.use = SAMPLING_UNUSED};
            forgotten++;
        }
    }
    table->used -= forgotten;
    struct sampling_table same = *table;
    same.entries = forgotten != 0 ? calloc(same.room, sizeof *same.entries) : NULL;
    if (same.entries != NULL) {
        move_entries(table, &same);
        *table = same;
    }
}

static uint64_t rate_of_sampler(
    const struct sampling_table *table, const struct sampling_subject *subject, uint64_t sampler_id)
{
    uint64_t rate =
        sampler_id != 0 ? rate_of(table, ENTRY_SAMPLER, subject->stream, sampler_id) : 0;
    if (rate == 0 && sampler_id != 0) {
        rate = rate_of(table, ENTRY_ANY_SAMPLER, subject->family, sampler_id);
    }
    return rate;
}

/* Its own, or that of the sampler bound to it. */
static uint64_t rate_of_interface(
    const struct sampling_table *table, const struct sampling_subject *subject)
{
    uint64_t interface = subject->interface;
    if (interface == 0) {
        return 0;
    }
    uint64_t rate = rate_of(table, ENTRY_INTERFACE, subject->stream, interface);
    const struct sampling_entry *bound = find_entry(table, ENTRY_BOUND, subject->stream, interface);
    return rate == 0 && bound != NULL ? rate_of_sampler(table, subject, bound->sampler_id) : rate;
}

/* What is narrower than the stream, without the sampler; the narrowest first. */
static uint64_t rate_within_domain(
    const struct sampling_table *table, const struct sampling_subject *subject)
{
    const struct {
        enum entry_scope scope;
        uint64_t id;
    } NARROWER[] = {{ENTRY_VRF, subject->vrf}, {ENTRY_TEMPLATE, subject->template_id},
        {ENTRY_LINE_CARD, subject->line_card}};
    uint64_t rate = rate_of_interface(table, subject);
    for (size_t i = 0; rate == 0 && i < sizeof NARROWER / sizeof NARROWER[0]; i++) {
        bool is_named = NARROWER[i].id != 0;
        rate = is_named ? rate_of(table, NARROWER[i].scope, subject->stream, NARROWER[i].id) : 0;
    }
    return rate;
}

struct sampling_answer sampling_table_resolve(
    const struct sampling_table *table, const struct sampling_subject *subject)
{
    struct sampling_answer answer = {.rate = 0, .source = FLOW_SAMPLING_UNKNOWN};
    if (table->used == 0) {
        return answer;
    }
    answer.rate = rate_of_sampler(table, subject, subject->sampler_id);
    answer.source = FLOW_SAMPLING_SAMPLER;
    if (answer.rate == 0) {
        answer.rate = rate_within_domain(table, subject);
        answer.source = FLOW_SAMPLING_OPTIONS;
    }
    static const enum entry_scope WIDER[] = {
        ENTRY_DOMAIN, ENTRY_SOLE, ENTRY_ANY_DOMAIN, ENTRY_ANY_SOLE};
    for (size_t i = 0; answer.rate == 0 && i < sizeof WIDER / sizeof WIDER[0]; i++) {
        uint32_t owner = WIDER[i] < ENTRY_ANY_DOMAIN ? subject->stream : subject->family;
        answer.rate = rate_of(table, WIDER[i], owner, 0);
        answer.source = FLOW_SAMPLING_OPTIONS;
    }
    if (answer.rate == 0) {
        answer.source = FLOW_SAMPLING_UNKNOWN;
    }
    return answer;
}
