/* SPDX-License-Identifier: BSD-3-Clause -- the frames of the link, through protobuf-c. */
#include "common/link_frame.h"

#include "common/array.h"
#include "common/cursor.h"
#include "common/link.h"
#include "proto/link.pb-c.h"

#include <stdlib.h>

_Static_assert(RECORD_LOSSES == (int)GOFLOW__LINK__KIND__LOSSES, "as in the .proto");
_Static_assert(LINK_STORE == (int)GOFLOW__LINK__HELLO__ROLE__STORE, "as in the .proto");
_Static_assert(LINK_ACK_HELD == (int)GOFLOW__LINK__ACKNOWLEDGEMENT__KIND__HELD, "as in the .proto");
_Static_assert(LINK_ACK_NAME_REFUSED == (int)GOFLOW__LINK__ACKNOWLEDGEMENT__KIND__NAME_REFUSED,
    "as in the .proto");

/* Ranges in one list of a frame; what does not fit is said in the next round. */
enum {
    RANGES_MAX = LINK_RANGES_MAX
};

enum {
    VERSION_TAG = 1 << 3, /* protobuf: field 1, a varint */
    WIRE_MASK = 7,        /* protobuf: kinds of fields, the low bits of a tag */
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_BYTES = 2,
    WIRE_FIXED32 = 5
};

const char *link_ack_name(enum link_ack_kind kind)
{
    static const char *const NAMES[LINK_ACK_KIND_COUNT] = {
        [LINK_ACK_HELD] = "held",
        [LINK_ACK_STORED] = "stored",
        [LINK_ACK_SHELVED] = "shelved",
        [LINK_ACK_CORRUPT] = "corrupt",
        [LINK_ACK_UNSUPPORTED] = "unsupported",
        [LINK_ACK_NAME_REFUSED] = "name_refused",
    };
    return NAMES[kind];
}

size_t link_header_pack(const struct link_header *header, uint8_t out[LINK_HEADER_MAX])
{
    Goflow__Link__BatchHeader message = GOFLOW__LINK__BATCH_HEADER__INIT;
    message.version = header->kind == RECORD_FLOWS ? LINK_VERSION : LINK_VERSION_RECORDS;
    message.kind = (Goflow__Link__Kind)header->kind;
    message.ingest_id = header->ingest_id;
    message.epoch = header->epoch;
    message.sequence = header->sequence;
    message.attempt = header->attempt;
    message.flow_count = header->flow_count;
    message.payload_size = header->payload_size;
    message.compression =
        header->is_compressed ? GOFLOW__LINK__COMPRESSION__ZSTD : GOFLOW__LINK__COMPRESSION__NONE;
    message.created_ms = header->created_ms;
    message.day = header->day;
    message.lease_ms = header->lease_ms;
    message.sender_id = header->sender_id != header->ingest_id ? header->sender_id : 0;
    message.payload_crc = header->payload_crc;
    message.recovered_from = header->recovered_from;
    return goflow__link__batch_header__pack(&message, out);
}

/* A reader of version 1 knows flows only, so it must not see other kinds under that number. */
static bool is_known(const Goflow__Link__BatchHeader *message)
{
    bool is_flows = message->kind == GOFLOW__LINK__KIND__FLOWS;
    return message->version == (is_flows ? LINK_VERSION : LINK_VERSION_RECORDS) &&
           (unsigned)message->kind < RECORD_KIND_COUNT &&
           (message->compression == GOFLOW__LINK__COMPRESSION__NONE ||
               message->compression == GOFLOW__LINK__COMPRESSION__ZSTD);
}

