/* SPDX-License-Identifier: BSD-3-Clause -- data sets: records of a template become flows. */
#include "ingest/decode/elements.h"
#include "ingest/decode/export_message.h"
#include "ingest/decode/extra_program.h"
#include "ingest/decode/flow_answer.h"
#include "ingest/decode/held_data.h"
#include "ingest/decode/record_list.h"
#include "ingest/decode/sampling_map.h"

/* flowDirection (element 61). */
enum {
    DIRECTION_EGRESS = 1
};

/* One data set on its way to flows. */
struct data_set {
    const struct export_message *message;
    const struct template *template;
    struct record_facts start; /* what every record's facts start from */
    bool has_common_rate;      /* no record can change the sampling rate */
    bool has_original;         /* records name the exporter behind a mediator, and it counts */
    bool is_plain;             /* nor has any record lists, elements for Extra, or an exporter */
};

static void set_rate(
    struct flow *flow, const struct sampling_rule *rule, struct sampling_answer told)
{
    struct sampling_answer answer = sampling_rule_apply(rule, told);
    sampling_answer_set(&answer, flow);
}

static void set_sampler(struct decode_context *context)
{
    struct address source = address_without_zone(&context->datagram->source);
    flow_set_sampler_address(context->flow, &source);
}

/* Fields that all records share; a record must not write any of them. */
static void fix_common_fields(struct decode_context *context, const struct data_set *set)
{
    const struct export_message *message = set->message;
    struct flow *flow = context->flow;
    flow_begin(flow);
    flow_set_type(flow, message->type);
    flow_set_time_received(flow, context->datagram->received_ns / NS_PER_S);
    flow_set_sequence_num(flow, message->sequence);
    if (!set->has_original) {
        set_sampler(context);
    }
    flow_set_observation_domain_id(flow, message->domain);
    flow_set_etype(flow, set->template->program->etype);
    if (!set->template->program->has_time) {
        flow_set_time_flow_start(flow, message->clock.export_ns / NS_PER_S);
        flow_set_time_flow_end(flow, message->clock.export_ns / NS_PER_S);
        flow_set_time_suspect(flow, message->clock.suspicion);
    }
    if (set->has_common_rate) {
        struct sampling_subject subject = {.stream = context->stream->rates_of,
            .family = context->stream->family,
            .template_id = set->template->key.id};
        set_rate(
            flow, &context->rule, sampling_table_resolve(&context->exporter->sampling, &subject));
    }
    flow_fix(flow);
}

/* Where its packets were sampled, as far as the record tells. */
static uint64_t sampled_interface(const struct flow *flow)
{
    bool is_egress = flow_number(flow, FLOW_FLOW_DIRECTION) == DIRECTION_EGRESS;
    return flow_number(flow, is_egress ? FLOW_OUT_IF : FLOW_IN_IF);
}

static uint64_t sampled_vrf(const struct flow *flow)
{
    bool is_egress = flow_number(flow, FLOW_FLOW_DIRECTION) == DIRECTION_EGRESS;
    return flow_number(flow, is_egress ? FLOW_EGRESS_VRF_ID : FLOW_INGRESS_VRF_ID);
}

/* By the record's sampler, interface or domain. */
static struct sampling_answer rate_of_options(const struct decode_context *context,
    const struct data_set *set, const struct record_facts *facts)
{
    const struct sampling_table *table = &context->exporter->sampling;
    const struct flow *flow = context->flow;
    if (table->used == 0) {
        return (struct sampling_answer){.rate = 0};
    }
    struct sampling_subject subject = {.stream = context->stream->rates_of,
        .family = context->stream->family,
        .template_id = set->template->key.id,
        .sampler_id = flow_number(flow, FLOW_SAMPLER_ID),
        .interface = sampled_interface(flow),
        .vrf = table->has_vrfs ? sampled_vrf(flow) : 0,
        .line_card = sampling_facts_get(&facts->sampling, SAMPLING_LINE_CARD)};
    return sampling_table_resolve(table, &subject);
}

