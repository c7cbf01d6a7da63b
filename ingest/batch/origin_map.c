/* SPDX-License-Identifier: BSD-3-Clause -- origins of flows, numbered. */
#include "ingest/batch/origin_map.h"

#include <assert.h>
#include <stdlib.h>

enum err origin_map_init(struct origin_map *map, uint32_t room)
{
    assert(room > 0 && room <= ORIGIN_MAP_ROOM_MAX && (room & (room - 1)) == 0);
    *map = (struct origin_map){.room = room, .mask = room * 2 - 1, .seed = hash_seed_new()};
    map->slots = calloc((size_t)room * 2, sizeof *map->slots);
    map->origins = calloc(room, sizeof *map->origins);
    if (map->slots == NULL || map->origins == NULL) {
        origin_map_clear(map);
        return ERR_MEMORY;
    }
    return ERR_OK;
}

void origin_map_clear(struct origin_map *map)
{
    free(map->slots);
    free(map->origins);
    *map = (struct origin_map){.count = 0};
}

static uint32_t hash_of(const struct origin_map *map, const struct flow_origin *origin)
{
    uint64_t words[2];
    memcpy(words, origin->exporter.bytes, sizeof words);
    uint64_t rest = (uint64_t)origin->domain << 32 | (origin->day << 4 ^ origin->type);
    uint64_t hash = hash_words(&map->seed, words[0], words[1]);
    return (uint32_t)(hash_words(&map->seed, hash, rest) >> 32);
}

uint32_t origin_map_take(struct origin_map *map, const struct flow_origin *origin)
{
    uint32_t at = hash_of(map, origin) & map->mask;
    /* Half of the slots are free, so the search ends. */
    for (; map->slots[at] != 0; at = (at + 1) & map->mask) {
        uint32_t number = map->slots[at] - 1U;
        if (flow_origin_equal(&map->origins[number], origin)) {
            return number;
        }
    }
    if (map->count == map->room) {
        return map->room;
    }
    map->origins[map->count] = *origin;
    map->slots[at] = (uint16_t)(map->count + 1);
    return map->count++;
}

void origin_map_empty(struct origin_map *map)
{
    memset(map->slots, 0, ((size_t)map->mask + 1) * sizeof *map->slots);
    map->count = 0;
}
