/* SPDX-License-Identifier: BSD-3-Clause -- datagrams and bytes by exporter, port and protocol. */
#include "ingest/receive/traffic.h"

#include "common/cursor.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Open addressing at most half full: a search ends soon. */
enum {
    SLOTS = 2 * TRAFFIC_ENTRIES_MAX
};

struct traffic {
    _Atomic size_t count; /* entries that readers may see: they never change or move */
    struct traffic_entry *last;
    struct traffic_entry *slots[SLOTS];
    struct traffic_entry entries[TRAFFIC_ENTRIES_MAX];
};

enum err traffic_new(struct traffic **traffic_p)
{
    *traffic_p = calloc(1, sizeof **traffic_p);
    return *traffic_p != NULL ? ERR_OK : ERR_MEMORY;
}

void traffic_destroy(struct traffic **traffic_p)
{
    free(*traffic_p);
    *traffic_p = NULL;
}

/* By the version field alone; whether the rest is right is the decoder's business. */
static enum traffic_type type_of(const struct datagram *datagram)
{
    if (datagram->size < 2) {
        return TRAFFIC_NETFLOW;
    }
    switch (load_be16(datagram->bytes)) {
    case 0: /* sFlow's version is 32 bits */
        return TRAFFIC_SFLOW;
    case 1:
    case 5:
    case 7:
        return TRAFFIC_NETFLOW5;
    default:
        return TRAFFIC_NETFLOW;
    }
}

static bool is_entry_of(
    const struct traffic_entry *entry, const struct datagram *datagram, enum traffic_type type)
{
    return entry->port == datagram->local_port && entry->type == type && !entry->is_others &&
           address_equal(&entry->source, &datagram->source);
}

static size_t hash_of(const struct datagram *datagram, enum traffic_type type)
{
    uint64_t high = load_be64(datagram->source.bytes);
    uint64_t low = load_be64(datagram->source.bytes + 8);
    uint64_t mixed =
        (high ^ low ^ (uint64_t)datagram->local_port << 32 ^ type) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(mixed >> 32) % SLOTS;
}

static struct traffic_entry *add_entry(
    struct traffic *traffic, const struct datagram *datagram, enum traffic_type type)
{
    size_t count = atomic_load_explicit(&traffic->count, memory_order_relaxed);
    if (count == TRAFFIC_ENTRIES_MAX) {
        return &traffic->entries[TRAFFIC_ENTRIES_MAX - 1];
    }
    struct traffic_entry *entry = &traffic->entries[count];
    entry->source = datagram->source;
    entry->port = datagram->local_port;
    entry->type = (uint8_t)type;
    entry->is_others = count == TRAFFIC_ENTRIES_MAX - 1;
    atomic_store_explicit(&traffic->count, count + 1, memory_order_release);
    return entry;
}

static struct traffic_entry *find_entry(
    struct traffic *traffic, const struct datagram *datagram, enum traffic_type type)
{
    size_t slot = hash_of(datagram, type);
    while (traffic->slots[slot] != NULL) {
        if (is_entry_of(traffic->slots[slot], datagram, type)) {
            return traffic->slots[slot];
        }
        slot = (slot + 1) % SLOTS;
    }
    struct traffic_entry *entry = add_entry(traffic, datagram, type);
    if (!entry->is_others) {
        traffic->slots[slot] = entry;
    }
    return entry;
}

void traffic_count(struct traffic *traffic, const struct datagram *datagram, uint64_t now_ns)
{
    enum traffic_type type = type_of(datagram);
    if (traffic->last == NULL || !is_entry_of(traffic->last, datagram, type)) {
        traffic->last = find_entry(traffic, datagram, type);
    }
    counter_add(&traffic->last->datagrams, 1);
    counter_add(&traffic->last->bytes, datagram->size);
    quantiles_add(&traffic->last->sizes, datagram->size, now_ns);
}

const struct traffic_entry *traffic_entry(const struct traffic *traffic, size_t index)
{
    size_t count = atomic_load_explicit(&traffic->count, memory_order_acquire);
    return index < count ? &traffic->entries[index] : NULL;
}
