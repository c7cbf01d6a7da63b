/* SPDX-License-Identifier: BSD-3-Clause -- one worker's decoder: the version decides. */
#include "common/clock.h"
#include "ingest/decode/decode_context.h"
#include "ingest/decode/document.h"
#include "ingest/decode/exporter.h"
#include "ingest/decode/held_backlog.h"
#include "ingest/decode/loss.h"
#include "ingest/decode/sampling_map.h"
#include "ingest/decode/snapshot.h"
#include "ingest/decode/template_census.h"

#include <stdlib.h>

enum {
    DEFAULT_EXPORTERS = 4096,
    DEFAULT_TEMPLATES = 4096,
    DEFAULT_HELD_AGE_S = 60,
    DATAGRAM_MAX_SIZE = 65535
};

#define DEFAULT_TEMPLATE_BYTES (UINT64_C(256) << 20)

struct decoder {
    struct exporter_table *exporters;
    const struct snapshot *snapshot;     /* borrowed, or NULL */
    const struct sampling_map *sampling; /* borrowed, or NULL */
    bool prefers_inner;
    bool uses_original_exporter;
    bool takes_extra;
    struct flow flow;
    struct decode_counters counters;
    struct template_census census;
    struct record_sink records;
    uint64_t minute; /* since 1970, of what the ledger has not told; 0: none yet */
};

typedef void protocol_decode(struct decode_context *context, struct cursor cursor);

static enum flow_type type_of(const struct datagram *datagram)
{
    struct cursor cursor = cursor_of(datagram->bytes, datagram->size);
    switch (cursor_be16(&cursor)) {
    case 0: /* sFlow's version is a 32-bit number */
        return cursor_be16(&cursor) == 5 ? FLOW_TYPE_SFLOW5 : FLOW_TYPE_UNKNOWN;
    case 1:
        return FLOW_TYPE_NETFLOW1;
    case 5:
        return FLOW_TYPE_NETFLOW5;
    case 7:
        return FLOW_TYPE_NETFLOW7;
    case 9:
        return FLOW_TYPE_NETFLOW9;
    case 10:
        return FLOW_TYPE_IPFIX;
    default:
        return FLOW_TYPE_UNKNOWN;
    }
}

static void count_exporter(struct decode_context *context, enum flow_type type)
{
    struct exporter_counters *counters = &context->exporter->counters;
    switch (type) {
    case FLOW_TYPE_NETFLOW9:
        counter_add(&counters->versions[EXPORTER_NETFLOW9].datagrams, 1);
        break;
    case FLOW_TYPE_IPFIX:
        counter_add(&counters->versions[EXPORTER_IPFIX].datagrams, 1);
        break;
    default:
        counter_add(&counters->other_datagrams, 1);
    }
}

/* Missing templates are counted set by set, where they are missed. */
static void count_fault(struct exporter_counters *counters, enum decode_status status)
{
    if (status == DECODE_SET_ID) {
        counter_add(&counters->reserved_sets, 1);
    } else if (status != DECODE_TEMPLATE_MISSING) {
        counter_add(&counters->errors, 1);
    }
}

static void decode_known(struct decode_context *context, enum flow_type type)
{
    static protocol_decode *const ENTRIES[FLOW_TYPE_COUNT] = {
        [FLOW_TYPE_SFLOW5] = sflow_decode,
        [FLOW_TYPE_NETFLOW5] = netflow5_decode,
        [FLOW_TYPE_NETFLOW9] = netflow9_decode,
        [FLOW_TYPE_IPFIX] = ipfix_decode,
        [FLOW_TYPE_NETFLOW1] = netflow1_decode,
        [FLOW_TYPE_NETFLOW7] = netflow7_decode,
    };
    uint64_t flows_before = counter_get(&context->counters->flows);
    count_exporter(context, type);
    ENTRIES[type](context, cursor_of(context->datagram->bytes, context->datagram->size));
    uint64_t flows = counter_get(&context->counters->flows) - flows_before;
    counter_add(&context->exporter->counters.flows, flows);
    loss_count(context, type, flows);
}

