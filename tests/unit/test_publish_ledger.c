/* SPDX-License-Identifier: BSD-3-Clause -- what the publisher tells of each exporter's flows. */
/*
 * No store ever comes: the rows of the ledger stay in the spool, where a test reads them when the
 * publisher is gone.
 */
#include "common/clock.h"
#include "ingest/publish/spool.h"
#include "tests/support/link_rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FLOWS = 2000, /* a batch */
    DAY = 19700,
    ROOMY = 64 << 20,
    SMALL = 512 << 10, /* so many bytes of batches fill a spool */
    MANY = 60,         /* batches that do not fit there */
    WINDOW = 1 << 20,
    SHARES_OF_WINDOW = WINDOW / 16, /* memory for lists */
    NOBODY = 0
};

struct told {
    uint64_t rows;
    uint64_t accepted;
    uint64_t spooled;
    uint64_t dropped;
};

struct scene {
    char folder[64];
    char endpoint[LINK_ENDPOINT_SIZE];
    struct publisher *publisher;
};

static void open_scene(struct scene *scene)
{
    (void)snprintf(scene->folder, sizeof scene->folder, "/tmp/goflow-ledger-XXXXXX");
    cr_assert_not_null(mkdtemp(scene->folder));
    rig_ipc_endpoint(scene->endpoint);
}

static void start(struct scene *scene, uint64_t spool_bytes)
{
    struct publisher_options options = {
        .spool_dir = scene->folder,
        .spool_bytes = spool_bytes,
        .spool_sync_ms = 1000,
        .window_bytes = WINDOW,
        .ack_timeout_ms = 2000,
        .tells_losses = true,
        .endpoints = {.bind = {.values = {scene->endpoint}, .count = 1}},
    };
    cr_assert_eq(publisher_new(&scene->publisher, &options), ERR_OK);
}

static double metric(const struct scene *scene, const char *name)
{
    return rig_metric(publisher_collect, scene->publisher, name);
}

/* A batch of two exporters: one flow is the second's. Without exporters it is nobody's. */
static struct batch *make_batch(uint32_t first, uint32_t second)
{
    struct batch *batch = rig_batch(1, FLOWS, DAY);
    if (first != NOBODY) {
        batch->shares = share_list_new(2);
        cr_assert_not_null(batch->shares);
        batch->shares->count = 2;
        batch->shares->shares[0] = (struct flow_share){{.domain = first, .day = DAY}, FLOWS - 1};
        batch->shares->shares[1] = (struct flow_share){{.domain = second, .day = DAY}, 1};
    }
    return batch;
}

/* Returns when the publisher has taken it. */
static void offer(const struct scene *scene, struct batch *batch)
{
    struct publisher_port *port = NULL;
    cr_assert_eq(publisher_port_new(&port, scene->publisher), ERR_OK);
    cr_assert_eq(publisher_offer(port, batch), ERR_OK);
    while (!publisher_has_taken_all(port)) {
        zclock_sleep(1);
    }
    publisher_port_destroy(&port);
}

/* The rows of one domain, from every batch that the spool has. */
struct reading {
    struct window_batch batches[2 * MANY];
    size_t count;
    uint32_t domain;
    struct told told;
};

static enum err keep(void *context, const struct window_batch *batch)
{
    struct reading *reading = context;
    cr_assert_lt(reading->count, 2 * MANY);
    reading->batches[reading->count++] = *batch;
    return ERR_OK;
}

static void add_rows(struct reading *reading, struct cursor payload)
{
    struct record record;
    while (record_parse(&payload, RECORD_LOSSES, &record) == ERR_OK) {
        const struct record_value *values = record.values;
        cr_assert_eq(values[LOSSES_TIME_RECEIVED].number / S_PER_DAY, DAY);
        if (!record_has(&record, LOSSES_DOMAIN) ||
            values[LOSSES_DOMAIN].number == reading->domain) {
            reading->told.rows++;
            reading->told.accepted += values[LOSSES_FLOWS_ACCEPTED].number;
            reading->told.spooled += values[LOSSES_FLOWS_SPOOLED].number;
            reading->told.dropped += values[LOSSES_FLOWS_DROPPED].number;
        }
    }
}

static struct told told_of(const struct scene *scene, uint32_t domain)
{
    struct spool_options options = {
        .folder = scene->folder, .max_bytes = ROOMY, .segment_bytes = ROOMY / 8};
    struct reading reading = {.domain = domain};
    struct spool *spool = NULL;
    cr_assert_eq(spool_open(&spool, &options, keep, &reading), ERR_OK);
    for (size_t i = 0; i < reading.count; i++) {
        zmq_msg_t payload;
        if (reading.batches[i].kind == RECORD_LOSSES) {
            cr_assert_eq(spool_read(spool, &reading.batches[i], &payload), ERR_OK);
            add_rows(&reading, cursor_of(zmq_msg_data(&payload), zmq_msg_size(&payload)));
            (void)zmq_msg_close(&payload);
        }
    }
    spool_close(&spool);
    return reading.told;
}

static void close_scene(struct scene *scene)
{
    rig_remove_folder(scene->folder);
}

