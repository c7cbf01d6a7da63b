/* SPDX-License-Identifier: BSD-3-Clause -- options records: what exporters say of themselves. */
#include "ingest/decode/elements.h"
#include "ingest/decode/options_record.h"
#include "ingest/decode/sampling_facts.h"

/* RFC 3954 section 6.1: scope types of NetFlow 9. */
enum {
    SCOPE_INTERFACE = 2
};

enum {
    ELEMENT_INGRESS_INTERFACE = 10,
    ELEMENT_EGRESS_INTERFACE = 14,
    ELEMENT_SAMPLER = 48,
    ELEMENT_SELECTOR = 302
};

/* What an options record says, as far as it is understood. */
struct options_facts {
    struct sampling_facts sampling;
    uint64_t sampler_id;
    uint64_t interface;
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

/* A record may tell a sampler's rate, an interface's rate or sampler, or the whole domain's rate.
 */
static void learn_sampling(
    struct exporter *exporter, uint32_t domain, const struct options_facts *facts)
{
    struct sampling_table *table = &exporter->sampling;
    uint64_t rate = sampling_facts_rate(&facts->sampling);
    if (facts->has_sampler && facts->has_interface) {
        sampling_table_bind(table, domain, facts->interface, facts->sampler_id);
    }
    if (rate == 0) {
        return;
    }
    if (facts->has_sampler) {
        sampling_table_learn(table, SAMPLING_OF_SAMPLER, domain, facts->sampler_id, rate);
    } else if (facts->has_interface) {
        sampling_table_learn(table, SAMPLING_OF_INTERFACE, domain, facts->interface, rate);
    } else {
        sampling_table_learn(table, SAMPLING_OF_DOMAIN, domain, 0, rate);
    }
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
            take_field(&facts, field, value);
        }
    }
    learn_sampling(context->exporter, message->domain, &facts);
    options_record_read(context, message, template, record, places);
    if (facts.boot_ms != 0) {
        boot_list_learn(&context->exporter->boots, message->domain, facts.boot_ms);
    }
}
