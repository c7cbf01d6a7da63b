/* SPDX-License-Identifier: BSD-3-Clause -- reads what exporters have announced. */
#include "ingest/decode/snapshot.h"

#include "common/crc32c.h"
#include "ingest/decode/exporter.h"
#include "ingest/decode/snapshot_format.h"
#include "ingest/decode/snapshot_index.h"

#include <stdlib.h>

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
    if (version != SNAPSHOT_VERSION && version != SNAPSHOT_VERSION_BEFORE) {
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
        bool is_whole = snapshot_exporter_read(&snapshot->index.exporters[i], NULL);
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
        (void)snapshot_exporter_read(found, exporter);
    }
}
