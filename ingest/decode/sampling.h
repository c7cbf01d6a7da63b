/*
 * sampling.h -- one packet in how many: what an exporter said, and which of it counts.
 *
 * Rates (sampling_facts.h) arrive in options data, by sampler, by interface or for a whole stream
 * (stream.h), and inside data records. One resolver with a fixed precedence picks the rate of a
 * flow and says where it came from. A rate that was not announced for an hour gives way to another
 * one that is. Kept for each exporter; bounded. The decoder's thread owns it.
 */
#pragma once

#include "common/flow.h"
#include "common/hash.h"

/* Whose rate it is. */
enum sampling_scope {
    SAMPLING_OF_DOMAIN,
    SAMPLING_OF_SAMPLER,
    SAMPLING_OF_INTERFACE,
    SAMPLING_OF_VRF,
    SAMPLING_OF_TEMPLATE,
    SAMPLING_OF_LINE_CARD
};

/* What a place of the table holds. */
enum sampling_use {
    SAMPLING_UNUSED,
    SAMPLING_USED,
    SAMPLING_DISPUTED /* samplers disagree about the only rate: it is 0 */
};

struct sampling_entry {
    uint64_t id;
    uint64_t sampler_id; /* whose rate a stream's only rate is; who samples a bound interface */
    uint32_t stream;     /* or the family */
    uint32_t teller;     /* the stream that announced it last */
    uint32_t rate;
    uint16_t told_min; /* when, modulo 2^16 */
    uint8_t scope;     /* enum entry_scope of sampling.c */
    uint8_t use;       /* enum sampling_use */
};

/* What the tables of all exporters may have together, beyond the first entries of each. */
struct sampling_budget {
    uint64_t max_bytes;
    uint64_t bytes;
};

struct sampling_table {
    struct sampling_budget *budget; /* borrowed */
    struct sampling_entry *entries; /* open addressing; NULL while empty */
    struct hash_seed seed;          /* set while there are entries */
    uint32_t room;                  /* a power of two */
    uint32_t used;
    bool has_interfaces;
    bool has_vrfs;
};

/* What a flow's rate can depend on. 0: the flow does not name it. */
struct sampling_subject {
    uint32_t stream; /* whose rates count */
    uint32_t family;
    uint16_t template_id;
    uint64_t sampler_id;
    uint64_t interface; /* where it was sampled */
    uint64_t vrf;
    uint64_t line_card;
};

struct sampling_answer {
    uint64_t rate;
    enum flow_sampling_source source;
};

/* The operator's word on an exporter (sampling_map.h); rate 0: none. */
struct sampling_rule {
    uint64_t rate;
    bool is_override;
};

/* What counts, when the exporter gave that answer: an override always, a default where it gave
 * none. */
static inline struct sampling_answer sampling_rule_apply(
    const struct sampling_rule *rule, struct sampling_answer told)
{
    if (rule->rate == 0 || (told.rate != 0 && !rule->is_override)) {
        return told;
    }
    return (struct sampling_answer){.rate = rule->rate,
        .source = rule->is_override ? FLOW_SAMPLING_OVERRIDE : FLOW_SAMPLING_DEFAULT};
}

/* Writes the answer into a flow. */
static inline void sampling_answer_set(const struct sampling_answer *answer, struct flow *flow)
{
    flow_set_sampling_rate(flow, answer->rate);
    flow_set_sampling_source(flow, answer->source);
}

/* The answer of a header that names a rate, or 0. */
static inline struct sampling_answer sampling_of_header(uint64_t rate)
{
    return (struct sampling_answer){
        .rate = rate, .source = rate != 0 ? FLOW_SAMPLING_HEADER : FLOW_SAMPLING_UNKNOWN};
}

void sampling_table_init(struct sampling_table *table, struct sampling_budget *budget);
void sampling_table_clear(struct sampling_table *table);

/* The stream that announces a rate, and when. */
struct sampling_teller {
    uint32_t stream;
    uint32_t family;
    uint16_t now_min; /* since 1970, modulo 2^16 */
};

/*
 * Learns a rate; `id` is the sampler, interface, VRF, template or line card. Rate 0: unknown again.
 * A table that is full, or that the budget lets grow no more, keeps what it knows.
 */
void sampling_table_learn(struct sampling_table *table, enum sampling_scope scope,
    const struct sampling_teller *teller, uint64_t id, uint64_t rate);

/*
 * Learns that a sampler takes that interface's packets; 0: none does any more. What its rate is
 * may come before or after.
 */
void sampling_table_bind(struct sampling_table *table, const struct sampling_teller *teller,
    uint64_t interface, uint64_t sampler_id);

/* Puts back an entry as it was in a table before; one of an unknown scope is left out. */
void sampling_table_restore(struct sampling_table *table, const struct sampling_entry *entry);

/* Whether the entry is one for all streams of a family. */
bool sampling_entry_is_shared(const struct sampling_entry *entry);

/* Forgets what the stream has announced. */
void sampling_table_forget(struct sampling_table *table, uint32_t stream);

/*
 * The rate of a flow that names no rate itself: by its sampler, the interface where it was sampled
 * (or the sampler bound to that), its VRF, template and line card, its stream, then other streams
 * of the family (line cards, other ports).
 */
struct sampling_answer sampling_table_resolve(
    const struct sampling_table *table, const struct sampling_subject *subject);
