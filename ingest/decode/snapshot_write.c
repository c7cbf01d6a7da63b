/* SPDX-License-Identifier: BSD-3-Clause -- writes what exporters have announced. */
#include "common/buffer.h"
#include "common/clock.h"
#include "common/crc32c.h"
#include "ingest/decode/exporter.h"
#include "ingest/decode/snapshot.h"
#include "ingest/decode/snapshot_format.h"
#include "ingest/decode/snapshot_index.h"

/* Rounded, so that a file in which nothing else changed stays the same. */
enum {
    HEARD_ROUNDED_S = 3600
};

#define KEPT_UNHEARD_S (UINT64_C(30) * 24 * 3600)

static void store_be(uint8_t *to, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        to[i] = (uint8_t)(value >> 8 * (size - 1 - i));
    }
}

static void append_be(struct buffer *out, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    store_be(bytes, value, size);
    buffer_append(out, bytes, size);
}

/* At once: one exporter may have four million of them. */
static void append_fields(struct buffer *out, const struct template *template)
{
    size_t size = template->field_count * (size_t)SNAPSHOT_FIELD_SIZE;
    uint8_t *to = buffer_reserve(out, size);
    if (to == NULL) {
        return;
    }
    for (uint32_t i = 0; i < template->field_count; i++) {
        const struct template_field *field = &template->fields[i];
        uint64_t bits = (uint64_t)field->pen << 32 | (uint64_t)field->id << 16 | field->length;
        store_be(to + i * (size_t)SNAPSHOT_FIELD_SIZE, bits, SNAPSHOT_FIELD_SIZE);
    }
    out->size += size;
}

/* One of a life before, or of a stream beyond the limit, is not worth keeping. */
static bool is_kept(const struct template *template)
{
    return !template->is_void && template->family != 0 && template->stream != UINT32_MAX;
}

static bool is_kept_rate(const struct exporter *exporter, const struct sampling_entry *entry)
{
    const struct stream *stream = entry->use != SAMPLING_UNUSED
                                      ? stream_table_numbered(&exporter->streams, entry->teller)
                                      : NULL;
    return stream != NULL && !stream->is_ended;
}

static bool is_kept_stream(const struct stream *stream)
{
    return !stream->is_ended && (stream->has_announced || stream->has_rates);
}

static void append_stream(struct buffer *out, const struct stream *stream)
{
    append_be(out, stream->number, 4);
    append_be(out, stream->family, 4);
    append_be(out, stream->domain, 4);
    append_be(out, stream->type == FLOW_TYPE_IPFIX ? 10 : 9, 2);
    append_be(out, stream->origin, 2);
    append_be(out, stream->announced_uptime_ms, 4);
    append_be(out, stream->announced_export_s, 4);
    append_be(out, stream->boot_ms, 8);
}

static void append_template(struct buffer *out, const struct template *template)
{
    append_be(out, template->stream, 4);
    append_be(out, template->key.id, 2);
    append_be(out, template->is_options, 2);
    append_be(out, template->field_count, 2);
    append_be(out, template->scope_count, 2);
    append_be(out, template->announced_ns / NS_PER_S, 8);
    append_fields(out, template);
}

static void append_rate(struct buffer *out, const struct sampling_entry *entry)
{
    append_be(out, entry->scope, 2);
    append_be(out, entry->use, 2);
    append_be(out, entry->stream, 4);
    append_be(out, entry->teller, 4);
    append_be(out, entry->rate, 4);
    append_be(out, entry->id, 8);
    append_be(out, entry->sampler_id, 8);
}

/* What of an exporter is kept, and the bytes of all. */
struct kept {
    uint32_t streams;
    uint32_t templates;
    uint32_t rates;
    size_t bytes;
};

static struct kept count_kept(const struct exporter *exporter)
{
    struct kept kept = {.bytes = SNAPSHOT_EXPORTER_SIZE + 4};
    for (uint32_t i = 0; i < exporter->streams.count; i++) {
        kept.streams += is_kept_stream(&exporter->streams.streams[i]);
    }
    for (size_t i = 0; i < TEMPLATE_BUCKETS; i++) {
        const struct template *template = exporter->templates.buckets[i];
        for (; template != NULL; template = template->next) {
            size_t fields_bytes = template->field_count * (size_t)SNAPSHOT_FIELD_SIZE;
            kept.bytes += is_kept(template) ? SNAPSHOT_TEMPLATE_SIZE + fields_bytes : 0;
            kept.templates += is_kept(template);
        }
    }
    for (uint32_t i = 0; i < exporter->sampling.room; i++) {
        kept.rates += is_kept_rate(exporter, &exporter->sampling.entries[i]);
    }
    kept.bytes += kept.streams * (size_t)SNAPSHOT_STREAM_SIZE;
    kept.bytes += kept.rates * (size_t)SNAPSHOT_RATE_SIZE;
    return kept;
}