/* By what the record itself contains first. */
static void resolve_rate(
    struct decode_context *context, const struct data_set *set, const struct record_facts *facts)
{
    struct flow *flow = context->flow;
    struct sampling_answer answer = {
        .rate = sampling_facts_rate(&facts->sampling), .source = FLOW_SAMPLING_RECORD};
    if (answer.rate == 0) {
        answer = rate_of_options(context, set, facts);
    }
    /* The operator's rates are by exporter, here by the one behind the mediator. */
    struct sampling_rule rule = set->has_original
                                    ? sampling_map_find(context->sampling, &flow->sampler_address)
                                    : context->rule;
    set_rate(flow, &rule, answer);
}

/* Where one of the times is missing the other one and the duration tell; else the export's. */
static void set_times(struct flow *flow, const struct record_facts *facts)
{
    uint64_t start_ns = facts->times_ns[TIME_START];
    uint64_t end_ns = facts->times_ns[TIME_END];
    uint64_t duration_ns = facts->duration_us * NS_PER_US;
    if (start_ns == 0 && end_ns == 0) {
        flow_set_time_flow_start(flow, facts->clock.export_ns / NS_PER_S);
        flow_set_time_flow_end(flow, facts->clock.export_ns / NS_PER_S);
        flow_set_time_suspect(flow, facts->clock.suspicion);
        return;
    }
    start_ns = start_ns == 0 ? end_ns - duration_ns : start_ns;
    end_ns = end_ns == 0 ? start_ns + duration_ns : end_ns;
    uint64_t suspicion = time_suspicion(&facts->clock, start_ns, end_ns);
    bool is_reset = facts->clock.offset_ns != 0;
    if (is_reset && !time_is_possible(end_ns, facts->clock.export_ns)) {
        start_ns = facts->clock.export_ns;
        end_ns = facts->clock.export_ns;
    }
    flow_set_time_flow_start(flow, start_ns / NS_PER_S);
    flow_set_time_flow_end(flow, end_ns / NS_PER_S);
    flow_set_time_flow_start_ns(flow, start_ns);
    flow_set_time_flow_end_ns(flow, end_ns);
    flow_set_time_suspect(flow, suspicion);
}

/* The way out that is told: the next hop, or else BGP's, as the original fills it. */
static void set_next_hop(struct flow *flow)
{
    if (!flow_has(flow, FLOW_NEXT_HOP) && flow_has(flow, FLOW_BGP_NEXT_HOP)) {
        flow_set_next_hop(flow, &flow->bgp_next_hop);
    }
}

/* RFC 5103: the record tells of the answer too, which becomes a flow if there was one. */
static void read_answer(struct decode_context *context, const struct data_set *set,
    const uint8_t *record, struct record_facts *facts)
{
    struct flow *flow = context->flow;
    flow_turn_round(flow);
    template_program_run(set->template->program->reverse, record, flow, facts);
    record_lists_read_reverse(context, set->message, set->template, record);
    if (!flow_has(flow, FLOW_BYTES) && !flow_has(flow, FLOW_PACKETS)) {
        return;
    }
    set_next_hop(flow);
    if (set->template->program->reverse->has_time) {
        set_times(flow, facts);
    }
    decode_emit(context);
}

static void read_extra(
    struct decode_context *context, const struct template *template, const uint8_t *record)
{
    uint32_t dropped = extra_program_run(template->extra, record, context->flow);
    counter_add(&context->counters->extra_dropped, dropped);
}

/* What few templates have. */
static void read_rest(struct decode_context *context, const struct data_set *set,
    const uint8_t *record, const struct record_facts *facts)
{
    if (set->template->extra != NULL) {
        read_extra(context, set->template, record);
    }
    record_lists_read(context, set->message, set->template, record);
    if (set->has_original && !flow_has(context->flow, FLOW_SAMPLER_ADDRESS)) {
        set_sampler(context);
    }
    if (!set->has_common_rate) {
        resolve_rate(context, set, facts);
    }
}

