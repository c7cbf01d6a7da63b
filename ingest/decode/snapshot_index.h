/*
 * snapshot_index.h -- the exporters of a snapshot by address; internal to snapshot_....c.
 */
#pragma once

#include "common/address.h"
#include "common/cursor.h"

struct exporter;
struct template_definition;
struct template_field;

struct snapshot_exporter {
    struct address address;
    uint64_t heard_s;
    const uint8_t *bytes; /* borrowed: from the address on */
    size_t size;
};

struct snapshot_index {
    size_t count;
    struct snapshot_exporter *exporters; /* in order of their addresses */
};

struct snapshot {
    struct snapshot_index index;
    uint8_t bytes[];
};

/* Borrows the bytes. ERR_CORRUPT: they are no whole exporters. snapshot_index_clear() it. */
MUST_CHECK enum err snapshot_index_build(struct snapshot_index *index, struct cursor exporters);
void snapshot_index_clear(struct snapshot_index *index);

/* The first exporter of that address, or NULL; others of the same address follow it. */
const struct snapshot_exporter *snapshot_index_find(
    const struct snapshot_index *index, const struct address *address);

/*
 * Reads the part of a template that both versions share, from its options flag on, into
 * `definition`, whose fields have room for TEMPLATE_MAX_FIELDS. False: it is not as written.
 */
bool snapshot_definition_read(struct cursor *cursor, struct template_definition *definition,
    struct template_field *fields, uint64_t *announced_ns_p);

/*
 * Puts back what the exporter announced; with NULL it only checks. False: it is not as written.
 * snapshot_exporter.c reads the present form, snapshot_plain.c that of version 1.
 */
bool snapshot_exporter_read(const struct snapshot_exporter *from, struct exporter *exporter);
bool snapshot_plain_read(
    struct cursor cursor, uint32_t template_count, uint32_t rate_count, struct exporter *exporter);
