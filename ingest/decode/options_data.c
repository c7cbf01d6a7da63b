/* SPDX-License-Identifier: BSD-3-Clause -- options records: what exporters say of themselves. */
#include "common/clock.h"
#include "ingest/decode/elements.h"
#include "ingest/decode/options_record.h"
#include "ingest/decode/sampling_facts.h"

/* RFC 3954 section 6.1: scope types of NetFlow 9. */
enum {
    SCOPE_INTERFACE = 2,
    SCOPE_LINE_CARD = 3,
    SCOPE_TEMPLATE = 5
};

enum {
    ELEMENT_INGRESS_INTERFACE = 10,
    ELEMENT_EGRESS_INTERFACE = 14,
    ELEMENT_SAMPLER = 48,
    ELEMENT_LINE_CARD = 141,
    ELEMENT_TEMPLATE = 145,
    ELEMENT_INGRESS_VRF = 234,
    ELEMENT_EGRESS_VRF = 235,
    ELEMENT_SELECTOR = 302
};

/* What an options record says, as far as it is understood. */
struct options_facts {
    struct sampling_facts sampling;
    uint64_t sampler_id;
    uint64_t interface;
    uint64_t vrf; /* 0: none, as for the next two */
    uint64_t template_id;
    uint64_t line_card;
    uint64_t boot_ms; /* since 1970; 0: not told */
    bool has_sampler;
    bool has_interface;
};

static uint64_t number_at(const uint8_t *record, const struct record_place *place)
{
    return place->length <= 8 ? load_be(record + place->offset, place->length) : 0;
}

/* Of two interfaces the one where packets come in counts, for that is where most are sampled. */
static void take_interface(
    struct options_facts *facts, const struct template_field *field, uint64_t value)
{
    bool is_scope = field->pen == TEMPLATE_SCOPE_PEN && field->id == SCOPE_INTERFACE;
    bool is_ingress = field->pen == 0 && field->id == ELEMENT_INGRESS_INTERFACE;
    bool is_egress = field->pen == 0 && field->id == ELEMENT_EGRESS_INTERFACE;
    if (is_scope || is_ingress || (is_egress && !facts->has_interface)) {
        facts->interface = value;
        facts->has_interface = true;
    }
}

/* Scopes that make a rate narrower than the domain's (RFC 7011 section 3.4.2.1). */
static void take_scope(
    struct options_facts *facts, const struct template_field *field, uint64_t value)
{
    bool is_netflow9 = field->pen == TEMPLATE_SCOPE_PEN;
    if (!is_netflow9 && field->pen != 0) {
        return;
    }
    switch (field->id) {
    case SCOPE_LINE_CARD:
        facts->line_card = is_netflow9 ? value : facts->line_card;
        break;
    case SCOPE_TEMPLATE:
        facts->template_id = is_netflow9 ? value : facts->template_id;
        break;
    case ELEMENT_LINE_CARD:
        facts->line_card = value;
        break;
    case ELEMENT_TEMPLATE:
        facts->template_id = value;
        break;
    case ELEMENT_INGRESS_VRF:
    case ELEMENT_EGRESS_VRF:
        facts->vrf = facts->vrf == 0 ? value : facts->vrf;
        break;
    default:
        break;
    }
}

static void take_field(
    struct options_facts *facts, const struct template_field *field, uint64_t value)
{
    const struct element *element = element_find(field->pen, field->id);
    if (element == NULL) {
        return;
    }
    if (element->conversion == ELEMENT_SAMPLING) {
        sampling_facts_set(&facts->sampling, (enum sampling_fact)element->target, value);
    }
    if (element->conversion == ELEMENT_SYSTEM_INIT) {
        facts->boot_ms = value;
    }
    if (field->pen == 0 && (field->id == ELEMENT_SAMPLER || field->id == ELEMENT_SELECTOR)) {
        facts->sampler_id = value;
        facts->has_sampler = true;
    }
}

/*
 * A record may contain the rate of a sampler; the rate or the sampler of an interface; the rate of
 * a VRF, template or line card; or that of the whole domain. A rate of 0 takes the one before back.
 */
static void learn_sampling(struct sampling_table *table, const struct sampling_teller *teller,
    const struct options_facts *facts)
{
    uint64_t rate = sampling_facts_rate(&facts->sampling);
    if (facts->has_sampler && facts->has_interface) {
        sampling_table_bind(table, teller, facts->interface, facts->sampler_id);
    }
    if (!sampling_facts_have_rate(&facts->sampling)) {
        return;
    }
    if (facts->has_sampler) {
        sampling_table_learn(table, SAMPLING_OF_SAMPLER, teller, facts->sampler_id, rate);
    }
    if (facts->template_id != 0) {
        sampling_table_learn(table, SAMPLING_OF_TEMPLATE, teller, facts->template_id, rate);
    } else if (facts->has_sampler) {
        return;
    } else if (facts->has_interface) {
        sampling_table_learn(table, SAMPLING_OF_INTERFACE, teller, facts->interface, rate);
    } else if (facts->vrf != 0) {
        sampling_table_learn(table, SAMPLING_OF_VRF, teller, facts->vrf, rate);
    } else if (facts->line_card != 0) {
        sampling_table_learn(table, SAMPLING_OF_LINE_CARD, teller, facts->line_card, rate);
    } else {
        sampling_table_learn(table, SAMPLING_OF_DOMAIN, teller, 0, rate);
    }
}

static void learn_rates(struct decode_context *context, const struct options_facts *facts)
{
    struct stream *stream = context->stream;
    uint64_t now_ns = context->datagram->received_ns;
    bool binds = facts->has_sampler && facts->has_interface;
    if (!binds && !sampling_facts_have_rate(&facts->sampling)) {
        return;
    }
    struct sampling_teller teller = {.stream = stream->number,
        .family = stream->family,
        .now_min = (uint16_t)(now_ns / (NS_PER_S * S_PER_MINUTE))};
    learn_sampling(&context->exporter->sampling, &teller, facts);
    stream_table_tell_rates(&context->exporter->streams, stream, now_ns);
}

void options_data_read(struct decode_context *context, const struct export_message *message,
    const struct template *template, const uint8_t *record, const struct record_place *places)
{
    struct options_facts facts = {.has_sampler = false};
    for (uint32_t i = 0; i < template->field_count; i++) {
        const struct template_field *field = &template->fields[i];
        if (places[i].length > 0) {
            uint64_t value = number_at(record, &places[i]);
            take_interface(&facts, field, value);
            take_scope(&facts, field, value);
            take_field(&facts, field, value);
        }
    }
    learn_rates(context, &facts);
    options_record_read(context, message, template, record, places);
    if (facts.boot_ms != 0) {
        context->stream->boot_ms = facts.boot_ms;
    }
}
