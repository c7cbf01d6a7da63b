/* SPDX-License-Identifier: BSD-3-Clause -- publisher and puller over real sockets. */
#include "common/clock.h"
#include "tests/support/link_rig.h"

#include <criterion/criterion.h>

enum {
    FLOWS = 100, /* a batch */
    NUMBERS_MAX = 200000,
    DAY = 19700,
    REBIND_TRIES = 200,
    REBIND_MS = 20
};

struct ingest_case {
    const char *endpoint;
    const char *tap;
    const char *spool;
    uint64_t window_bytes;
    uint32_t ack_timeout_ms;
    uint32_t stop_timeout_ms;
    bool is_bind;
    bool compress;
};

static struct publisher *open_publisher(const struct ingest_case *wanted)
{
    struct publisher_options options = {
        .tap_endpoint = wanted->tap,
        .spool_dir = wanted->spool,
        .spool_bytes = 64 << 20,
        .spool_sync_ms = 1000,
        .window_bytes = wanted->window_bytes != 0 ? wanted->window_bytes : 64 << 20,
        .ack_timeout_ms = wanted->ack_timeout_ms != 0 ? wanted->ack_timeout_ms : 2000,
        .stop_timeout_ms = wanted->stop_timeout_ms != 0 ? wanted->stop_timeout_ms : 5000,
        .compress = wanted->compress,
    };
    struct option_list *list =
        wanted->is_bind ? &options.endpoints.bind : &options.endpoints.connect;
    list->values[list->count++] = wanted->endpoint;
    /* libzmq gives a port back a moment after its socket is gone: a publisher before may have it.
     */
    struct publisher *publisher = NULL;
    int tries = 0;
    while (publisher_new(&publisher, &options) != ERR_OK && tries++ < REBIND_TRIES) {
        zclock_sleep(REBIND_MS);
    }
    cr_assert_not_null(publisher);
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
    struct publisher *publisher = open_publisher(&(struct ingest_case){
        .endpoint = endpoint, .is_bind = is_ingest_bind, .compress = compress});
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

Test(delivery, shares_the_load_between_stores_and_a_late_one_gets_its_part)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    rig_tcp_endpoint(endpoint);
    struct fake_database database;
    fake_database_init(&database, NUMBERS_MAX);
    struct fake_writer writers[3];
    struct puller *pullers[3];
    struct publisher *publisher =
        open_publisher(&(struct ingest_case){.endpoint = endpoint, .is_bind = true});
    for (int i = 0; i < 3; i++) {
        fake_writer_init(&writers[i], &database);
    }
    pullers[0] = open_puller(&writers[0], endpoint, false);
    pullers[1] = open_puller(&writers[1], endpoint, false);
    uint64_t next = 1;
    while (writers[0].rows == 0 || writers[1].rows == 0) {
        cr_assert_lt(next, NUMBERS_MAX / 2, "one store gets everything");
        offer(publisher, next, 10);
        next += 10 * FLOWS;
        cr_assert(rig_wait_rows(&database, next - 1));
    }
    pullers[2] = open_puller(&writers[2], endpoint, false);
    while (writers[2].rows == 0) {
        cr_assert_lt(next, NUMBERS_MAX - 1000, "the late store gets nothing");
        offer(publisher, next, 10);
        next += 10 * FLOWS;
        cr_assert(rig_wait_rows(&database, next - 1));
    }
    publisher_destroy(&publisher);
    cr_assert_eq(fake_database_wrong(&database, next - 1), 0);
    for (int i = 0; i < 3; i++) {
        puller_destroy(&pullers[i]);
        fake_writer_clear(&writers[i]);
    }
    fake_database_clear(&database);
}

