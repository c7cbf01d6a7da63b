/* SPDX-License-Identifier: BSD-3-Clause -- keys that change, and connections that end with them. */
#include "common/link_keyring.h"
#include "common/link_listener.h"
#include "tests/support/link_rig.h"
#include "tools/keys/key_folder.h"

#include <assert.h>
#include <criterion/criterion.h>
#include <stdlib.h>

#define SOME_KEY "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"

enum {
    WAIT_MS = 10000,
    POLL_MS = 5
};

static char folder[] = "/tmp/test_link_listener.XXXXXX";
static struct link_keyring *ring;

static struct link_keys *read_keys(void)
{
    struct link_keys *keys;
    cr_assert_eq(link_keys_read(&keys, folder), ERR_OK);
    return keys;
}

static void open_ring(void)
{
    link_setup();
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(key_folder_make(folder, "edge1"), ERR_OK);
    cr_assert_eq(key_folder_allow(folder, LINK_PEER_STORE, "s1", SOME_KEY), ERR_OK);
    cr_assert_eq(link_keyring_new(&ring, read_keys()), ERR_OK);
}

static void close_ring(void)
{
    link_keyring_destroy(&ring);
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    assert(system(command) == 0);
}

TestSuite(link_listener, .init = open_ring, .fini = close_ring);

Test(link_listener, keys_that_were_sent_count_once_they_are_taken)
{
    cr_assert_not(link_keyring_take(ring), "nothing was sent");
    cr_assert_eq(key_folder_allow(folder, LINK_PEER_TAP, "t1", SOME_KEY), ERR_OK);
    link_keyring_send(ring, read_keys());
    cr_assert_not(link_keyring_allows(ring, LINK_PEER_TAP, "t1"));
    cr_assert_not(link_keyring_take(ring), "more keys end no connection");
    cr_assert(link_keyring_allows(ring, LINK_PEER_TAP, "t1"));
}

Test(link_listener, key_that_comes_back_within_a_turn_was_removed_all_the_same)
{
    cr_assert_eq(key_folder_refuse(folder, LINK_PEER_STORE, "s1"), ERR_OK);
    link_keyring_send(ring, read_keys());
    cr_assert_eq(key_folder_allow(folder, LINK_PEER_STORE, "s1", SOME_KEY), ERR_OK);
    link_keyring_send(ring, read_keys());
    cr_assert(link_keyring_take(ring));
    cr_assert(link_keyring_allows(ring, LINK_PEER_STORE, "s1"));
}

Test(link_listener, keys_that_nobody_took_are_freed)
{
    link_keyring_send(ring, read_keys());
}

Test(link_listener, no_ring_means_no_keys)
{
    char plain[LINK_PLAIN_SIZE];
    cr_assert_null(link_keyring_inbox(NULL));
    cr_assert_not(link_keyring_take(NULL));
    cr_assert_not(link_keyring_covers(NULL, "tcp://192.0.2.1:5557"));
    cr_assert_str_eq(link_keyring_peer_name(NULL, LINK_PEER_STORE, "tcp://h:1#s1"), "");
    cr_assert_eq(link_keyring_connect(NULL, NULL, LINK_PEER_STORE, "tcp://h:1#s1", plain), ERR_OK);
    cr_assert_str_eq(plain, "tcp://h:1");
}

Test(link_listener, endpoint_without_keys_stays_bound)
{
    zsock_t *socket = link_data_socket(ZMQ_PULL);
    struct link_listener listener = {
        .socket = socket, .keyring = ring, .endpoint = "inproc://listener"};
    cr_assert_eq(link_listener_open(&listener), ERR_OK);
    link_listener_renew(&listener, 0);
    cr_assert_not(listener.is_unbound);
    zsock_t *other = link_data_socket(ZMQ_PUSH);
    const struct link_place place = {"-zmq.connect", listener.endpoint, listener.endpoint};
    cr_assert_eq(link_connect(other, &place), ERR_OK);
    cr_assert_eq(zstr_send(other, "batch"), 0);
    char *text = zstr_recv(socket);
    cr_assert_str_eq(text, "batch");
    zstr_free(&text);
    zsock_destroy(&other);
    zsock_destroy(&socket);
}

/* True: the other end of the TCP connection has closed it. */
static bool is_closed(int descriptor)
{
    uint8_t bytes[256];
    return recv(descriptor, bytes, sizeof bytes, MSG_DONTWAIT) == 0;
}

static int connect_raw(const char *endpoint)
{
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    to.sin_port = htons((uint16_t)strtoul(strrchr(endpoint, ':') + 1, NULL, 10));
    cr_assert_eq(connect(descriptor, (struct sockaddr *)&to, sizeof to), 0);
    return descriptor;
}

static void check_connections_end(const char *host)
{
    zsock_t *socket = link_data_socket(ZMQ_PUSH);
    struct link_listener listener = {.socket = socket, .keyring = ring, .peer = LINK_PEER_STORE};
    char endpoint[LINK_ENDPOINT_SIZE];
    rig_tcp_endpoint(endpoint);
    (void)snprintf(
        listener.endpoint, sizeof listener.endpoint, "tcp://%s%s", host, strrchr(endpoint, ':'));
    cr_assert_eq(link_listener_open(&listener), ERR_OK);
    int client = connect_raw(listener.endpoint);
    zclock_sleep(20 * POLL_MS);
    cr_assert_not(is_closed(client));
    link_listener_renew(&listener, 0);
    bool is_over = false;
    for (int i = 0; i < WAIT_MS / POLL_MS && (!is_over || listener.is_unbound); i++) {
        link_listener_tend(&listener);
        (void)zsock_events(socket); /* as its owner would: libzmq goes on when it is used */
        is_over = is_over || is_closed(client);
        zclock_sleep(POLL_MS);
    }
    cr_assert(is_over, "%s", host);
    cr_assert_not(listener.is_unbound);
    (void)close(client);
    client = connect_raw(listener.endpoint);
    (void)close(client);
    zsock_destroy(&socket);
}

Test(link_listener, connections_of_an_endpoint_with_keys_end_and_new_ones_are_accepted)
{
    check_connections_end("127.0.0.1");
    check_connections_end("*");
    check_connections_end("0.0.0.0");
}
