/* SPDX-License-Identifier: BSD-3-Clause -- Hello over real sockets, and processes that change. */
#include "common/link_channel.h"

#include "common/clock.h"
#include "tests/support/link_rig.h"

#include <criterion/criterion.h>
#include <poll.h>

enum {
    INGEST = 7,
    STORE = 9,
    WAIT_MS = 10000,
    POLL_MS = 5
};

struct side {
    struct link_channel *channel;
    zsock_t *data;
    struct link_counters counters;
    char latest[64]; /* message that came */
    zframe_t *from;
};

static char endpoint[LINK_ENDPOINT_SIZE];
static struct side ingest;
static struct side store;

static void open_side(struct side *side, enum link_role role, uint64_t id, bool is_bind)
{
    *side = (struct side){.data = link_data_socket(role == LINK_INGEST ? ZMQ_PUSH : ZMQ_PULL)};
    struct link_endpoints endpoints = {0};
    struct option_list *list = is_bind ? &endpoints.bind : &endpoints.connect;
    list->values[list->count++] = endpoint;
    struct link_channel_options options = {.endpoints = &endpoints,
        .role = role,
        .id = id,
        .epoch = clock_wall_ns(),
        .data = side->data,
        .counters = &side->counters};
    enum err err = link_channel_new(&side->channel, &options);
    for (int i = 0; i < 200 && err == ERR_IN_USE; i++) {
        zclock_sleep(POLL_MS); /* libzmq gives a port back a moment after its socket is gone */
        err = link_channel_new(&side->channel, &options);
    }
    cr_assert_eq(err, ERR_OK);
}

static void close_side(struct side *side)
{
    link_channel_destroy(&side->channel);
    zsock_destroy(&side->data);
    zframe_destroy(&side->from);
}

static void run(struct side *side)
{
    if (side->channel == NULL) {
        return;
    }
    uint64_t now_ns = clock_monotonic_ns();
    zmsg_t *message = link_channel_receive(side->channel, now_ns);
    if (message != NULL && zmsg_size(message) > 0) {
        zframe_destroy(&side->from);
        side->from = zmsg_pop(message);
        zframe_t *body = zmsg_first(message);
        (void)snprintf(side->latest, sizeof side->latest, "%.*s", (int)zframe_size(body),
            (const char *)zframe_data(body));
    }
    zmsg_destroy(&message);
    link_channel_tick(side->channel, now_ns);
}

/* Runs both sides until the store can send to the ingest, and the ingest has the message. */
static bool reaches(uint64_t id, const char *text)
{
    const struct link_process to = {.id = id};
    for (int waited_ms = 0; waited_ms < WAIT_MS; waited_ms += POLL_MS) {
        (void)link_channel_send(store.channel, &to, (const uint8_t *)text, strlen(text), false);
        run(&store);
        run(&ingest);
        if (strcmp(ingest.latest, text) == 0) {
            return true;
        }
        zclock_sleep(POLL_MS);
    }
    return false;
}

static void init(void)
{
    link_setup();
    rig_tcp_endpoint(endpoint);
}

static void fini(void)
{
    close_side(&ingest);
    close_side(&store);
}

TestSuite(link_channel, .init = init, .fini = fini);

static void check_there_and_back(bool is_ingest_bind)
{
    open_side(&ingest, LINK_INGEST, INGEST, is_ingest_bind);
    open_side(&store, LINK_STORE, STORE, !is_ingest_bind);
    cr_assert(reaches(INGEST, "held"));
    cr_assert_eq(counter_get(&ingest.counters.peers), 1);
    cr_assert_eq(counter_get(&store.counters.peers), 1);
    cr_assert(link_channel_reply(ingest.channel, ingest.from, (const uint8_t *)"lease", 5));
    for (int i = 0; i < WAIT_MS / POLL_MS && strcmp(store.latest, "lease") != 0; i++) {
        run(&store);
        zclock_sleep(POLL_MS);
    }
    cr_assert_str_eq(store.latest, "lease");
    for (int reason = 0; reason < LINK_FRESH_COUNT; reason++) {
        cr_assert_eq(counter_get(&ingest.counters.fresh[reason]), 0);
        cr_assert_eq(counter_get(&store.counters.fresh[reason]), 0);
    }
}

Test(link_channel, finds_an_ingest_that_binds)
{
    check_there_and_back(true);
}

Test(link_channel, finds_an_ingest_that_connects)
{
    check_there_and_back(false);
}

static void check_other_ingest(bool is_ingest_bind)
{
    open_side(&ingest, LINK_INGEST, INGEST, is_ingest_bind);
    open_side(&store, LINK_STORE, STORE, !is_ingest_bind);
    cr_assert(reaches(INGEST, "to the first"));
    close_side(&ingest);
    open_side(&ingest, LINK_INGEST, INGEST + 1, is_ingest_bind);
    cr_assert(reaches(INGEST + 1, "to the second"));
}

Test(link_channel, finds_another_ingest_at_the_same_address)
{
    check_other_ingest(true);
}

Test(link_channel, finds_another_ingest_that_connects)
{
    check_other_ingest(false);
}

Test(link_channel, sends_nothing_to_an_ingest_that_is_gone)
{
    open_side(&ingest, LINK_INGEST, INGEST, true);
    open_side(&store, LINK_STORE, STORE, false);
    cr_assert(reaches(INGEST, "to the first"));
    close_side(&ingest);
    open_side(&ingest, LINK_INGEST, INGEST + 1, true);
    cr_assert(reaches(INGEST + 1, "to the second"));
    const struct link_process gone = {.id = INGEST};
    cr_assert_not(link_channel_send(store.channel, &gone, (const uint8_t *)"x", 1, false));
}