static uint32_t value_or(uint32_t value, uint32_t otherwise)
{
    return value != 0 ? value : otherwise;
}

/* Half of the memory is divided among the exporters, so that a flood leaves each its share. */
static struct template_limits template_limits_of(const struct decoder_options *options)
{
    uint64_t max_bytes =
        options->max_template_bytes != 0 ? options->max_template_bytes : DEFAULT_TEMPLATE_BYTES;
    return (struct template_limits){
        .max_per_exporter = value_or(options->max_templates_per_exporter, DEFAULT_TEMPLATES),
        .own_bytes = max_bytes / 2 / value_or(options->max_exporters, DEFAULT_EXPORTERS),
        .max_shared_bytes = max_bytes / 2,
        .lifetime_ns = options->template_lifetime_s * NS_PER_S};
}

enum err decoder_new(struct decoder **decoder_p, const struct decoder_options *options)
{
    *decoder_p = NULL;
    struct decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder == NULL) {
        return ERR_MEMORY;
    }
    struct exporter_limits limits = {
        .max_exporters = value_or(options->max_exporters, DEFAULT_EXPORTERS),
        .templates = template_limits_of(options),
        .extra = {.takes_all = options->takes_extra, .mapping = options->mapping},
        .held = {.max_bytes = options->max_held_bytes,
            .max_age_ns = value_or(options->max_held_age_s, DEFAULT_HELD_AGE_S) * NS_PER_S,
            .waiting = &decoder->counters.held_sets,
            .dropped = decoder->counters.dropped}};
    enum err err = exporter_table_new(&decoder->exporters, &limits);
    if (err != ERR_OK) {
        free(decoder);
        return err;
    }
    decoder->snapshot = options->snapshot;
    decoder->records = options->records;
    decoder->sampling = options->sampling;
    decoder->prefers_inner = options->prefers_inner;
    decoder->uses_original_exporter = options->uses_original_exporter;
    decoder->takes_extra = options->takes_extra;
    *decoder_p = decoder;
    return ERR_OK;
}

void decoder_destroy(struct decoder **decoder_p)
{
    if (*decoder_p == NULL) {
        return;
    }
    exporter_table_destroy(&(*decoder_p)->exporters);
    free(*decoder_p);
    *decoder_p = NULL;
}

/* An exporter is heard for the first time. */
static void introduce(const struct decoder *decoder, struct exporter *exporter)
{
    exporter->is_introduced = true;
    exporter->rule = sampling_map_find(decoder->sampling, &exporter->address);
    if (decoder->snapshot != NULL) {
        snapshot_restore(decoder->snapshot, exporter);
    }
}

static struct decode_context context_of(
    struct decoder *decoder, const struct datagram *datagram, const struct flow_sink *sink)
{
    return (struct decode_context){.datagram = datagram,
        .decoder = decoder,
        .counters = &decoder->counters,
        .census = &decoder->census,
        .sampling = decoder->sampling,
        .sink = sink,
        .records = decoder->records.take != NULL ? &decoder->records : NULL,
        .flow = &decoder->flow,
        .prefers_inner = decoder->prefers_inner,
        .uses_original_exporter = decoder->uses_original_exporter,
        .takes_extra = decoder->takes_extra,
        .status = DECODE_OK};
}

/* Decodes data whose template has come, as much as `room_bytes` hold. True: there is more. */
static bool decode_backlog(struct decoder *decoder, const struct flow_sink *sink, size_t room_bytes)
{
    struct held_pool *held = exporter_table_held(decoder->exporters);
    if (held->first_freed == NULL) {
        return false;
    }
    struct decode_context context = context_of(decoder, NULL, sink);
    held_backlog_decode(&context, held, room_bytes);
    return held->first_freed != NULL;
}

