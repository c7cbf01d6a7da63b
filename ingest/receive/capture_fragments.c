/* SPDX-License-Identifier: BSD-3-Clause -- puts the fragments of IP packets together. */
#include "ingest/receive/capture_fragments.h"

#include <stdlib.h>

enum {
    PACKETS_MAX = 32,
    UNIT = 8, /* fragments are cut at multiples of 8 octets: RFC 791 section 3.2 */
    PACKET_MAX = 65536,
    UNITS_MAX = PACKET_MAX / UNIT
};

/* A packet under way. */
struct partial {
    struct fragment key; /* its first seen fragment; only the identifying members count */
    bool is_used;
    uint64_t age;       /* when its last fragment came, in fragments */
    size_t size;        /* 0 until the last fragment is seen */
    size_t units_known; /* set bits in `known` */
    uint8_t known[UNITS_MAX];
    uint8_t bytes[PACKET_MAX];
};

struct fragments {
    uint64_t clock; /* fragments seen */
    struct partial partials[PACKETS_MAX];
};

enum err fragments_new(struct fragments **fragments_p)
{
    *fragments_p = calloc(1, sizeof **fragments_p);
    return *fragments_p != NULL ? ERR_OK : ERR_MEMORY;
}

void fragments_destroy(struct fragments **fragments_p)
{
    free(*fragments_p);
    *fragments_p = NULL;
}

static bool is_same_packet(const struct fragment *a, const struct fragment *b)
{
    return a->id == b->id && a->protocol == b->protocol && address_equal(&a->source, &b->source) &&
           address_equal(&a->destination, &b->destination);
}

/* The packet this fragment belongs to: known, new in a free place, or in the oldest one's. */
static struct partial *find_partial(struct fragments *fragments, const struct fragment *fragment)
{
    struct partial *victim = &fragments->partials[0];
    for (size_t i = 0; i < PACKETS_MAX; i++) {
        struct partial *partial = &fragments->partials[i];
        if (partial->is_used && is_same_packet(&partial->key, fragment)) {
            return partial;
        }
        if (victim->is_used && (!partial->is_used || partial->age < victim->age)) {
            victim = partial;
        }
    }
    memset(victim->known, 0, sizeof victim->known);
    victim->key = *fragment;
    victim->is_used = true;
    victim->size = 0;
    victim->units_known = 0;
    return victim;
}

static void store(struct partial *partial, const struct fragment *fragment, size_t size)
{
    memcpy(partial->bytes + fragment->offset, fragment->payload.pos, size);
    size_t first = fragment->offset / UNIT;
    size_t end = first + (size + UNIT - 1) / UNIT;
    for (size_t unit = first; unit < end; unit++) {
        partial->units_known += partial->known[unit] == 0;
        partial->known[unit] = 1;
    }
}

enum err fragments_add(
    struct fragments *fragments, const struct fragment *fragment, struct cursor *whole_p)
{
    size_t size = cursor_left(&fragment->payload);
    bool is_uneven = fragment->has_more && size % UNIT != 0;
    if (size == 0 || is_uneven || fragment->offset % UNIT != 0 ||
        fragment->offset + size > PACKET_MAX) {
        return ERR_INVALID;
    }
    struct partial *partial = find_partial(fragments, fragment);
    partial->age = ++fragments->clock;
    store(partial, fragment, size);
    if (!fragment->has_more) {
        partial->size = fragment->offset + size;
    }
    if (partial->size == 0 || partial->units_known != (partial->size + UNIT - 1) / UNIT) {
        return ERR_AGAIN;
    }
    partial->is_used = false;
    *whole_p = cursor_of(partial->bytes, partial->size);
    return ERR_OK;
}
