/* SPDX-License-Identifier: BSD-3-Clause -- publisher and puller over real sockets. */
#include "tests/support/link_rig.h"

#include <criterion/criterion.h>

enum {
    FLOWS = 100, /* a batch */
    NUMBERS_MAX = 200000,
    DAY = 19700
};

static struct publisher *open_publisher(
    const char *endpoint, bool is_bind, uint32_t ack_timeout_ms, bool compress)
{
    struct publisher_options options = {
        .window_bytes = 64 << 20,
        .ack_timeout_ms = ack_timeout_ms,
        .stop_timeout_ms = 5000,
        .compress = compress,
    };
    struct option_list *list = is_bind ? &options.endpoints.bind : &options.endpoints.connect;
    list->values[list->count++] = endpoint;
    struct publisher *publisher = NULL;
    cr_assert_eq(publisher_new(&publisher, &options), ERR_OK);
    return publisher;
}

static struct puller *open_puller(struct fake_writer *writer, const char *endpoint, bool is_bind)
{
    struct puller_options options = {
        .exchange = fake_writer_exchange(writer),
        .max_rows = 10000,
        .max_bytes = 64 << 20,
        .max_age_ms = 20,
        .max_inflight = 2,
        .stop_timeout_ms = 2000,
    };
    struct option_list *list = is_bind ? &options.endpoints.bind : &options.endpoints.connect;
    list->values[list->count++] = endpoint;
    struct puller *puller = NULL;
    cr_assert_eq(puller_new(&puller, &options), ERR_OK);
    return puller;
}

/* Offers batches numbered from `first`; the publisher takes all of them in time. */
static void offer(struct publisher *publisher, uint64_t first, uint32_t batches)
{
    struct publisher_port *port = NULL;
    cr_assert_eq(publisher_port_new(&port, publisher), ERR_OK);
    for (uint32_t i = 0; i < batches; i++) {
        struct batch *batch = rig_batch(first + (uint64_t)i * FLOWS, FLOWS, DAY + i % 2);
        while (publisher_offer(port, batch) == ERR_FULL) {
            zclock_sleep(1);
        }
    }
    publisher_port_destroy(&port);
}

static void check_delivery(bool is_ingest_bind, bool is_tcp, bool compress)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    if (is_tcp) {
        rig_tcp_endpoint(endpoint);
    } else {
        rig_ipc_endpoint(endpoint);
    }
    struct fake_database database;
    fake_database_init(&database, NUMBERS_MAX);
    struct fake_writer writer;
    fake_writer_init(&writer, &database);
    struct publisher *publisher = open_publisher(endpoint, is_ingest_bind, 2000, compress);
    struct puller *puller = open_puller(&writer, endpoint, !is_ingest_bind);
    offer(publisher, 1, 200);
    cr_assert(rig_wait_metric(
        publisher_collect, publisher, "goflow_link_flows_stored_total", 200 * FLOWS));
    cr_assert_eq(rig_metric(publisher_collect, publisher, "goflow_link_flows_waiting"), 0);
    cr_assert_eq(fake_database_wrong(&database, 200 * FLOWS), 0);
    cr_assert_eq(rig_metric(puller_collect, puller, "goflow_pull_flows_stored_total"), 200 * FLOWS);
    publisher_destroy(&publisher);
    puller_destroy(&puller);
    fake_writer_clear(&writer);
    fake_database_clear(&database);
}

Test(delivery, works_when_the_ingest_binds)
{
    check_delivery(true, true, false);
}

Test(delivery, works_when_the_store_binds)
{
    check_delivery(false, true, false);
}

Test(delivery, works_over_ipc_and_compressed)
{
    check_delivery(true, false, true);
}
