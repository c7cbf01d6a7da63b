/* SPDX-License-Identifier: BSD-3-Clause -- sums by address. */
#include "tools/tap/talkers.h"

#include "common/cursor.h"

#include <stdlib.h>
#include <string.h>

/* Open addressing at most half full: a search ends soon. */
enum {
    SLOTS = 2 * TALKERS_MAX
};

struct talkers {
    size_t count; /* entry 0 is all others */
    struct talker total;
    uint32_t slots[SLOTS]; /* index of an entry, 0: free */
    struct talker entries[TALKERS_MAX + 1];
};

enum err talkers_new(struct talkers **talkers_p)
{
    *talkers_p = calloc(1, sizeof **talkers_p);
    return *talkers_p != NULL ? ERR_OK : ERR_MEMORY;
}

void talkers_destroy(struct talkers **talkers_p)
{
    free(*talkers_p);
    *talkers_p = NULL;
}

static size_t hash_of(const struct address *address)
{
    uint64_t mixed = load_be64(address->bytes) * UINT64_C(0xff51afd7ed558ccd);
    mixed = (mixed ^ load_be64(address->bytes + 8)) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(mixed >> 32) % SLOTS;
}

static struct talker *find(struct talkers *talkers, const struct address *address)
{
    size_t slot = hash_of(address);
    while (talkers->slots[slot] != 0) {
        struct talker *talker = &talkers->entries[talkers->slots[slot]];
        if (address_equal(&talker->address, address)) {
            return talker;
        }
        slot = (slot + 1) % SLOTS;
    }
    if (talkers->count == TALKERS_MAX) {
        return &talkers->entries[0];
    }
    talkers->slots[slot] = (uint32_t)++talkers->count;
    struct talker *talker = &talkers->entries[talkers->count];
    talker->address = *address;
    return talker;
}

static void add(struct talker *to, const struct talker *sums)
{
    to->bytes += sums->bytes;
    to->packets += sums->packets;
    to->flows += sums->flows;
}

void talkers_add(struct talkers *talkers, const struct talker *sums)
{
    add(find(talkers, &sums->address), sums);
    add(&talkers->total, sums);
}

size_t talkers_count(const struct talkers *talkers)
{
    return talkers->count;
}

struct talker talkers_total(const struct talkers *talkers)
{
    return talkers->total;
}

/* Keeps `top` in order; a talker that is not among the first falls off its end. */
static void insert(struct talker *top, size_t *count, size_t room, const struct talker *talker)
{
    size_t at = *count < room ? (*count)++ : room - 1;
    while (at > 0 && top[at - 1].bytes < talker->bytes) {
        top[at] = top[at - 1];
        at--;
    }
    top[at] = *talker;
}

size_t talkers_top(const struct talkers *talkers, struct talker *top, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; i <= talkers->count; i++) {
        const struct talker *talker = &talkers->entries[i];
        bool has_place = count < room || (room > 0 && top[room - 1].bytes < talker->bytes);
        if (talker->flows > 0 && has_place) {
            insert(top, &count, room, talker);
        }
    }
    return count;
}
