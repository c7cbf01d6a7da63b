/*
 * origin_map.h -- numbers origins of flows in the order in which they come: 0, 1, 2 ...
 *
 * Whoever counts by origin keeps arrays beside it. Bounded, and sized once: taking an origin costs
 * no memory. One thread owns a map.
 */
#pragma once

#include "common/err.h"
#include "common/hash.h"
#include "ingest/batch/flow_share.h"

struct origin_map {
    uint32_t count; /* origins known */
    uint32_t room;
    struct hash_seed seed;
    uint32_t mask;               /* of the hash table, which is twice the room */
    uint16_t *slots;             /* the number of an origin, and one; 0: free */
    struct flow_origin *origins; /* by number */
};

enum {
    ORIGIN_MAP_ROOM_MAX = 1 << 15
};

/* `room` is a power of two up to ORIGIN_MAP_ROOM_MAX. ERR_MEMORY: the map is as if cleared. */
MUST_CHECK enum err origin_map_init(struct origin_map *map, uint32_t room);
void origin_map_clear(struct origin_map *map);

/* The number of that origin, which is new where it equals the count before; `room`: no room. */
uint32_t origin_map_take(struct origin_map *map, const struct flow_origin *origin);

/* Forgets all origins. */
void origin_map_empty(struct origin_map *map);