Test(publish_ledger, without_flows_there_is_no_row)
{
    struct scene scene;
    open_scene(&scene);
    start(&scene, ROOMY);
    publisher_destroy(&scene.publisher);
    cr_assert_eq(told_of(&scene, NOBODY).rows, 0);
    close_scene(&scene);
}

Test(publish_ledger, flows_without_shares_are_nobodys)
{
    struct scene scene;
    open_scene(&scene);
    start(&scene, ROOMY);
    offer(&scene, make_batch(NOBODY, NOBODY));
    publisher_destroy(&scene.publisher);
    struct told nobody = told_of(&scene, NOBODY);
    cr_assert_eq(nobody.accepted, FLOWS);
    cr_assert_eq(nobody.spooled, FLOWS);
    close_scene(&scene);
}

Test(publish_ledger, accepted_and_spooled_flows_are_their_exporters)
{
    struct scene scene;
    open_scene(&scene);
    start(&scene, ROOMY);
    offer(&scene, make_batch(1, 2));
    offer(&scene, make_batch(2, 1));
    offer(&scene, make_batch(1, 3));
    publisher_destroy(&scene.publisher);
    static const uint64_t EXPECTED[] = {0, 2 * (FLOWS - 1) + 1, FLOWS, 1};
    for (uint32_t domain = 1; domain <= 3; domain++) {
        struct told told = told_of(&scene, domain);
        cr_assert_eq(told.rows, 1);
        cr_assert_eq(told.accepted, EXPECTED[domain]);
        cr_assert_eq(told.spooled, EXPECTED[domain]);
        cr_assert_eq(told.dropped, 0);
    }
    close_scene(&scene);
}

Test(publish_ledger, a_full_spool_drops_the_flows_of_their_exporters)
{
    struct scene scene;
    open_scene(&scene);
    start(&scene, SMALL);
    for (uint32_t i = 0; i < MANY; i++) {
        offer(&scene, make_batch(1 + i % 2, 3));
    }
    uint64_t dropped =
        (uint64_t)metric(&scene, "goflow_link_flows_dropped_total{reason=\"spool\"}");
    publisher_destroy(&scene.publisher);
    uint64_t batches = dropped / FLOWS; /* the oldest ones, in turns */
    cr_assert_gt(batches, 1);
    struct told even = told_of(&scene, 1);
    struct told odd = told_of(&scene, 2);
    struct told both = told_of(&scene, 3);
    cr_assert_eq(even.accepted, MANY / 2 * (FLOWS - 1));
    cr_assert_eq(odd.accepted, even.accepted);
    cr_assert_eq(both.accepted, MANY);
    cr_assert_eq(even.dropped, (batches + 1) / 2 * (FLOWS - 1));
    cr_assert_eq(odd.dropped, batches / 2 * (FLOWS - 1));
    cr_assert_eq(both.dropped, batches);
    cr_assert_eq(told_of(&scene, NOBODY).rows, 0);
    close_scene(&scene);
}

Test(publish_ledger, flows_of_the_process_before_are_nobodys_when_they_are_dropped)
{
    struct scene scene;
    open_scene(&scene);
    start(&scene, ROOMY);
    offer(&scene, make_batch(1, 2));
    publisher_destroy(&scene.publisher);
    start(&scene, SMALL);
    for (uint32_t i = 0; i < MANY; i++) {
        offer(&scene, make_batch(3, 4));
    }
    uint64_t dropped =
        (uint64_t)metric(&scene, "goflow_link_flows_dropped_total{reason=\"spool\"}");
    publisher_destroy(&scene.publisher);
    cr_assert_eq(told_of(&scene, NOBODY).dropped, FLOWS);
    cr_assert_eq(told_of(&scene, NOBODY).accepted, 0);
    cr_assert_eq(told_of(&scene, 3).dropped + told_of(&scene, 4).dropped, dropped - FLOWS);
    close_scene(&scene);
}

Test(publish_ledger, lists_that_take_too_much_memory_are_given_up)
{
    struct scene scene;
    open_scene(&scene);
    start(&scene, SMALL);
    for (uint32_t i = 0; i < MANY; i++) {
        struct batch *batch = make_batch(1, 2);
        batch->shares = realloc(batch->shares, SHARES_OF_WINDOW);
        cr_assert_not_null(batch->shares);
        batch->shares->room = SHARES_OF_WINDOW / sizeof(struct flow_share) / 4;
        offer(&scene, batch);
    }
    uint64_t dropped =
        (uint64_t)metric(&scene, "goflow_link_flows_dropped_total{reason=\"spool\"}");
    publisher_destroy(&scene.publisher);
    uint64_t theirs = told_of(&scene, 1).dropped + told_of(&scene, 2).dropped;
    cr_assert_eq(told_of(&scene, 1).accepted, (uint64_t)MANY * (FLOWS - 1));
    cr_assert_gt(theirs, 4 * FLOWS, "memory of lists is there again when their batches are gone");
    cr_assert_gt(told_of(&scene, NOBODY).dropped, 0);
    cr_assert_eq(theirs + told_of(&scene, NOBODY).dropped, dropped);
    close_scene(&scene);
}
