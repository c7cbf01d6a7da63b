/*
 * sampling_map.h -- the operator's word on sampling rates: by prefix of the exporter's address.
 *
 *   # prefix          rate
 *   192.0.2.0/24      1000              where the exporter tells no rate
 *   192.0.2.7         512    override   whatever the exporter tells
 *
 * The longest prefix counts. Read once and never changed: any thread may look rates up.
 */
#pragma once

#include "common/address.h"
#include "common/text_line.h"
#include "ingest/decode/sampling.h"

enum {
    SAMPLING_MAP_MAX = 65536 /* rules */
};

struct sampling_map;

/*
 * Reads a whole map. ERR_INVALID: *fault_p says what is wrong. On success *map_p is owned by the
 * caller: sampling_map_destroy() it.
 */
MUST_CHECK enum err sampling_map_parse(
    struct sampling_map **map_p, const char *text, struct text_fault *fault_p);
void sampling_map_destroy(struct sampling_map **map_p);

/* The rule for an exporter; of rate 0 where there is none. A NULL map has none. */
struct sampling_rule sampling_map_find(
    const struct sampling_map *map, const struct address *exporter);