enum err link_header_parse(struct link_header *header_p, const uint8_t *bytes, size_t size)
{
    Goflow__Link__BatchHeader *message = goflow__link__batch_header__unpack(NULL, size, bytes);
    if (message == NULL) {
        return ERR_CORRUPT;
    }
    *header_p = (struct link_header){
        .ingest_id = message->ingest_id,
        .sender_id = message->sender_id,
        .payload_crc = message->payload_crc,
        .recovered_from = message->recovered_from,
        .epoch = message->epoch,
        .sequence = message->sequence,
        .created_ms = message->created_ms,
        .attempt = message->attempt,
        .flow_count = message->flow_count,
        .payload_size = message->payload_size,
        .day = message->day,
        .lease_ms = message->lease_ms,
        .kind = (enum record_kind)message->kind,
        .is_compressed = message->compression == GOFLOW__LINK__COMPRESSION__ZSTD,
    };
    enum err err = is_known(message) ? ERR_OK : ERR_UNSUPPORTED;
    goflow__link__batch_header__free_unpacked(message, NULL);
    return err;
}

size_t link_hello_pack(const struct link_hello *hello, uint8_t out[LINK_HELLO_MAX])
{
    Goflow__Link__Hello message = GOFLOW__LINK__HELLO__INIT;
    message.version = LINK_VERSION_HELLO;
    message.role = (Goflow__Link__Hello__Role)hello->role;
    message.id = hello->id;
    message.epoch = hello->epoch;
    message.is_answer = hello->is_answer;
    message.wants_fresh = hello->wants_fresh;
    return goflow__link__hello__pack(&message, out);
}

/* Field 1, which every message begins with: a varint, and small. */
static bool is_hello(const uint8_t *bytes, size_t size)
{
    return size >= 2 && bytes[0] == VERSION_TAG && bytes[1] == LINK_VERSION_HELLO;
}

enum err link_hello_parse(struct link_hello *hello_p, const uint8_t *bytes, size_t size)
{
    if (!is_hello(bytes, size)) {
        return ERR_UNSUPPORTED;
    }
    Goflow__Link__Hello *message = goflow__link__hello__unpack(NULL, size, bytes);
    if (message == NULL) {
        return ERR_CORRUPT;
    }
    *hello_p = (struct link_hello){
        .role = (enum link_role)message->role,
        .id = message->id,
        .epoch = message->epoch,
        .is_answer = message->is_answer,
        .wants_fresh = message->wants_fresh,
    };
    goflow__link__hello__free_unpacked(message, NULL);
    bool is_known = hello_p->role == LINK_INGEST || hello_p->role == LINK_STORE;
    return is_known && hello_p->id != 0 ? ERR_OK : ERR_CORRUPT;
}

void link_ranges_add(struct link_ranges *ranges, uint64_t first, uint64_t last)
{
    struct link_range *latest = ranges->count > 0 ? &ranges->values[ranges->count - 1] : NULL;
    if (latest != NULL && latest->last != UINT64_MAX && latest->last + 1 == first) {
        latest->last = last;
        return;
    }
    if (ranges->count == RANGES_MAX) {
        return;
    }
    struct link_range *values =
        array_grow(ranges->values, ranges->count, &ranges->room, sizeof *values);
    if (values == NULL) {
        ranges->failed = true;
        return;
    }
    ranges->values = values;
    ranges->values[ranges->count++] = (struct link_range){.first = first, .last = last};
}

void link_ranges_reset(struct link_ranges *ranges)
{
    ranges->count = 0;
    ranges->failed = false;
}

void link_ranges_clear(struct link_ranges *ranges)
{
    free(ranges->values);
    *ranges = (struct link_ranges){0};
}

static uint64_t take_varint(struct cursor *cursor)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = cursor_u8(cursor);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            break;
        }
    }
    return value;
}

/*
 * False: more ranges than we ever send, which protobuf-c would unpack into forty times their bytes,
 * or no message at all.
 */