/* Nothing was sent forward, and something back: one flow (RFC 5103 section 4). */
static bool is_answer_alone(
    const struct template_program *reverse, const uint8_t *record, const struct flow *flow)
{
    bool has_forward = flow_has(flow, FLOW_BYTES) || flow_has(flow, FLOW_PACKETS);
    return !has_forward && template_program_has_volume(reverse, record);
}

static void read_record(
    struct decode_context *context, const struct data_set *set, const uint8_t *record)
{
    const struct template_program *program = set->template->program;
    struct flow *flow = context->flow;
    struct record_facts facts;
    /* Sampling facts are the last member, and mean nothing until one of them is known. */
    memcpy(&facts, &set->start, offsetof(struct record_facts, sampling.values));
    flow_reset(flow);
    template_program_run(program, record, flow, &facts);
    set_next_hop(flow);
    if (program->has_time) {
        set_times(flow, &facts);
    }
    if (!set->is_plain) {
        read_rest(context, set, record, &facts);
    }
    bool may_answer = program->reverse != NULL && program->reverse->has_volume;
    if (!may_answer || !is_answer_alone(program->reverse, record, flow)) {
        decode_emit(context);
    }
    if (may_answer) {
        read_answer(context, set, record, &facts);
    }
}

/* Records of variable length are walked, and the program is fitted to each. */
static const uint8_t *take_variable(struct cursor *records, const struct template *template)
{
    struct record_place places[TEMPLATE_MAX_FIELDS];
    const uint8_t *record = record_take(records, template, places);
    if (record != NULL) {
        template_program_place(template->program, places);
        if (template->extra != NULL) {
            extra_program_place(template->extra, places);
        }
    }
    return record;
}

/* Bytes behind a set's last record that some exporters leave as they find them. */
enum {
    ALIGNMENT_BYTES = 3
};

bool data_set_fits(const struct template *template, struct cursor set)
{
    const uint8_t *padding = padding_start(set);
    if (!template->is_variable) {
        size_t left_over = cursor_left(&set) % template->record_min_bytes;
        return left_over <= ALIGNMENT_BYTES || padding <= set.end - left_over;
    }
    while (cursor_left(&set) >= template->record_min_bytes && set.pos < padding) {
        record_skip(&set, template);
    }
    return !cursor_failed(&set) && (cursor_left(&set) <= ALIGNMENT_BYTES || padding <= set.pos);
}

/* Of a set that waits: the sequence goes on behind it. */
static uint32_t count_records(const struct template *template, struct cursor records)
{
    struct record_place places[TEMPLATE_MAX_FIELDS];
    const uint8_t *padding = padding_start(records);
    uint32_t count = 0;
    while (cursor_left(&records) >= template->record_min_bytes && records.pos < padding) {
        const uint8_t *record = template->is_variable
                                    ? record_take(&records, template, places)
                                    : cursor_take(&records, template->record_min_bytes);
        count += record != NULL;
    }
    return count;
}

/* Returns the records read. */
static uint32_t read_flows(
    struct decode_context *context, const struct data_set *set, struct cursor records)
{
    const struct template *template = set->template;
    const uint8_t *padding = padding_start(records);
    uint32_t count = 0;
    fix_common_fields(context, set);
    while (cursor_left(&records) >= template->record_min_bytes && records.pos < padding) {
        const uint8_t *record = template->is_variable
                                    ? take_variable(&records, template)
                                    : cursor_take(&records, template->record_min_bytes);
        if (record == NULL) {
            decode_drop(context, DECODE_RECORD);
            break;
        }
        read_record(context, set, record);
        count++;
    }
    return count;
}

