/* SPDX-License-Identifier: BSD-3-Clause -- origins of flows, numbered. */
#include "ingest/batch/origin_map.h"

#include <criterion/criterion.h>

enum {
    ROOM = 64
};

static struct flow_origin origin(uint32_t number)
{
    return (struct flow_origin){.domain = number, .type = FLOW_TYPE_IPFIX, .day = 19675};
}

static uint32_t take(struct origin_map *map, uint32_t number)
{
    const struct flow_origin wanted = origin(number);
    return origin_map_take(map, &wanted);
}

Test(origin_map, has_room_for_so_many_and_no_more)
{
    struct origin_map map;
    cr_assert_eq(origin_map_init(&map, ROOM), ERR_OK);
    for (uint32_t i = 0; i < ROOM; i++) {
        cr_assert_eq(take(&map, i * 1000), i);
    }
    cr_assert_eq(take(&map, 5), ROOM);
    cr_assert_eq(map.count, ROOM);
    for (uint32_t i = 0; i < ROOM; i++) {
        cr_assert_eq(take(&map, i * 1000), i, "known when it is full");
    }
    origin_map_clear(&map);
}

Test(origin_map, tells_origins_apart_by_each_of_their_parts)
{
    struct origin_map map;
    cr_assert_eq(origin_map_init(&map, ROOM), ERR_OK);
    struct flow_origin one = origin(1);
    uint32_t next = 0;
    cr_assert_eq(origin_map_take(&map, &one), next++);
    one.type = FLOW_TYPE_NETFLOW9;
    cr_assert_eq(origin_map_take(&map, &one), next++);
    one.day++;
    cr_assert_eq(origin_map_take(&map, &one), next++);
    one.exporter = address_from_ipv4((const uint8_t[]){192, 0, 2, 1});
    cr_assert_eq(origin_map_take(&map, &one), next++);
    one.exporter.bytes[0] = 1;
    cr_assert_eq(origin_map_take(&map, &one), next++);
    cr_assert_eq(take(&map, 1), 0);
    origin_map_clear(&map);
}

Test(origin_map, forgets_all_when_emptied)
{
    struct origin_map map;
    cr_assert_eq(origin_map_init(&map, ROOM), ERR_OK);
    for (uint32_t i = 0; i < ROOM; i++) {
        (void)take(&map, i);
    }
    origin_map_empty(&map);
    cr_assert_eq(take(&map, ROOM - 1), 0);
    cr_assert_eq(map.count, 1);
    origin_map_clear(&map);
}
