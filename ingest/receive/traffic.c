/* SPDX-License-Identifier: BSD-3-Clause -- datagrams and bytes by exporter, port and protocol. */
#include "ingest/receive/traffic.h"

#include "common/clock.h"
#include "common/cursor.h"
#include "common/hash.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Open addressing at most half full: a search ends soon. */
enum {
    SLOTS = 2 * TRAFFIC_ENTRIES_MAX
};

enum {
    NETFLOW9 = 9,
    NETFLOW9_TIME_AT = 8,
    IPFIX = 10,
    IPFIX_TIME_AT = 4
};

/* The key is compared and hashed as one number. */
_Static_assert(sizeof(struct traffic_key) == sizeof(uint64_t), "no padding");

struct traffic {
    bool has_remote_ports;
    struct hash_seed seed;
    _Atomic size_t count; /* entries that readers may see: they never change or move */
    struct traffic_entry *last;
    struct traffic_entry *slots[SLOTS];
    struct traffic_entry entries[TRAFFIC_ENTRIES_MAX];
};

enum err traffic_new(struct traffic **traffic_p, bool has_remote_ports)
{
    *traffic_p = calloc(1, sizeof **traffic_p);
    if (*traffic_p == NULL) {
        return ERR_MEMORY;
    }
    (*traffic_p)->has_remote_ports = has_remote_ports;
    (*traffic_p)->seed = hash_seed_new();
    return ERR_OK;
}

void traffic_destroy(struct traffic **traffic_p)
{
    free(*traffic_p);
    *traffic_p = NULL;
}

/* By the version field alone; whether the rest is right is the decoder's business. */
static struct traffic_key key_of(const struct traffic *traffic, const struct datagram *datagram)
{
    struct traffic_key key = {.local_port = datagram->local_port, .type = TRAFFIC_NETFLOW};
    key.remote_port = traffic->has_remote_ports ? datagram->source_port : 0;
    uint16_t version = datagram->size < 2 ? UINT16_MAX : load_be16(datagram->bytes);
    switch (version) {
    case 0: /* sFlow's version is 32 bits */
        key.type = TRAFFIC_SFLOW;
        break;
    case 1:
    case 5:
    case 7:
        key.type = TRAFFIC_NETFLOW5;
        break;
    case NETFLOW9:
    case IPFIX:
        key.version = version;
        break;
    default:
        break;
    }
    return key;
}

static bool is_entry_of(const struct traffic_entry *entry, const struct datagram *datagram,
    const struct traffic_key *key)
{
    return memcmp(&entry->key, key, sizeof *key) == 0 && !entry->is_others &&
           address_equal(&entry->source, &datagram->source);
}

static size_t hash_of(
    const struct traffic *traffic, const struct datagram *datagram, const struct traffic_key *key)
{
    uint64_t words[2];
    uint64_t ports;
    memcpy(words, datagram->source.bytes, sizeof words);
    memcpy(&ports, key, sizeof ports);
    uint64_t hash = hash_words(&traffic->seed, words[0], words[1]);
    return (size_t)hash_words(&traffic->seed, hash, ports) % SLOTS;
}

static struct traffic_entry *add_entry(
    struct traffic *traffic, const struct datagram *datagram, const struct traffic_key *key)
{
    size_t count = atomic_load_explicit(&traffic->count, memory_order_relaxed);
    if (count == TRAFFIC_ENTRIES_MAX) {
        return &traffic->entries[TRAFFIC_ENTRIES_MAX - 1];
    }
    struct traffic_entry *entry = &traffic->entries[count];
    entry->source = datagram->source;
    entry->key = *key;
    entry->is_others = count == TRAFFIC_ENTRIES_MAX - 1;
    atomic_store_explicit(&traffic->count, count + 1, memory_order_release);
    return entry;
}

static struct traffic_entry *find_entry(
    struct traffic *traffic, const struct datagram *datagram, const struct traffic_key *key)
{
    size_t slot = hash_of(traffic, datagram, key);
    while (traffic->slots[slot] != NULL) {
        if (is_entry_of(traffic->slots[slot], datagram, key)) {
            return traffic->slots[slot];
        }
        slot = (slot + 1) % SLOTS;
    }
    struct traffic_entry *entry = add_entry(traffic, datagram, key);
    if (!entry->is_others) {
        traffic->slots[slot] = entry;
    }
    return entry;
}

/* Clocks differ: an export from the future has no delay. RFC 3954 and RFC 7011: the header. */
static void count_delay(
    struct traffic_entry *entry, const struct datagram *datagram, uint64_t now_ns)
{
    size_t at = entry->key.version == NETFLOW9 ? NETFLOW9_TIME_AT : IPFIX_TIME_AT;
    if (datagram->size < at + sizeof(uint32_t)) {
        return;
    }
    uint64_t export_ns = load_be32(datagram->bytes + at) * NS_PER_S;
    uint64_t received_ns = datagram->received_ns;
    uint64_t delay_ns = received_ns > export_ns ? received_ns - export_ns : 0;
    quantiles_add(&entry->delays_ms, delay_ns / NS_PER_MS, now_ns);
}

struct traffic_entry *traffic_count(
    struct traffic *traffic, const struct datagram *datagram, uint64_t now_ns)
{
    struct traffic_key key = key_of(traffic, datagram);
    if (traffic->last == NULL || !is_entry_of(traffic->last, datagram, &key)) {
        traffic->last = find_entry(traffic, datagram, &key);
    }
    struct traffic_entry *entry = traffic->last;
    counter_add(&entry->datagrams, 1);
    counter_add(&entry->bytes, datagram->size);
    quantiles_add(&entry->sizes, datagram->size, now_ns);
    if (key.version != 0 && !entry->is_others) {
        count_delay(entry, datagram, now_ns);
    }
    return entry;
}

const char *traffic_type_text(enum traffic_type type)
{
    static const char *const TEXTS[TRAFFIC_TYPE_COUNT] = {
        [TRAFFIC_NETFLOW] = "NetFlow",
        [TRAFFIC_SFLOW] = "sFlow",
        [TRAFFIC_NETFLOW5] = "NetFlowV5",
    };
    return TEXTS[type];
}

const struct traffic_entry *traffic_entry(const struct traffic *traffic, size_t index)
{
    size_t count = atomic_load_explicit(&traffic->count, memory_order_acquire);
    return index < count ? &traffic->entries[index] : NULL;
}