static enum decode_status decode_datagram(
    struct decoder *decoder, const struct datagram *datagram, const struct flow_sink *sink)
{
    struct decode_context context = context_of(decoder, datagram, sink);
    enum flow_type type = type_of(datagram);
    counter_add(&decoder->counters.datagrams[type], 1);
    if (type == FLOW_TYPE_UNKNOWN) {
        decode_drop(&context, datagram->size == 0 ? DECODE_EMPTY : DECODE_VERSION);
        return context.status;
    }
    context.exporter =
        exporter_table_take(decoder->exporters, &datagram->source, datagram->received_ns);
    if (context.exporter == NULL) {
        decode_drop(&context, DECODE_EXPORTER_LIMIT);
        return context.status;
    }
    if (!context.exporter->is_introduced) {
        introduce(decoder, context.exporter);
    }
    context.rule = context.exporter->rule;
    decode_known(&context, type);
    if (context.status != DECODE_OK && type != FLOW_TYPE_SFLOW5) {
        count_fault(&context.exporter->counters, context.status);
    }
    return context.status;
}

enum decode_status decoder_decode(
    struct decoder *decoder, const struct datagram *datagram, const struct flow_sink *sink)
{
    enum decode_status status = decode_datagram(decoder, datagram, sink);
    if (datagram->size < DATAGRAM_MAX_SIZE) {
        (void)decode_backlog(decoder, sink, DATAGRAM_MAX_SIZE - datagram->size);
    }
    return status;
}

bool decoder_catch_up(struct decoder *decoder, const struct flow_sink *sink)
{
    return decode_backlog(decoder, sink, DATAGRAM_MAX_SIZE);
}

void decoder_use_sampling_map(struct decoder *decoder, const struct sampling_map *map)
{
    decoder->sampling = map;
    for (uint32_t i = 0; i < exporter_table_count(decoder->exporters); i++) {
        struct exporter *exporter = exporter_table_at(decoder->exporters, i);
        exporter->rule = sampling_map_find(map, &exporter->address);
    }
}

void decoder_use_mapping(struct decoder *decoder, const struct mapping *mapping)
{
    struct extra_choice choice = {.takes_all = decoder->takes_extra, .mapping = mapping};
    exporter_table_choose(decoder->exporters, &choice);
}

void decoder_expire(struct decoder *decoder, uint64_t now_ns)
{
    exporter_table_expire(decoder->exporters, now_ns);
}

static void report_losses(struct decoder *decoder)
{
    if (decoder->records.take == NULL) {
        return;
    }
    for (uint32_t i = 0; i < exporter_table_count(decoder->exporters); i++) {
        loss_report(exporter_table_at(decoder->exporters, i), decoder->minute * S_PER_MINUTE,
            &decoder->records);
    }
}

void decoder_tick(struct decoder *decoder, uint64_t now_ns)
{
    uint64_t minute = now_ns / (S_PER_MINUTE * NS_PER_S);
    if (minute == decoder->minute) {
        return;
    }
    if (decoder->minute != 0) {
        report_losses(decoder);
    }
    decoder->minute = minute;
}

void decoder_finish(struct decoder *decoder)
{
    exporter_table_drop_held(decoder->exporters);
    report_losses(decoder);
}

const struct decode_counters *decoder_counters(const struct decoder *decoder)
{
    return &decoder->counters;
}

const struct template_census *decoder_census(const struct decoder *decoder)
{
    return &decoder->census;
}

void decoder_visit_exporters(const struct decoder *decoder, exporter_visit *visit, void *context)
{
    exporter_table_visit(decoder->exporters, visit, context);
}

bool decoder_print_part(const struct decoder *decoder, enum decoder_document document,
    struct document_place *place, struct buffer *out)
{
    return document_print_part(decoder->exporters, document, place, out);
}

void decoder_print(
    const struct decoder *decoder, enum decoder_document document, struct buffer *out)
{
    struct document_place place = {.exporter = 0};
    bool has_more = true;
    while (has_more) {
        has_more = decoder_print_part(decoder, document, &place, out);
    }
}
