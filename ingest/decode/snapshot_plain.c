/* SPDX-License-Identifier: BSD-3-Clause -- reads exporters of snapshots of version 1. */

/*
 * Version 1 knew templates by domain and source port, and rates by domain. Its templates become
 * those of one stream for each port; its rates those of the first stream of their domain.
 */
#include "common/clock.h"
#include "ingest/decode/exporter.h"
#include "ingest/decode/snapshot_index.h"

enum {
    ENTRY_SOLE = 3, /* as in sampling.c */
    ENTRY_ANY_SOLE = 6
};

static struct stream *find_or_restore(
    struct stream_table *table, const struct template_key *key, uint16_t port)
{
    uint8_t type = key->version == 10 ? FLOW_TYPE_IPFIX : FLOW_TYPE_NETFLOW9;
    for (uint32_t i = 0; i < table->count; i++) {
        struct stream *stream = &table->streams[i];
        if (stream->type == type && stream->domain == key->domain && stream->origin == port) {
            return stream;
        }
    }
    struct stream stream = {.number = table->last_number + 1,
        .family = 1,
        .type = type,
        .domain = key->domain,
        .origin = port};
    return stream_table_restore(table, &stream);
}

static bool restore_template(struct exporter *exporter, struct cursor *cursor)
{
    struct template_field fields[TEMPLATE_MAX_FIELDS];
    struct template_definition definition = {.field_count = 0};
    definition.key.domain = cursor_be32(cursor);
    definition.key.id = cursor_be16(cursor);
    definition.key.version = cursor_be16(cursor);
    uint16_t port = cursor_be16(cursor);
    uint64_t announced_ns;
    if (!snapshot_definition_read(cursor, &definition, fields, &announced_ns)) {
        return false;
    }
    const struct stream *stream =
        exporter != NULL ? find_or_restore(&exporter->streams, &definition.key, port) : NULL;
    if (stream != NULL) {
        definition.stream = stream->number;
        definition.family = stream->family;
        /* One that exceeds today's limits is left out. */
        enum err err = template_store_put(&exporter->templates, &definition, announced_ns);
        (void)err;
    }
    return !cursor_failed(cursor);
}

/* The first stream of the domain; for rates of a family any stream. */
static struct stream *teller_of(
    struct stream_table *table, const struct sampling_entry *entry, uint32_t domain)
{
    bool is_shared = sampling_entry_is_shared(entry);
    for (uint32_t i = 0; i < table->count; i++) {
        if (is_shared || table->streams[i].domain == domain) {
            return &table->streams[i];
        }
    }
    return NULL;
}

static void put_rate(struct exporter *exporter, struct sampling_entry *entry, uint32_t domain)
{
    struct stream *teller = teller_of(&exporter->streams, entry, domain);
    if (teller == NULL) {
        return;
    }
    bool is_shared = sampling_entry_is_shared(entry);
    entry->teller = teller->number;
    entry->stream = is_shared ? teller->family : teller->number;
    entry->told_min = (uint16_t)(exporter->last_heard_ns / (S_PER_MINUTE * NS_PER_S));
    sampling_table_restore(&exporter->sampling, entry);
    if (!is_shared) {
        stream_table_tell_rates(&exporter->streams, teller, exporter->last_heard_ns);
    }
}

static bool restore_rate(struct exporter *exporter, struct cursor *cursor)
{
    uint32_t scope = cursor_be32(cursor);
    uint32_t domain = cursor_be32(cursor);
    struct sampling_entry entry = {.id = cursor_be64(cursor), .use = SAMPLING_USED};
    uint64_t rate = cursor_be64(cursor);
    entry.sampler_id = cursor_be64(cursor);
    if (cursor_failed(cursor) || scope > UINT8_MAX) {
        return false;
    }
    bool is_sole = scope == ENTRY_SOLE || scope == ENTRY_ANY_SOLE;
    entry.scope = (uint8_t)scope;
    entry.rate = rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;
    entry.use = is_sole && rate == 0 ? SAMPLING_DISPUTED : SAMPLING_USED;
    if (exporter != NULL) {
        put_rate(exporter, &entry, domain);
    }
    return true;
}

bool snapshot_plain_read(
    struct cursor cursor, uint32_t template_count, uint32_t rate_count, struct exporter *exporter)
{
    bool is_whole = true;
    for (uint32_t i = 0; is_whole && i < template_count; i++) {
        is_whole = restore_template(exporter, &cursor);
    }
    for (uint32_t i = 0; is_whole && i < rate_count; i++) {
        is_whole = restore_rate(exporter, &cursor);
    }
    return is_whole && cursor_left(&cursor) == 0;
}