/* The first store takes batches and never writes them; it is destroyed or left alone. */
static void check_takeover(bool is_destroyed)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    rig_tcp_endpoint(endpoint);
    struct fake_database database;
    fake_database_init(&database, NUMBERS_MAX);
    struct fake_writer stuck;
    struct fake_writer writer;
    fake_writer_init(&stuck, &database);
    fake_writer_init(&writer, &database);
    stuck.is_stuck = true;
    struct publisher *publisher = open_publisher(
        &(struct ingest_case){.endpoint = endpoint, .is_bind = true, .ack_timeout_ms = 300});
    struct puller *first = open_puller(&stuck, endpoint, false);
    offer(publisher, 1, 50);
    cr_assert(rig_wait_metric(puller_collect, first, "goflow_pull_batches_total", 1));
    if (is_destroyed) {
        puller_destroy(&first);
    }
    struct puller *second = open_puller(&writer, endpoint, false);
    if (is_destroyed) {
        cr_assert(rig_wait_rows(&database, 50 * FLOWS));
    } else {
        /* Its leases go on: those batches are not sent to the other, who has the rest. */
        zclock_sleep(1500);
        cr_assert_lt(fake_database_rows(&database), 50 * FLOWS);
        stuck.is_stuck = false;
        cr_assert(rig_wait_rows(&database, 50 * FLOWS));
    }
    cr_assert(rig_wait_metric(
        publisher_collect, publisher, "goflow_link_flows_stored_total", 50 * FLOWS));
    publisher_destroy(&publisher);
    cr_assert_eq(fake_database_wrong(&database, 50 * FLOWS), 0);
    puller_destroy(&first);
    puller_destroy(&second);
    fake_writer_clear(&stuck);
    fake_writer_clear(&writer);
    fake_database_clear(&database);
}

Test(delivery, gives_the_batches_of_a_dead_store_to_another)
{
    check_takeover(true);
}

Test(delivery, leaves_batches_with_a_store_that_is_only_waiting)
{
    check_takeover(false);
}

Test(delivery, without_a_store_the_oldest_batches_go_and_are_counted)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    rig_ipc_endpoint(endpoint);
    struct publisher *publisher = open_publisher(&(struct ingest_case){
        .endpoint = endpoint, .is_bind = true, .window_bytes = 20000, .stop_timeout_ms = 1});
    offer(publisher, 1, 100);
    cr_assert(
        rig_wait_metric(publisher_collect, publisher, "goflow_link_flows_in_total", 100 * FLOWS));
    double waiting = rig_metric(publisher_collect, publisher, "goflow_link_flows_waiting");
    double dropped = rig_metric(
        publisher_collect, publisher, "goflow_link_flows_dropped_total{reason=\"window\"}");
    cr_assert_gt(waiting, 0);
    cr_assert_gt(dropped, 0);
    cr_assert_eq(waiting + dropped, 100 * FLOWS);
    cr_assert_leq(rig_metric(publisher_collect, publisher, "goflow_link_window_bytes"), 20000);
    publisher_destroy(&publisher);
}

Test(delivery, a_payload_that_is_no_flow_batch_is_dropped_in_the_end)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    rig_tcp_endpoint(endpoint);
    struct fake_database database;
    fake_database_init(&database, NUMBERS_MAX);
    struct fake_writer writer;
    fake_writer_init(&writer, &database);
    struct publisher *publisher =
        open_publisher(&(struct ingest_case){.endpoint = endpoint, .is_bind = true});
    struct puller *puller = open_puller(&writer, endpoint, false);
    struct publisher_port *port = NULL;
    cr_assert_eq(publisher_port_new(&port, publisher), ERR_OK);
    struct batch *damaged = rig_batch(1, FLOWS, DAY);
    memset(damaged->bytes + 100, 0xff, 100);
    cr_assert_eq(publisher_offer(port, damaged), ERR_OK);
    cr_assert_eq(publisher_offer(port, rig_batch(1, FLOWS, DAY)), ERR_OK);
    publisher_port_destroy(&port);
    cr_assert(rig_wait_metric(publisher_collect, publisher,
        "goflow_link_flows_dropped_total{reason=\"refused\"}", FLOWS));
    cr_assert(
        rig_wait_metric(publisher_collect, publisher, "goflow_link_flows_stored_total", FLOWS));
    cr_assert_eq(rig_metric(publisher_collect, publisher, "goflow_link_flows_waiting"), 0);
    cr_assert_eq(fake_database_wrong(&database, FLOWS), 0);
    publisher_destroy(&publisher);
    puller_destroy(&puller);
    fake_writer_clear(&writer);
    fake_database_clear(&database);
}

