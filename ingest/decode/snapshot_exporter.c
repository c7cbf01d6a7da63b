/* SPDX-License-Identifier: BSD-3-Clause -- puts back what one exporter has announced. */
#include "common/clock.h"
#include "ingest/decode/exporter.h"
#include "ingest/decode/snapshot_format.h"
#include "ingest/decode/snapshot_index.h"

/* Numbers are those of the file, above the ones that are in use. */
struct restoring {
    struct exporter *exporter; /* NULL: everything is only checked */
    uint32_t base;
};

/* More streams than an exporter can have announced, so that numbers never wrap. */
enum {
    MAX_NUMBER = 1 << 24
};

/* The number that it has now; 0: there is none. */
static uint32_t renumbered(const struct restoring *restoring, uint32_t number)
{
    return number != 0 && number <= MAX_NUMBER ? restoring->base + number : 0;
}

static bool restore_stream(const struct restoring *restoring, struct cursor *cursor)
{
    struct stream stream = {.number = renumbered(restoring, cursor_be32(cursor)),
        .family = renumbered(restoring, cursor_be32(cursor)),
        .domain = cursor_be32(cursor)};
    uint16_t version = cursor_be16(cursor);
    stream.type = version == 10 ? FLOW_TYPE_IPFIX : FLOW_TYPE_NETFLOW9;
    stream.origin = cursor_be16(cursor);
    stream.announced_uptime_ms = stream.uptime_ms = cursor_be32(cursor);
    stream.announced_export_s = stream.export_s = cursor_be32(cursor);
    stream.boot_ms = cursor_be64(cursor);
    if (cursor_failed(cursor) || stream.number == 0 || stream.family == 0) {
        return false;
    }
    if (restoring->exporter != NULL) {
        stream.heard_ns = stream.export_s * NS_PER_S;
        (void)stream_table_restore(&restoring->exporter->streams, &stream);
    }
    return true;
}

static void put(const struct restoring *restoring, struct template_definition *definition,
    uint64_t announced_ns)
{
    struct exporter *exporter = restoring->exporter;
    const struct stream *stream =
        exporter != NULL ? stream_table_numbered(&exporter->streams, definition->stream) : NULL;
    if (stream != NULL) {
        definition->family = stream->family;
        definition->key.domain = stream->domain;
        definition->key.version = stream->type == FLOW_TYPE_IPFIX ? 10 : 9;
        /* One that exceeds today's limits is left out. */
        enum err err = template_store_put(&exporter->templates, definition, announced_ns);
        (void)err;
    }
}

bool snapshot_definition_read(struct cursor *cursor, struct template_definition *definition,
    struct template_field *fields, uint64_t *announced_ns_p)
{
    definition->fields = fields;
    definition->is_options = cursor_be16(cursor) != 0;
    definition->field_count = cursor_be16(cursor);
    definition->scope_count = cursor_be16(cursor);
    uint64_t announced_s = cursor_be64(cursor);
    if (definition->field_count > TEMPLATE_MAX_FIELDS ||
        definition->scope_count > definition->field_count || announced_s > UINT64_MAX / NS_PER_S) {
        return false;
    }
    for (uint32_t i = 0; i < definition->field_count; i++) {
        fields[i].pen = cursor_be32(cursor);
        fields[i].id = cursor_be16(cursor);
        fields[i].length = cursor_be16(cursor);
    }
    *announced_ns_p = announced_s * NS_PER_S;
    return !cursor_failed(cursor);
}

static bool restore_template(const struct restoring *restoring, struct cursor *cursor)
{
    struct template_field fields[TEMPLATE_MAX_FIELDS];
    struct template_definition definition = {.field_count = 0};
    definition.stream = renumbered(restoring, cursor_be32(cursor));
    definition.key.id = cursor_be16(cursor);
    uint64_t announced_ns;
    if (!snapshot_definition_read(cursor, &definition, fields, &announced_ns)) {
        return false;
    }
    put(restoring, &definition, announced_ns);
    return true;
}

static bool restore_rate(const struct restoring *restoring, struct cursor *cursor)
{
    struct sampling_entry entry = {.use = SAMPLING_USED};
    uint16_t scope = cursor_be16(cursor);
    uint16_t use = cursor_be16(cursor);
    entry.scope = (uint8_t)scope;
    entry.stream = renumbered(restoring, cursor_be32(cursor));
    entry.teller = renumbered(restoring, cursor_be32(cursor));
    entry.rate = cursor_be32(cursor);
    entry.id = cursor_be64(cursor);
    entry.sampler_id = cursor_be64(cursor);
    bool is_known = use == SAMPLING_USED || use == SAMPLING_DISPUTED;
    if (cursor_failed(cursor) || scope > UINT8_MAX || !is_known) {
        return false;
    }
    struct exporter *exporter = restoring->exporter;
    struct stream *teller =
        exporter != NULL ? stream_table_numbered(&exporter->streams, entry.teller) : NULL;
    if (teller != NULL) {
        entry.use = (uint8_t)use;
        entry.told_min = (uint16_t)(exporter->last_heard_ns / (S_PER_MINUTE * NS_PER_S));
        sampling_table_restore(&exporter->sampling, &entry);
        stream_table_tell_rates(&exporter->streams, teller, exporter->last_heard_ns);
    }
    return true;
}

bool snapshot_exporter_read(const struct snapshot_exporter *from, struct exporter *exporter)
{
    struct cursor cursor = cursor_of(from->bytes, from->size);
    cursor_skip(&cursor, sizeof from->address.bytes + 8); /* address and last heard */
    uint32_t template_count = cursor_be32(&cursor);
    uint32_t rate_count = cursor_be32(&cursor);
    if ((template_count & SNAPSHOT_HAS_STREAMS) == 0) {
        return snapshot_plain_read(cursor, template_count, rate_count, exporter);
    }
    struct restoring restoring = {
        .exporter = exporter, .base = exporter != NULL ? exporter->streams.last_number : 0};
    uint32_t stream_count = cursor_be32(&cursor);
    bool is_whole = true;
    for (uint32_t i = 0; is_whole && i < stream_count; i++) {
        is_whole = restore_stream(&restoring, &cursor);
    }
    for (uint32_t i = 0; is_whole && i < (template_count & ~SNAPSHOT_HAS_STREAMS); i++) {
        is_whole = restore_template(&restoring, &cursor);
    }
    for (uint32_t i = 0; is_whole && i < rate_count; i++) {
        is_whole = restore_rate(&restoring, &cursor);
    }
    return is_whole && cursor_left(&cursor) == 0;
}
