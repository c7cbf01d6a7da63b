/* SPDX-License-Identifier: BSD-3-Clause -- the exporters of a snapshot by address. */
#include "ingest/decode/snapshot_index.h"

#include "ingest/decode/snapshot_format.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const struct snapshot_exporter *left = a;
    const struct snapshot_exporter *right = b;
    return memcmp(left->address.bytes, right->address.bytes, sizeof left->address.bytes);
}

/* False: no exporter begins here. */
static bool take_exporter(struct cursor *exporters, struct snapshot_exporter *exporter)
{
    uint32_t size = cursor_be32(exporters);
    const uint8_t *bytes = cursor_take(exporters, size);
    if (bytes == NULL || size < SNAPSHOT_EXPORTER_SIZE) {
        return false;
    }
    *exporter = (struct snapshot_exporter){.address = address_from_ipv6(bytes),
        .heard_s = load_be64(bytes + 16),
        .bytes = bytes,
        .size = size};
    return true;
}

enum err snapshot_index_build(struct snapshot_index *index, struct cursor exporters)
{
    /* Each is at least this long: the bytes bound the count. */
    size_t room = cursor_left(&exporters) / (4 + SNAPSHOT_EXPORTER_SIZE) + 1;
    *index = (struct snapshot_index){.exporters = calloc(room, sizeof *index->exporters)};
    if (index->exporters == NULL) {
        return ERR_MEMORY;
    }
    while (cursor_left(&exporters) > 0) {
        if (!take_exporter(&exporters, &index->exporters[index->count])) {
            snapshot_index_clear(index);
            return ERR_CORRUPT;
        }
        index->count++;
    }
    qsort(index->exporters, index->count, sizeof *index->exporters, compare);
    return ERR_OK;
}

void snapshot_index_clear(struct snapshot_index *index)
{
    free(index->exporters);
    *index = (struct snapshot_index){.count = 0};
}

const struct snapshot_exporter *snapshot_index_find(
    const struct snapshot_index *index, const struct address *address)
{
    size_t low = 0;
    size_t high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const uint8_t *bytes = index->exporters[middle].address.bytes;
        if (memcmp(bytes, address->bytes, sizeof address->bytes) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_found = low < index->count && address_equal(&index->exporters[low].address, address);
    return is_found ? &index->exporters[low] : NULL;
}
