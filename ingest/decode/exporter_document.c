/* SPDX-License-Identifier: BSD-3-Clause -- what is known of an exporter, as JSON. */
#include "ingest/decode/exporter_document.h"

#include "common/flow.h"

#include <inttypes.h>

enum {
    SOURCES_PRINTED_MAX = 64 /* of one exporter: forged ones must not fill the document */
};

static const char *const SOURCES[] = {
    [FLOW_SAMPLING_UNKNOWN] = "unknown",
    [FLOW_SAMPLING_RECORD] = "record",
    [FLOW_SAMPLING_SAMPLER] = "sampler",
    [FLOW_SAMPLING_OPTIONS] = "options",
    [FLOW_SAMPLING_HEADER] = "header",
    [FLOW_SAMPLING_DEFAULT] = "default",
    [FLOW_SAMPLING_OVERRIDE] = "override",
};

static const char *const AMOUNTS[SEQUENCE_AMOUNT_COUNT] = {
    [SEQUENCE_DATAGRAMS] = "Datagrams",
    [SEQUENCE_RECEIVED] = "UnitsReceived",
    [SEQUENCE_LOST] = "UnitsLost",
    [SEQUENCE_LATE] = "UnitsLate",
    [SEQUENCE_DOUBLES] = "Doubles",
    [SEQUENCE_RESETS] = "Resets",
    [SEQUENCE_UNDECODABLE] = "Undecodable",
    [SEQUENCE_TRUNCATED] = "Truncated",
    [SEQUENCE_NO_TEMPLATE] = "WithoutTemplate",
    [SEQUENCE_FLOWS] = "Flows",
};

static void print_rate(
    struct buffer *out, const struct exporter *exporter, const struct stream *stream)
{
    struct sampling_subject subject = {.stream = stream->rates_of, .family = stream->family};
    struct sampling_answer told = sampling_table_resolve(&exporter->sampling, &subject);
    struct sampling_answer answer = sampling_rule_apply(&exporter->rule, told);
    if (stream->sampling.rate != 0) {
        answer = stream->sampling;
    }
    if (answer.rate != 0) {
        buffer_format(out, ",\"SamplingRate\":%" PRIu64 ",\"SamplingSource\":\"%s\"", answer.rate,
            SOURCES[answer.source]);
    }
}

static const char *const COUNTS[SEQUENCE_COUNT_COUNT] = {
    [SEQUENCE_UNITS_BEFORE] = "units before",
    [SEQUENCE_FLOWS_BEFORE] = "flows before, without options data",
    [SEQUENCE_FLOWS_WITH] = "flows up to the last one, without options data",
    [SEQUENCE_UNITS_WITH] = "units up to the last one",
};

static void print_sequence(struct buffer *out, const struct sequence_tracker *sequence)
{
    if (sequence->is_known) {
        buffer_format(out, ",\"NextSequence\":%" PRIu32, sequence->next);
        if (sequence_count_of(sequence) != SEQUENCE_UNITS_BEFORE) {
            buffer_format(out, ",\"SequenceCounts\":\"%s\"", COUNTS[sequence_count_of(sequence)]);
        }
    }
    for (size_t i = 0; i < SEQUENCE_AMOUNT_COUNT; i++) {
        buffer_format(out, ",\"%s\":%" PRIu64, AMOUNTS[i], sequence->amounts[i]);
    }
}

static void print_stream(
    struct buffer *out, const struct exporter *exporter, const struct stream *stream)
{
    buffer_format(out, "{\"Type\":\"%s\",\"ObservationDomainID\":%" PRIu32,
        flow_type_text((enum flow_type)stream->type), stream->domain);
    if (stream->type != FLOW_TYPE_SFLOW5 && stream->origin != 0) {
        buffer_format(out, ",\"SourcePort\":%" PRIu64, stream->origin);
    }
    print_rate(out, exporter, stream);
    print_sequence(out, &stream->sequence);
    buffer_format(out, ",\"Restarts\":%" PRIu32 "}", stream->restarts);
}

static void print_streams(struct buffer *out, const struct exporter *exporter)
{
    bool is_first = true;
    for (uint32_t i = 0; i < exporter->streams.count; i++) {
        const struct stream *stream = &exporter->streams.streams[i];
        if (!stream->is_ended) {
            buffer_text_append(out, is_first ? "" : ",");
            print_stream(out, exporter, stream);
            is_first = false;
        }
    }
}

