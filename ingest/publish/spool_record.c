/* SPDX-License-Identifier: BSD-3-Clause -- the bytes of a segment file. */
#include "ingest/publish/spool_record.h"

#include "common/crc32c.h"

enum {
    VERSION = 2,
    RECORD_MAGIC = 0x47465242,
    END_MAGIC = 0x47465245,
    CRC_FROM = 8, /* offset in a record of what its CRC covers */
    FLAG_COMPRESSED = 1
};

/* Two batches side by side are no further apart, as a process begins behind a gap. */
#define SEQUENCES_APART (UINT64_C(1) << 38)

static const char SEGMENT_MAGIC[8] = {'G', 'O', 'F', 'L', 'O', 'W', 'S', 'P'};

static void store_be32(uint8_t *p, uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(p, &value, sizeof value);
}

static void store_be64(uint8_t *p, uint64_t value)
{
    value = __builtin_bswap64(value);
    memcpy(p, &value, sizeof value);
}

static uint32_t segment_crc(const uint8_t *header)
{
    return crc32c(crc32c(0, header, 12), header + 16, 8);
}

void spool_segment_header_pack(uint64_t ingest_id, uint8_t out[SPOOL_SEGMENT_HEADER])
{
    memcpy(out, SEGMENT_MAGIC, sizeof SEGMENT_MAGIC);
    store_be32(out + 8, VERSION);
    store_be64(out + 16, ingest_id);
    store_be32(out + 12, segment_crc(out));
}

enum err spool_segment_header_parse(uint64_t *ingest_id_p, struct cursor bytes)
{
    const uint8_t *header = cursor_take(&bytes, SPOOL_SEGMENT_HEADER);
    if (header == NULL || memcmp(header, SEGMENT_MAGIC, sizeof SEGMENT_MAGIC) != 0 ||
        load_be32(header + 12) != segment_crc(header)) {
        return ERR_CORRUPT;
    }
    *ingest_id_p = load_be64(header + 16);
    return load_be32(header + 8) == VERSION ? ERR_OK : ERR_UNSUPPORTED;
}

void spool_end_mark_pack(uint64_t segment_number, uint8_t out[SPOOL_END_MARK])
{
    store_be32(out, END_MAGIC);
    store_be32(out + 4, (uint32_t)segment_number);
}

void spool_record_pack(
    uint64_t segment_number, const struct spool_content *content, uint8_t out[SPOOL_RECORD_HEADER])
{
    const struct window_batch *batch = content->batch;
    memset(out, 0, SPOOL_RECORD_HEADER);
    store_be32(out, RECORD_MAGIC);
    store_be32(out + 8, (uint32_t)content->size);
    out[12] = batch != NULL ? SPOOL_BATCH : SPOOL_SETTLED;
    if (batch != NULL) {
        out[13] = batch->is_compressed ? FLAG_COMPRESSED : 0;
        out[14] = (uint8_t)batch->kind;
        store_be64(out + 16, batch->sequence);
        store_be64(out + 24, batch->created_ms);
        store_be32(out + 32, batch->flow_count);
        store_be32(out + 36, batch->payload_size);
        store_be32(out + 40, batch->day);
    }
    store_be32(out + 44, (uint32_t)segment_number);
    uint32_t crc = crc32c(0, out + CRC_FROM, SPOOL_RECORD_HEADER - CRC_FROM);
    store_be32(out + 4, crc32c(crc, content->payload, content->size));
}

/* A file that was cut, or is full to its last octet, has no mark. */
static bool is_at_end(uint64_t segment_number, struct cursor segment)
{
    if (cursor_left(&segment) == 0) {
        return true;
    }
    uint8_t mark[SPOOL_END_MARK];
    spool_end_mark_pack(segment_number, mark);
    const uint8_t *found = cursor_take(&segment, sizeof mark);
    return found != NULL && memcmp(found, mark, sizeof mark) == 0;
}

enum err spool_record_take(
    struct spool_record *record_p, uint64_t segment_number, struct cursor *segment)
{
    if (is_at_end(segment_number, *segment)) {
        return ERR_END;
    }
    const uint8_t *header = cursor_take(segment, SPOOL_RECORD_HEADER);
    if (header == NULL || load_be32(header) != RECORD_MAGIC) {
        return ERR_CORRUPT;
    }
    uint32_t size = load_be32(header + 8);
    struct cursor payload = cursor_sub(segment, size);
    if (cursor_failed(&payload) ||
        crc32c(0, header + CRC_FROM, SPOOL_RECORD_HEADER - CRC_FROM + (size_t)size) !=
            load_be32(header + 4) ||
        load_be32(header + 44) != (uint32_t)segment_number ||
        (header[12] != SPOOL_BATCH && header[12] != SPOOL_SETTLED) ||
        header[14] >= RECORD_KIND_COUNT) {
        return ERR_CORRUPT;
    }
    *record_p = (struct spool_record){
        .kind = (enum spool_kind)header[12],
        .batch = {.sequence = load_be64(header + 16),
            .created_ms = load_be64(header + 24),
            .kind = (enum record_kind)header[14],
            .flow_count = load_be32(header + 32),
            .payload_size = load_be32(header + 36),
            .day = load_be32(header + 40),
            .is_compressed = (header[13] & FLAG_COMPRESSED) != 0,
            .stored_size = size},
        .payload = payload,
    };
    return ERR_OK;
}

static bool skip_by_sizes(uint64_t segment_number, struct cursor *segment)
{
    struct cursor rest = *segment;
    for (;;) {
        const uint8_t *header = cursor_take(&rest, SPOOL_RECORD_HEADER);
        if (header == NULL || cursor_take(&rest, load_be32(header + 8)) == NULL) {
            return false;
        }
        struct cursor next = rest;
        struct spool_record record;
        if (spool_record_take(&record, segment_number, &next) == ERR_OK) {
            *segment = rest;
            return true;
        }
    }
}

/* Looks at the cheap fields first: a payload full of such beginnings must not cost a CRC each. */
static bool continues(const uint8_t *header, uint64_t segment_number, uint64_t last_sequence)
{
    uint64_t sequence = load_be64(header + 16);
    return load_be32(header) == RECORD_MAGIC && header[12] == SPOOL_BATCH &&
           load_be32(header + 44) == (uint32_t)segment_number && sequence > last_sequence &&
           (last_sequence == 0 || sequence - last_sequence < SEQUENCES_APART);
}

static bool search(uint64_t segment_number, uint64_t last_sequence, struct cursor *segment)
{
    struct cursor rest = *segment;
    cursor_skip(&rest, 1);
    for (; cursor_left(&rest) >= SPOOL_RECORD_HEADER; cursor_skip(&rest, 1)) {
        if (!continues(rest.pos, segment_number, last_sequence)) {
            continue;
        }
        struct cursor next = rest;
        struct spool_record record;
        if (spool_record_take(&record, segment_number, &next) == ERR_OK) {
            *segment = rest;
            return true;
        }
    }
    return false;
}

bool spool_record_skip(uint64_t segment_number, uint64_t last_sequence, struct cursor *segment)
{
    return skip_by_sizes(segment_number, segment) || search(segment_number, last_sequence, segment);
}