/* The last in the bucket is the oldest: read back in this order, each comes in front again. */
static void append_bucket(struct buffer *out, const struct template *template)
{
    const struct template *end = NULL;
    while (end != template) {
        const struct template *last = template;
        while (last->next != end) {
            last = last->next;
        }
        if (is_kept(last)) {
            append_template(out, last);
        }
        end = last;
    }
}

static void append_streams(struct buffer *out, const struct exporter *exporter)
{
    for (uint32_t i = 0; i < exporter->streams.count; i++) {
        if (is_kept_stream(&exporter->streams.streams[i])) {
            append_stream(out, &exporter->streams.streams[i]);
        }
    }
}

static void append_rates(struct buffer *out, const struct exporter *exporter)
{
    for (uint32_t i = 0; i < exporter->sampling.room; i++) {
        if (is_kept_rate(exporter, &exporter->sampling.entries[i])) {
            append_rate(out, &exporter->sampling.entries[i]);
        }
    }
}

void snapshot_append(struct buffer *exporters, const struct exporter *exporter)
{
    struct kept kept = count_kept(exporter);
    if (kept.templates == 0 && kept.rates == 0) {
        return;
    }
    uint64_t heard_s = exporter->last_heard_ns / NS_PER_S;
    append_be(exporters, kept.bytes, 4);
    buffer_append(exporters, exporter->address.bytes, sizeof exporter->address.bytes);
    append_be(exporters, heard_s - heard_s % HEARD_ROUNDED_S, 8);
    append_be(exporters, kept.templates | SNAPSHOT_HAS_STREAMS, 4);
    append_be(exporters, kept.rates, 4);
    append_be(exporters, kept.streams, 4);
    append_streams(exporters, exporter);
    for (size_t i = 0; i < TEMPLATE_BUCKETS; i++) {
        append_bucket(exporters, exporter->templates.buckets[i]);
    }
    append_rates(exporters, exporter);
}

static void append_unheard(struct buffer *file, const struct snapshot_index *heard,
    const struct snapshot *before, uint64_t now_s)
{
    for (size_t i = 0; i < before->index.count; i++) {
        const struct snapshot_exporter *exporter = &before->index.exporters[i];
        bool is_old = now_s > exporter->heard_s && now_s - exporter->heard_s > KEPT_UNHEARD_S;
        if (!is_old && snapshot_index_find(heard, &exporter->address) == NULL) {
            append_be(file, exporter->size, 4);
            buffer_append(file, exporter->bytes, exporter->size);
        }
    }
}

void snapshot_write(struct buffer *file, const struct buffer *exporters,
    const struct snapshot *before, uint64_t now_ns)
{
    static const uint8_t NOT_YET[16] = {0}; /* version, CRC and size */
    struct snapshot_index heard;
    if (exporters->failed ||
        snapshot_index_build(&heard, cursor_of(exporters->bytes, exporters->size)) != ERR_OK) {
        file->failed = true;
        return;
    }
    buffer_append(file, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_SIZE);
    buffer_append(file, NOT_YET, sizeof NOT_YET);
    buffer_append(file, exporters->bytes, exporters->size);
    if (before != NULL) {
        append_unheard(file, &heard, before, now_ns / NS_PER_S);
    }
    snapshot_index_clear(&heard);
    if (file->failed) {
        return;
    }
    uint8_t *header = (uint8_t *)file->bytes;
    store_be(header + 8, SNAPSHOT_VERSION, 4);
    store_be(header + SNAPSHOT_CHECKED_AT, file->size - SNAPSHOT_HEADER_SIZE, 8);
    store_be(
        header + 12, crc32c(0, header + SNAPSHOT_CHECKED_AT, file->size - SNAPSHOT_CHECKED_AT), 4);
}
