/* SPDX-License-Identifier: BSD-3-Clause -- tests that a datagram costs no allocation. */
/*
 * The linker sends every malloc(), calloc() and realloc() of the project's own code here: also
 * one that is freed again is counted, which the allocator's books do not show.
 */
#include "ingest/batch/batch.h"
#include "tests/support/flow_collector.h"
#include "tests/support/packet_builder.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* The names are the linker's: --wrap in tests/CMakeLists.txt. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *bytes, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *bytes, size_t size);

static unsigned long allocations;

void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *bytes, size_t size)
{
    allocations++;
    return __real_realloc(bytes, size);
}

/* The batcher keeps a batch that is refused and fills it again. */
static enum err refuse(void *context, struct batch *batch)
{
    (void)context;
    (void)batch;
    return ERR_FULL;
}

static struct packet packet;
static struct flow_collector collector;

static void build_datagram(void)
{
    packet_netflow9(&packet);
    PACKET_TEMPLATE(&packet, 0, 256, {0, 8, 4}, {0, 1, 4}, {0, 22, 4});
    packet_open_set(&packet, 256);
    for (uint32_t i = 1; i <= 90; i++) {
        build_u32(&packet.wire, i);
    }
    packet_close_set(&packet);
}

/* Templates known: as many datagrams as fill several batches. */
Test(allocations, none_for_a_datagram_that_is_decoded_and_packed)
{
    collector_start(&collector);
    struct batcher *batcher = NULL;
    struct batcher_options options = {
        .max_bytes = 64 * 1024, .max_flows = 1000, .max_age_ms = 1000, .deliver = refuse};
    cr_assert_eq(batcher_new(&batcher, &options), ERR_OK);
    build_datagram();
    struct flow_sink sink = {.take = batcher_take, .context = batcher};
    struct datagram datagram = {
        .bytes = packet.wire.bytes, .size = packet.wire.size, .received_ns = COLLECTOR_RECEIVED_NS};
    (void)decoder_decode(collector.decoder, &datagram, &sink);
    cr_assert_gt(allocations, 0, "the first datagram needs memory: else nothing is counted here");
    unsigned long before = allocations;
    for (int i = 0; i < 1000; i++) {
        (void)decoder_decode(collector.decoder, &datagram, &sink);
    }
    cr_assert_eq(allocations, before);
    cr_assert_gt(counter_get(&batcher_counters(batcher)->flows_dropped_full), 10000);
    batcher_destroy(&batcher);
    collector_stop(&collector);
}