Test(delivery, a_clean_stop_delivers_what_is_left)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    rig_tcp_endpoint(endpoint);
    struct fake_database database;
    fake_database_init(&database, NUMBERS_MAX);
    struct fake_writer writer;
    fake_writer_init(&writer, &database);
    struct puller *puller = open_puller(&writer, endpoint, true);
    struct publisher *publisher = open_publisher(&(struct ingest_case){.endpoint = endpoint});
    offer(publisher, 1, 300);
    publisher_destroy(&publisher);
    cr_assert_eq(fake_database_wrong(&database, 300 * FLOWS), 0);
    puller_destroy(&puller);
    fake_writer_clear(&writer);
    fake_database_clear(&database);
}

Test(delivery, a_store_that_stops_writes_what_it_holds)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    rig_tcp_endpoint(endpoint);
    struct fake_database database;
    fake_database_init(&database, NUMBERS_MAX);
    struct fake_writer writer;
    fake_writer_init(&writer, &database);
    struct publisher *publisher = open_publisher(
        &(struct ingest_case){.endpoint = endpoint, .is_bind = true, .ack_timeout_ms = 60000});
    struct puller *puller = open_puller(&writer, endpoint, false);
    writer.is_stuck = true;
    offer(publisher, 1, 5);
    cr_assert(rig_wait_metric(puller_collect, puller, "goflow_pull_batches_total", 5));
    writer.is_stuck = false;
    puller_destroy(&puller);
    cr_assert(
        rig_wait_metric(publisher_collect, publisher, "goflow_link_flows_stored_total", 5 * FLOWS));
    publisher_destroy(&publisher);
    cr_assert_eq(fake_database_wrong(&database, 5 * FLOWS), 0);
    fake_writer_clear(&writer);
    fake_database_clear(&database);
}

Test(delivery, the_tap_publishes_only_while_someone_listens)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    char tap[LINK_ENDPOINT_SIZE];
    rig_ipc_endpoint(endpoint);
    rig_ipc_endpoint(tap);
    struct publisher *publisher = open_publisher(&(struct ingest_case){
        .endpoint = endpoint, .is_bind = true, .tap = tap, .stop_timeout_ms = 1});
    offer(publisher, 1, 5);
    cr_assert(
        rig_wait_metric(publisher_collect, publisher, "goflow_link_flows_in_total", 5 * FLOWS));
    cr_assert_eq(rig_metric(publisher_collect, publisher, "goflow_tap_batches_total"), 0);
    zsock_t *listener = zsock_new_sub(tap, LINK_TAP_TOPIC);
    cr_assert(rig_wait_metric(publisher_collect, publisher, "goflow_tap_subscriptions", 1));
    offer(publisher, 1, 1);
    zsock_set_rcvtimeo(listener, 5000);
    zmsg_t *message = zmsg_recv(listener);
    cr_assert_eq(zmsg_size(message), 2);
    struct batch *batch = rig_batch(1, FLOWS, DAY);
    cr_assert_eq(zframe_size(zmsg_last(message)), batch->size);
    cr_assert_arr_eq(zframe_data(zmsg_last(message)), batch->bytes, batch->size);
    batch_destroy(&batch);
    zmsg_destroy(&message);
    zsock_destroy(&listener);
    publisher_destroy(&publisher);
}

Test(delivery, a_port_in_use_is_refused)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    rig_tcp_endpoint(endpoint);
    struct publisher *publisher =
        open_publisher(&(struct ingest_case){.endpoint = endpoint, .is_bind = true});
    struct publisher_options options = {.window_bytes = 1, .ack_timeout_ms = 1};
    options.endpoints.bind = (struct option_list){.count = 1, .values = {endpoint}};
    struct publisher *second = NULL;
    cr_assert_eq(publisher_new(&second, &options), ERR_IN_USE);
    cr_assert_null(second);
    publisher_destroy(&publisher);
}