static uint32_t read_options(struct decode_context *context, const struct export_message *message,
    const struct template *template, struct cursor records)
{
    struct record_place places[TEMPLATE_MAX_FIELDS];
    const uint8_t *padding = padding_start(records);
    uint32_t count = 0;
    while (cursor_left(&records) >= template->record_min_bytes && records.pos < padding) {
        const uint8_t *record = record_take(&records, template, places);
        if (record == NULL) {
            decode_drop(context, DECODE_RECORD);
            break;
        }
        options_data_read(context, message, template, record, places);
        count++;
    }
    counter_add(&context->counters->options_records, count);
    return count;
}

static void count_set(struct decode_context *context, const struct export_message *message,
    enum exporter_set kind, uint32_t records)
{
    context->data_records += records;
    context->options_records += kind == EXPORTER_SET_OPTIONS_DATA ? records : 0;
    counter_add(&message->counters->sets[kind], 1);
    counter_add(&message->counters->records[kind], records);
}

/* IPFIX headers have no uptime; where records give times of it, options data may tell the start. */
static struct export_clock clock_of(
    const struct decode_context *context, const struct export_message *message)
{
    struct export_clock clock = message->clock;
    uint64_t boot_ms =
        clock.has_uptime ? 0 : stream_boot_ms(&context->exporter->streams, context->stream);
    if (boot_ms != 0) {
        export_clock_boot(&clock, boot_ms);
        clock.is_recalled = true;
    }
    return clock;
}

static uint32_t read_flow_set(struct decode_context *context, const struct export_message *message,
    const struct template *template, struct cursor records)
{
    const struct sampling_table *sampling = &context->exporter->sampling;
    const struct template_program *program = template->program;
    bool has_original = context->uses_original_exporter && program->has_original;
    bool has_common_rate =
        !has_original &&
        (context->rule.is_override ||
            (!program->has_sampling && !sampling->has_interfaces && !sampling->has_vrfs));
    struct data_set set = {.message = message,
        .template = template,
        .start = {.clock = clock_of(context, message)},
        .has_common_rate = has_common_rate,
        .has_original = has_original,
        .is_plain = has_common_rate && !has_original && template->extra == NULL &&
                    !template_program_has_lists(program)};
    return read_flows(context, &set, records);
}

void data_set_decode(struct decode_context *context, const struct export_message *message,
    const struct template *template, struct cursor set)
{
    if (template->is_options) {
        count_set(context, message, EXPORTER_SET_OPTIONS_DATA,
            read_options(context, message, template, set));
        return;
    }
    count_set(context, message, EXPORTER_SET_DATA, read_flow_set(context, message, template, set));
}

void data_set_read(struct decode_context *context, const struct export_message *message,
    struct cursor set, uint16_t template_id)
{
    struct template_key key = {
        .domain = message->domain, .id = template_id, .version = message->version};
    const struct template *template = template_store_find(
        &context->exporter->templates, &key, context->stream, context->datagram->received_ns);
    if (template == NULL) {
        context->has_unread_records = true;
        counter_add(&context->exporter->counters.missing_templates, 1);
        if (!held_data_keep(context, message, set, &key, DECODE_TEMPLATE_MISSING)) {
            decode_drop(context, DECODE_TEMPLATE_MISSING);
        }
        return;
    }
    if (!data_set_fits(template, set)) {
        context->has_unread_records = true;
        counter_add(&context->counters->misfit_sets, 1);
        if (!held_data_keep(context, message, set, &key, DECODE_SET_MISFIT)) {
            decode_drop(context, DECODE_SET_MISFIT);
        }
        return;
    }
    /* Where there is no room to wait, being decoded ahead of older data is better than not. */
    if (held_data_is_due(&context->exporter->held, &key, context->stream->number) &&
        held_data_keep(context, message, set, &key, DECODE_TEMPLATE_MISSING)) {
        uint32_t records = count_records(template, set);
        context->data_records += records;
        context->options_records += template->is_options ? records : 0;
        return;
    }
    data_set_decode(context, message, template, set);
}