static const char *const SOURCE_KINDS[SFLOW_SOURCE_KIND_COUNT] = {
    [SFLOW_SOURCE_FLOW] = "flow",
    [SFLOW_SOURCE_COUNTER] = "counter",
    [SFLOW_SOURCE_DISCARDED] = "discarded",
};

static void print_source(struct buffer *out, const struct sflow_source *source)
{
    buffer_format(out,
        "{\"ObservationDomainID\":%" PRIu32 ",\"Class\":%" PRIu32 ",\"Index\":%" PRIu32
        ",\"Samples\":\"%s\",\"Received\":%" PRIu64 ",\"Lost\":%" PRIu64 ",\"Late\":%" PRIu64
        ",\"DroppedByAgent\":%" PRIu64 "}",
        sflow_source_agent(source), sflow_source_class(source), sflow_source_index(source),
        SOURCE_KINDS[sflow_source_kind(source)], source->samples, source->lost, source->late,
        source->dropped);
}

/* Of sFlow; named are those of which samples are missing: a chassis has hundreds that lack none. */
static void print_sources(struct buffer *out, const struct sflow_sources *sources)
{
    uint32_t printed = 0;
    buffer_format(out, ",\"Sources\":%" PRIu32 ",\"SourcesWithLoss\":[", sources->count);
    for (uint32_t i = 0; i < sources->room && printed < SOURCES_PRINTED_MAX; i++) {
        const struct sflow_source *source = &sources->slots[i];
        if (source->lost != 0 || source->dropped != 0) {
            buffer_text_append(out, printed++ == 0 ? "" : ",");
            print_source(out, source);
        }
    }
    buffer_text_append(out, "]");
}

static void print_option(
    struct buffer *out, const struct exporter *exporter, const struct option_entry *entry)
{
    const struct stream *stream = stream_table_numbered(&exporter->streams, entry->stream);
    buffer_format(out, "{\"ObservationDomainID\":%" PRIu32 ",\"Scope\":\"%s\"",
        stream != NULL ? stream->domain : 0, entry->scope);
    if (entry->has_scope_id) {
        buffer_format(out, ",\"ScopeID\":%" PRIu64, entry->scope_id);
    }
    buffer_format(out, ",\"Name\":\"%s\",\"Value\":", entry->name);
    buffer_json_string(out, entry->text, entry->size);
    buffer_text_append(out, "}");
}

static void print_head(struct buffer *out, const struct exporter *exporter)
{
    char address[ADDRESS_ZONED_TEXT_SIZE];
    address_format_zoned(&exporter->address, address);
    buffer_format(out, "\"%s\":{\"HasOptions\":%s,\"Domains\":[", address,
        exporter->options.used > 0 ? "true" : "false");
    print_streams(out, exporter);
    buffer_text_append(out, "]");
    if (exporter->sources.count > 0) {
        print_sources(out, &exporter->sources);
    }
    if (exporter->options.room > 0) {
        buffer_text_append(out, ",\"Options\":[");
    }
}

/* Options come in the order of their table, so when it has grown the member begins anew. */
static void begin(struct buffer *out, const struct exporter *exporter, struct document_place *place)
{
    if (place->is_inside && place->room == exporter->options.room) {
        return;
    }
    out->size = place->begin;
    place->room = exporter->options.room;
    place->item = 0;
    print_head(out, exporter);
}

static bool is_printed(const struct exporter *exporter, const struct option_entry *entry)
{
    if (entry->key == 0) {
        return false;
    }
    const struct stream *stream = stream_table_numbered(&exporter->streams, entry->stream);
    return stream == NULL || !stream->is_ended;
}

bool exporter_document_print(
    struct buffer *out, const struct exporter *exporter, struct document_place *place, size_t end)
{
    begin(out, exporter, place);
    const struct options_memory *memory = &exporter->options;
    for (; place->item < memory->room && out->size < end && !out->failed; place->item++) {
        if (is_printed(exporter, &memory->entries[place->item])) {
            bool is_first = out->bytes[out->size - 1] == '[';
            buffer_text_append(out, is_first ? "" : ",");
            print_option(out, exporter, &memory->entries[place->item]);
        }
    }
    if (place->item < memory->room) {
        return true;
    }
    buffer_text_append(out, memory->room > 0 ? "]}" : "}");
    return false;
}
