/* SPDX-License-Identifier: BSD-3-Clause -- reads what exporters have announced. */
#include "ingest/decode/snapshot.h"

#include "common/clock.h"
#include "common/crc32c.h"
#include "ingest/decode/exporter.h"
#include "ingest/decode/snapshot_format.h"
#include "ingest/decode/snapshot_index.h"

#include <stdlib.h>

/* The counts are limits: the exporter's own end decides. False: it is not as written. */
static bool restore_template(struct template_store *store, struct cursor *exporter)
{
    struct template_field fields[TEMPLATE_MAX_FIELDS];
    struct template_definition definition = {.fields = fields};
    definition.key.domain = cursor_be32(exporter);
    definition.key.id = cursor_be16(exporter);
    definition.key.version = cursor_be16(exporter);
    definition.source_port = cursor_be16(exporter);
    definition.is_options = cursor_be16(exporter) != 0;
    definition.field_count = cursor_be16(exporter);
    definition.scope_count = cursor_be16(exporter);
    uint64_t announced_s = cursor_be64(exporter);
    if (definition.field_count > TEMPLATE_MAX_FIELDS ||
        definition.scope_count > definition.field_count || announced_s > UINT64_MAX / NS_PER_S) {
        return false;
    }
    for (uint32_t i = 0; i < definition.field_count; i++) {
        fields[i].pen = cursor_be32(exporter);
        fields[i].id = cursor_be16(exporter);
        fields[i].length = cursor_be16(exporter);
    }
    if (store != NULL && !cursor_failed(exporter)) {
        /* One that exceeds today's limits is left out. */
        enum err err = template_store_put(store, &definition, announced_s * NS_PER_S);
        (void)err;
    }
    return !cursor_failed(exporter);
}

static bool restore_rate(struct sampling_table *table, struct cursor *exporter)
{
    struct sampling_entry entry = {.is_used = true};
    uint32_t scope = cursor_be32(exporter);
    entry.scope = (uint8_t)scope;
    entry.domain = cursor_be32(exporter);
    entry.id = cursor_be64(exporter);
    entry.rate = cursor_be64(exporter);
    entry.sampler_id = cursor_be64(exporter);
    if (cursor_failed(exporter) || scope > UINT8_MAX) {
        return false;
    }
    if (table != NULL) {
        sampling_table_restore(table, &entry);
    }
    return true;
}

/* Into the stores, or nowhere when they are NULL: then it is only checked. */
static bool read_exporter(const struct snapshot_exporter *exporter,
    struct template_store *templates, struct sampling_table *rates)
{
    struct cursor cursor = cursor_of(exporter->bytes, exporter->size);
    cursor_skip(&cursor, sizeof exporter->address.bytes + 8); /* address and last heard */
    uint32_t template_count = cursor_be32(&cursor);
    uint32_t rate_count = cursor_be32(&cursor);
    for (uint32_t i = 0; i < template_count; i++) {
        if (!restore_template(templates, &cursor)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < rate_count; i++) {
        if (!restore_rate(rates, &cursor)) {
            return false;
        }
    }
    return cursor_left(&cursor) == 0;
}

static enum err check_header(const uint8_t *bytes, size_t size)
{
    struct cursor cursor = cursor_of(bytes, size);
    const uint8_t *magic = cursor_take(&cursor, SNAPSHOT_MAGIC_SIZE);
    if (magic == NULL || memcmp(magic, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_SIZE) != 0) {
        return ERR_UNSUPPORTED;
    }
    uint32_t version = cursor_be32(&cursor);
    uint32_t crc = cursor_be32(&cursor);
    uint64_t exporters_size = cursor_be64(&cursor);
    if (cursor_failed(&cursor)) {
        return ERR_CORRUPT;
    }
    if (version != SNAPSHOT_VERSION) {
        return ERR_UNSUPPORTED;
    }
    bool is_whole = exporters_size == cursor_left(&cursor) &&
                    crc == crc32c(0, bytes + SNAPSHOT_CHECKED_AT, size - SNAPSHOT_CHECKED_AT);
    return is_whole ? ERR_OK : ERR_CORRUPT;
}

static enum err index_exporters(struct snapshot *snapshot, size_t size)
{
    struct cursor exporters =
        cursor_of(snapshot->bytes + SNAPSHOT_HEADER_SIZE, size - SNAPSHOT_HEADER_SIZE);
    enum err err = snapshot_index_build(&snapshot->index, exporters);
    for (size_t i = 0; err == ERR_OK && i < snapshot->index.count; i++) {
        bool is_whole = read_exporter(&snapshot->index.exporters[i], NULL, NULL);
        err = is_whole ? ERR_OK : ERR_CORRUPT;
    }
    return err;
}

enum err snapshot_parse(struct snapshot **snapshot_p, const void *bytes, size_t size)
{
    *snapshot_p = NULL;
    enum err err = check_header(bytes, size);
    if (err != ERR_OK) {
        return err;
    }
    struct snapshot *snapshot = calloc(1, sizeof *snapshot + size);
    if (snapshot == NULL) {
        return ERR_MEMORY;
    }
    memcpy(snapshot->bytes, bytes, size);
    err = index_exporters(snapshot, size);
    if (err != ERR_OK) {
        snapshot_destroy(&snapshot);
        return err;
    }
    *snapshot_p = snapshot;
    return ERR_OK;
}

void snapshot_destroy(struct snapshot **snapshot_p)
{
    if (*snapshot_p == NULL) {
        return;
    }
    snapshot_index_clear(&(*snapshot_p)->index);
    free(*snapshot_p);
    *snapshot_p = NULL;
}

size_t snapshot_count(const struct snapshot *snapshot)
{
    return snapshot->index.count;
}

void snapshot_restore(const struct snapshot *snapshot, struct exporter *exporter)
{
    const struct snapshot_index *index = &snapshot->index;
    const struct snapshot_exporter *found = snapshot_index_find(index, &exporter->address);
    if (found == NULL) {
        return;
    }
    /* Several workers may have heard one exporter, where other processes share the port. */
    for (; found < index->exporters + index->count; found++) {
        if (!address_equal(&found->address, &exporter->address)) {
            return;
        }
        (void)read_exporter(found, &exporter->templates, &exporter->sampling);
    }
}