static bool has_few_ranges(const uint8_t *bytes, size_t size, size_t most)
{
    struct cursor cursor = cursor_of(bytes, size);
    size_t count = 0;
    while (cursor_left(&cursor) > 0 && count <= most) {
        switch (take_varint(&cursor) & WIRE_MASK) {
        case WIRE_VARINT:
            (void)take_varint(&cursor);
            break;
        case WIRE_FIXED64:
            (void)cursor_take(&cursor, 8);
            break;
        case WIRE_BYTES:
            (void)cursor_take(&cursor, take_varint(&cursor));
            count++;
            break;
        case WIRE_FIXED32:
            (void)cursor_take(&cursor, 4);
            break;
        default:
            return false;
        }
    }
    return !cursor_failed(&cursor) && count <= most;
}

/* protobuf-c wants an array of pointers to messages; both in one block of memory. */
struct range_messages {
    Goflow__Link__SequenceRange **pointers;
    size_t count;
};

static struct range_messages range_messages_new(const struct link_ranges *ranges)
{
    size_t count = ranges->count;
    size_t pointers_size = count * sizeof(Goflow__Link__SequenceRange *);
    Goflow__Link__SequenceRange **pointers =
        malloc(pointers_size + count * sizeof(Goflow__Link__SequenceRange) + 1);
    if (pointers == NULL) {
        return (struct range_messages){0};
    }
    Goflow__Link__SequenceRange *messages = (Goflow__Link__SequenceRange *)(pointers + count);
    for (size_t i = 0; i < count; i++) {
        goflow__link__sequence_range__init(&messages[i]);
        messages[i].first = ranges->values[i].first;
        messages[i].last = ranges->values[i].last;
        pointers[i] = &messages[i];
    }
    return (struct range_messages){.pointers = pointers, .count = count};
}

static int by_first(const void *a, const void *b)
{
    const struct link_range *one = a;
    const struct link_range *other = b;
    return one->first < other->first ? -1 : one->first > other->first;
}

/*
 * Sorts the ranges and merges those that overlap: whoever walks over what they name visits nothing
 * twice, however often a peer repeats itself.
 */
static void merge_ranges(struct link_ranges *ranges)
{
    if (ranges->count == 0) {
        return;
    }
    qsort(ranges->values, ranges->count, sizeof *ranges->values, by_first);
    struct link_range *merged = ranges->values;
    for (size_t i = 1; i < ranges->count; i++) {
        const struct link_range *next = &ranges->values[i];
        if (next->first > merged->last) {
            *++merged = *next;
        } else if (next->last > merged->last) {
            merged->last = next->last;
        }
    }
    ranges->count = (size_t)(merged - ranges->values) + 1;
}

static enum err ranges_parse(
    struct link_ranges *ranges, Goflow__Link__SequenceRange *const *messages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (messages[i]->first > messages[i]->last) {
            return ERR_CORRUPT;
        }
        link_ranges_add(ranges, messages[i]->first, messages[i]->last);
    }
    merge_ranges(ranges);
    return ranges->failed ? ERR_MEMORY : ERR_OK;
}

uint8_t *link_ack_pack(const struct link_ack *ack, size_t *size_p)
{
    struct range_messages ranges = range_messages_new(&ack->ranges);
    Goflow__Link__Acknowledgement message = GOFLOW__LINK__ACKNOWLEDGEMENT__INIT;
    message.version = LINK_VERSION;
    message.kind = (Goflow__Link__Acknowledgement__Kind)ack->kind;
    message.ingest_id = ack->ingest_id;
    message.store_id = ack->store_id;
    message.stamp_ns = ack->stamp_ns;
    message.epoch = ack->epoch;
    message.newest_epoch = ack->newest_epoch;
    message.ranges = ranges.pointers;
    message.n_ranges = ranges.count;
    *size_p = goflow__link__acknowledgement__get_packed_size(&message);
    uint8_t *bytes = malloc(*size_p);
    if (bytes != NULL) {
        (void)goflow__link__acknowledgement__pack(&message, bytes);
    }
    free(ranges.pointers);
    return bytes;
}

