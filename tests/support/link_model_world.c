/* SPDX-License-Identifier: BSD-3-Clause -- time, chance and the network of the simulated world. */
#include "tests/support/link_model_world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

uint64_t draw(struct world *world, uint64_t below)
{
    world->random ^= world->random << 13;
    world->random ^= world->random >> 7;
    world->random ^= world->random << 17;
    return world->random % below;
}

bool is_faulty(const struct world *world)
{
    return world->now_ns < FAULTS_END_MS * NS_PER_MS;
}

bool chance(struct world *world, uint32_t percent)
{
    return is_faulty(world) && draw(world, 100) < percent;
}

uint64_t draw_delay_ns(struct world *world)
{
    uint64_t most_ms = chance(world, 7) ? 4 * LINK_MODEL_LEASE_MS : 30;
    return (1 + draw(world, most_ms)) * NS_PER_MS;
}

/* Events are a binary heap by time. */
static bool is_earlier(const struct event *a, const struct event *b)
{
    return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->order < b->order);
}

static void swap_events(struct event *a, struct event *b)
{
    struct event kept = *a;
    *a = *b;
    *b = kept;
}

static void schedule(struct world *world, struct event event)
{
    if (world->event_count == world->event_room) {
        world->event_room = world->event_room == 0 ? 256 : world->event_room * 2;
        world->heap = realloc(world->heap, world->event_room * sizeof *world->heap);
        assert(world->heap != NULL);
    }
    event.order = world->order++;
    size_t i = world->event_count++;
    world->heap[i] = event;
    for (; i > 0 && is_earlier(&world->heap[i], &world->heap[(i - 1) / 2]); i = (i - 1) / 2) {
        swap_events(&world->heap[i], &world->heap[(i - 1) / 2]);
    }
}

struct event next_event(struct world *world)
{
    struct event first = world->heap[0];
    world->heap[0] = world->heap[--world->event_count];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++) {
            if (child < world->event_count &&
                is_earlier(&world->heap[child], &world->heap[least])) {
                least = child;
            }
        }
        if (least == i) {
            return first;
        }
        swap_events(&world->heap[i], &world->heap[least]);
        i = least;
    }
}

void schedule_in(struct world *world, struct event event, uint64_t delay_ns)
{
    event.at_ns = world->now_ns + delay_ns;
    schedule(world, event);
}

void transmit(struct world *world, struct event event)
{
    if (chance(world, 8)) {
        struct event twin = event;
        if (event.bytes != NULL) {
            twin.bytes = malloc(event.size);
            assert(twin.bytes != NULL);
            memcpy(twin.bytes, event.bytes, event.size);
        }
        schedule_in(world, twin, draw_delay_ns(world));
    }
    if (chance(world, 12)) {
        free(event.bytes);
        return;
    }
    schedule_in(world, event, draw_delay_ns(world));
}