Test(link_channel, a_new_id_is_known_at_once)
{
    open_side(&ingest, LINK_INGEST, INGEST, true);
    open_side(&store, LINK_STORE, STORE, false);
    cr_assert(reaches(INGEST, "old id"));
    link_channel_rename(ingest.channel, INGEST + 1, 1);
    cr_assert(reaches(INGEST + 1, "new id"));
}

static void check_fresh(bool is_store_bind, struct side *anew, enum link_fresh_reason reason)
{
    open_side(&ingest, LINK_INGEST, INGEST, !is_store_bind);
    open_side(&store, LINK_STORE, STORE, is_store_bind);
    cr_assert(reaches(INGEST, "before"));
    link_channel_unanswered(store.channel, INGEST);
    for (int i = 0; i < WAIT_MS / POLL_MS && counter_get(&anew->counters.fresh[reason]) == 0; i++) {
        run(&store);
        run(&ingest);
        zclock_sleep(POLL_MS);
    }
    cr_assert_eq(counter_get(&anew->counters.fresh[reason]), 1);
    cr_assert(reaches(INGEST, "after"));
}

Test(link_channel, a_store_that_gets_no_answer_connects_anew)
{
    check_fresh(false, &store, LINK_FRESH_UNANSWERED);
}

Test(link_channel, a_store_that_gets_no_answer_asks_the_ingest_to_connect_anew)
{
    check_fresh(true, &ingest, LINK_FRESH_ASKED);
}

/* The socket as version 0.1 had it: a ROUTER that calls itself 'i' or 's' and its id. */
static zsock_t *open_old(char role, uint8_t id, bool is_bind)
{
    char ack_endpoint[LINK_ENDPOINT_SIZE];
    cr_assert_eq(link_ack_endpoint(endpoint, ack_endpoint), ERR_OK);
    zsock_t *socket = zsock_new(ZMQ_ROUTER);
    uint8_t name[LINK_OLD_NAME_SIZE] = {(uint8_t)role, [LINK_OLD_NAME_SIZE - 1] = id};
    (void)zmq_setsockopt(zsock_resolve(socket), ZMQ_ROUTING_ID, name, sizeof name);
    zsock_set_linger(socket, 0);
    int failed = is_bind ? zmq_bind(zsock_resolve(socket), ack_endpoint)
                         : zmq_connect(zsock_resolve(socket), ack_endpoint);
    cr_assert_eq(failed, 0);
    return socket;
}

static bool old_has(zsock_t *old, const char *text)
{
    zmsg_t *message = zmsg_recv_nowait(old);
    zframe_t *body = message != NULL ? zmsg_last(message) : NULL;
    bool has = body != NULL && zframe_streq(body, text);
    zmsg_destroy(&message);
    return has;
}

static void check_question_to_old_ingest(bool is_ingest_bind)
{
    zsock_t *old = open_old('i', INGEST, is_ingest_bind);
    open_side(&store, LINK_STORE, STORE, !is_ingest_bind);
    const struct link_process to = {.id = INGEST};
    bool is_there = false;
    for (int i = 0; i < WAIT_MS / POLL_MS && !is_there; i++) {
        (void)link_channel_send(store.channel, &to, (const uint8_t *)"held", 4, true);
        run(&store);
        is_there = old_has(old, "held");
        zclock_sleep(POLL_MS);
    }
    zsock_destroy(&old);
    cr_assert(is_there);
}

Test(link_channel, asks_an_ingest_of_the_last_version_that_binds)
{
    check_question_to_old_ingest(true);
}

Test(link_channel, asks_an_ingest_of_the_last_version_that_connects)
{
    check_question_to_old_ingest(false);
}

static void check_question_of_old_store(bool is_ingest_bind)
{
    open_side(&ingest, LINK_INGEST, INGEST, is_ingest_bind);
    zsock_t *old = open_old('s', STORE, !is_ingest_bind);
    const uint8_t name[LINK_OLD_NAME_SIZE] = {'i', [LINK_OLD_NAME_SIZE - 1] = INGEST};
    for (int i = 0; i < WAIT_MS / POLL_MS && strcmp(ingest.latest, "held") != 0; i++) {
        (void)zmq_send(zsock_resolve(old), name, sizeof name, ZMQ_SNDMORE | ZMQ_DONTWAIT);
        (void)zmq_send(zsock_resolve(old), "held", 4, ZMQ_DONTWAIT);
        run(&ingest);
        zclock_sleep(POLL_MS);
    }
    cr_assert_str_eq(ingest.latest, "held");
    cr_assert(link_channel_reply(ingest.channel, ingest.from, (const uint8_t *)"lease", 5));
    bool is_there = false;
    for (int i = 0; i < WAIT_MS / POLL_MS && !is_there; i++) {
        is_there = old_has(old, "lease");
        zclock_sleep(POLL_MS);
    }
    zsock_destroy(&old);
    cr_assert(is_there);
}

Test(link_channel, is_asked_by_a_store_of_the_last_version_that_connects)
{
    check_question_of_old_store(true);
}

Test(link_channel, is_asked_by_a_store_of_the_last_version_that_binds)
{
    check_question_of_old_store(false);
}

Test(link_channel, has_one_descriptor_that_tells_of_messages)
{
    open_side(&ingest, LINK_INGEST, INGEST, true);
    open_side(&store, LINK_STORE, STORE, false);
    cr_assert(reaches(INGEST, "ready"));
    for (int i = 0; i < 100; i++) { /* what was sent twice */
        run(&ingest);
    }
    const struct link_process to = {.id = INGEST};
    cr_assert(link_channel_send(store.channel, &to, (const uint8_t *)"news", 4, false));
    struct pollfd item = {.fd = link_channel_fd(ingest.channel), .events = POLLIN};
    cr_assert_eq(poll(&item, 1, WAIT_MS), 1);
}