enum err link_ack_parse(struct link_ack *ack_p, const uint8_t *bytes, size_t size)
{
    if (!has_few_ranges(bytes, size, RANGES_MAX)) {
        return ERR_CORRUPT;
    }
    Goflow__Link__Acknowledgement *message =
        goflow__link__acknowledgement__unpack(NULL, size, bytes);
    if (message == NULL) {
        return ERR_CORRUPT;
    }
    enum err err = ERR_UNSUPPORTED;
    *ack_p = (struct link_ack){
        .ingest_id = message->ingest_id,
        .store_id = message->store_id,
        .stamp_ns = message->stamp_ns,
        .epoch = message->epoch,
        .newest_epoch = message->newest_epoch,
    };
    if (message->version == LINK_VERSION && (unsigned)message->kind < LINK_ACK_KIND_COUNT) {
        ack_p->kind = (enum link_ack_kind)message->kind;
        err = ranges_parse(&ack_p->ranges, message->ranges, message->n_ranges);
    }
    goflow__link__acknowledgement__free_unpacked(message, NULL);
    if (err != ERR_OK) {
        link_ack_clear(ack_p);
    }
    return err;
}

uint8_t *link_lease_pack(const struct link_lease *lease, size_t *size_p)
{
    struct range_messages ranges[LINK_VERDICT_COUNT];
    for (size_t i = 0; i < LINK_VERDICT_COUNT; i++) {
        ranges[i] = range_messages_new(&lease->ranges[i]);
    }
    Goflow__Link__Lease message = GOFLOW__LINK__LEASE__INIT;
    message.version = LINK_VERSION;
    message.ingest_id = lease->ingest_id;
    message.store_id = lease->store_id;
    message.stamp_ns = lease->stamp_ns;
    message.is_last = lease->is_last;
    message.granted = ranges[LINK_GRANTED].pointers;
    message.n_granted = ranges[LINK_GRANTED].count;
    message.regranted = ranges[LINK_REGRANTED].pointers;
    message.n_regranted = ranges[LINK_REGRANTED].count;
    message.gone = ranges[LINK_GONE].pointers;
    message.n_gone = ranges[LINK_GONE].count;
    *size_p = goflow__link__lease__get_packed_size(&message);
    uint8_t *bytes = malloc(*size_p);
    if (bytes != NULL) {
        (void)goflow__link__lease__pack(&message, bytes);
    }
    for (size_t i = 0; i < LINK_VERDICT_COUNT; i++) {
        free(ranges[i].pointers);
    }
    return bytes;
}

enum err link_lease_parse(struct link_lease *lease_p, const uint8_t *bytes, size_t size)
{
    if (!has_few_ranges(bytes, size, (size_t)RANGES_MAX * LINK_VERDICT_COUNT)) {
        return ERR_CORRUPT;
    }
    Goflow__Link__Lease *message = goflow__link__lease__unpack(NULL, size, bytes);
    if (message == NULL) {
        return ERR_CORRUPT;
    }
    *lease_p = (struct link_lease){.ingest_id = message->ingest_id,
        .store_id = message->store_id,
        .stamp_ns = message->stamp_ns,
        .is_last = message->is_last};
    enum err err = message->version == LINK_VERSION ? ERR_OK : ERR_UNSUPPORTED;
    if (err == ERR_OK) {
        err = ranges_parse(&lease_p->ranges[LINK_GRANTED], message->granted, message->n_granted);
    }
    if (err == ERR_OK) {
        err = ranges_parse(
            &lease_p->ranges[LINK_REGRANTED], message->regranted, message->n_regranted);
    }
    if (err == ERR_OK) {
        err = ranges_parse(&lease_p->ranges[LINK_GONE], message->gone, message->n_gone);
    }
    goflow__link__lease__free_unpacked(message, NULL);
    if (err != ERR_OK) {
        link_lease_clear(lease_p);
    }
    return err;
}

void link_ack_clear(struct link_ack *ack)
{
    link_ranges_clear(&ack->ranges);
}

void link_lease_clear(struct link_lease *lease)
{
    for (size_t i = 0; i < LINK_VERDICT_COUNT; i++) {
        link_ranges_clear(&lease->ranges[i]);
    }
}