Test(delivery, the_spool_keeps_what_does_not_fit_and_what_a_stop_leaves)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    char folder[] = "/tmp/goflow-spool-XXXXXX";
    rig_tcp_endpoint(endpoint);
    cr_assert_not_null(mkdtemp(folder));
    struct ingest_case ingest = {
        .endpoint = endpoint,
        .is_bind = true,
        .spool = folder,
        .window_bytes = 20000,
        .ack_timeout_ms = 300,
        .stop_timeout_ms = 1,
    };
    struct publisher *publisher = open_publisher(&ingest);
    offer(publisher, 1, 200);
    cr_assert(
        rig_wait_metric(publisher_collect, publisher, "goflow_link_flows_in_total", 200 * FLOWS));
    cr_assert_eq(
        rig_metric(publisher_collect, publisher, "goflow_link_flows_waiting"), 200 * FLOWS);
    cr_assert_leq(rig_metric(publisher_collect, publisher, "goflow_link_window_bytes"), 20000);
    publisher_destroy(&publisher);

    struct fake_database database;
    fake_database_init(&database, NUMBERS_MAX);
    struct fake_writer writer;
    fake_writer_init(&writer, &database);
    ingest.stop_timeout_ms = 5000;
    publisher = open_publisher(&ingest);
    struct puller *puller = open_puller(&writer, endpoint, false);
    cr_assert_eq(
        rig_metric(publisher_collect, publisher, "goflow_link_flows_recovered_total"), 200 * FLOWS);
    offer(publisher, 1 + 200 * FLOWS, 50);
    cr_assert(rig_wait_metric(
        publisher_collect, publisher, "goflow_link_flows_stored_total", 250 * FLOWS));
    cr_assert_eq(fake_database_wrong(&database, 250 * FLOWS), 0);
    publisher_destroy(&publisher);
    publisher = open_publisher(&ingest);
    cr_assert_eq(rig_metric(publisher_collect, publisher, "goflow_link_flows_recovered_total"), 0);
    publisher_destroy(&publisher);
    puller_destroy(&puller);
    fake_writer_clear(&writer);
    fake_database_clear(&database);
    rig_remove_folder(folder);
}

/* Milliseconds that the stop of a publisher takes whose batches stay where they are. */
static uint64_t stop_ms(struct publisher *publisher, uint32_t batches)
{
    offer(publisher, 1, batches);
    cr_assert(rig_wait_metric(
        publisher_collect, publisher, "goflow_link_flows_in_total", batches * FLOWS));
    uint64_t start_ns = clock_monotonic_ns();
    publisher_destroy(&publisher);
    return (clock_monotonic_ns() - start_ns) / NS_PER_MS;
}

Test(delivery, a_stop_waits_for_no_store_when_the_spool_has_everything)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    char folder[] = "/tmp/goflow-spool-XXXXXX";
    rig_tcp_endpoint(endpoint);
    cr_assert_not_null(mkdtemp(folder));
    struct ingest_case ingest = {
        .endpoint = endpoint, .is_bind = true, .spool = folder, .stop_timeout_ms = 60000};
    cr_assert_lt(stop_ms(open_publisher(&ingest), 20), 30000);
    struct publisher *publisher = open_publisher(&ingest);
    cr_assert_eq(
        rig_metric(publisher_collect, publisher, "goflow_link_flows_recovered_total"), 20 * FLOWS);
    publisher_destroy(&publisher);
    rig_remove_folder(folder);
}

Test(delivery, a_stop_waits_for_a_store_when_there_is_no_spool)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    rig_tcp_endpoint(endpoint);
    struct ingest_case ingest = {.endpoint = endpoint, .is_bind = true, .stop_timeout_ms = 3000};
    cr_assert_geq(stop_ms(open_publisher(&ingest), 20), 3000);
}

Test(delivery, a_stop_waits_for_a_store_that_has_batches)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    char folder[] = "/tmp/goflow-spool-XXXXXX";
    rig_tcp_endpoint(endpoint);
    cr_assert_not_null(mkdtemp(folder));
    struct fake_database database;
    fake_database_init(&database, NUMBERS_MAX);
    struct fake_writer writer;
    fake_writer_init(&writer, &database);
    writer.is_stuck = true;
    struct publisher *publisher = open_publisher(&(struct ingest_case){
        .endpoint = endpoint, .is_bind = true, .spool = folder, .stop_timeout_ms = 3000});
    struct puller *puller = open_puller(&writer, endpoint, false);
    offer(publisher, 1000, 1);
    cr_assert(rig_wait_metric(puller_collect, puller, "goflow_pull_blocks_inflight", 1));
    cr_assert_geq(stop_ms(publisher, 1), 3000);
    writer.is_stuck = false;
    puller_destroy(&puller);
    fake_writer_clear(&writer);
    fake_database_clear(&database);
    rig_remove_folder(folder);
}
