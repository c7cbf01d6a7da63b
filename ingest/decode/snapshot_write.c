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

static void append_template(struct buffer *out, const struct template *template)
{
    append_be(out, template->key.domain, 4);
    append_be(out, template->key.id, 2);
    append_be(out, template->key.version, 2);
    append_be(out, template->source_port, 2);
    append_be(out, template->is_options, 2);
    append_be(out, template->field_count, 2);
    append_be(out, template->scope_count, 2);
    append_be(out, template->announced_ns / NS_PER_S, 8);
    append_fields(out, template);
}

static void append_rate(struct buffer *out, const struct sampling_entry *entry)
{
    append_be(out, entry->scope, 4);
    append_be(out, entry->domain, 4);
    append_be(out, entry->id, 8);
    append_be(out, entry->rate, 8);
    append_be(out, entry->sampler_id, 8);
}

/* Templates in force, and the bytes of all. */
static uint32_t count_templates(const struct exporter *exporter, size_t *size_p)
{
    uint32_t count = 0;
    size_t size = SNAPSHOT_EXPORTER_SIZE + exporter->sampling.used * (size_t)SNAPSHOT_RATE_SIZE;
    for (size_t i = 0; i < TEMPLATE_BUCKETS; i++) {
        const struct template *template = exporter->templates.buckets[i];
        for (; template != NULL; template = template->next) {
            size_t bytes =
                SNAPSHOT_TEMPLATE_SIZE + template->field_count * (size_t)SNAPSHOT_FIELD_SIZE;
            size += template->is_void ? 0 : bytes;
            count += !template->is_void;
        }
    }
    *size_p = size;
    return count;
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
        if (!last->is_void) {
            append_template(out, last);
        }
        end = last;
    }
}

void snapshot_append(struct buffer *exporters, const struct exporter *exporter)
{
    size_t size = 0;
    uint32_t templates = count_templates(exporter, &size);
    if (templates == 0 && exporter->sampling.used == 0) {
        return;
    }
    uint64_t heard_s = exporter->last_heard_ns / NS_PER_S;
    append_be(exporters, size, 4);
    buffer_append(exporters, exporter->address.bytes, sizeof exporter->address.bytes);
    append_be(exporters, heard_s - heard_s % HEARD_ROUNDED_S, 8);
    append_be(exporters, templates, 4);
    append_be(exporters, exporter->sampling.used, 4);
    for (size_t i = 0; i < TEMPLATE_BUCKETS; i++) {
        append_bucket(exporters, exporter->templates.buckets[i]);
    }
    for (uint32_t i = 0; i < exporter->sampling.room; i++) {
        if (exporter->sampling.entries[i].is_used) {
            append_rate(exporters, &exporter->sampling.entries[i]);
        }
    }
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
