/* SPDX-License-Identifier: BSD-3-Clause -- only allowed keys connect, and only as what they are. */
#include "common/link_curve.h"
#include "common/link_zap.h"
#include "tools/keys/key_folder.h"

#include <assert.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    WAIT_MS = 10000, /* for what has to come */
    PAUSE_MS = 300   /* for what must not */
};

static char top[] = "/tmp/test_link_zap.XXXXXX";
static char server_folder[64];
static char client_folder[64];
static struct link_zap *zap;
static struct link_keys *client;

static void allow(const char *folder, enum link_peer_kind kind, const char *name, const char *other)
{
    char own[96];
    (void)snprintf(own, sizeof own, "%s/own.key", other);
    cr_assert_eq(key_folder_allow(folder, kind, name, own), ERR_OK);
}

static struct link_keys *read_keys(const char *folder)
{
    struct link_keys *keys;
    cr_assert_eq(link_keys_read(&keys, folder), ERR_OK);
    return keys;
}

/* An ingest that allows nobody yet, and a store that knows it. */
static void open_world(void)
{
    zsys_handler_set(NULL);
    cr_assert_not_null(mkdtemp(top));
    (void)snprintf(server_folder, sizeof server_folder, "%s/ingest", top);
    (void)snprintf(client_folder, sizeof client_folder, "%s/store", top);
    cr_assert_eq(key_folder_make(server_folder, "edge1"), ERR_OK);
    cr_assert_eq(key_folder_make(client_folder, "s1"), ERR_OK);
    allow(client_folder, LINK_PEER_INGEST, "edge1", server_folder);
    client = read_keys(client_folder);
    cr_assert_eq(link_zap_new(&zap, read_keys(server_folder)), ERR_OK);
}

static void close_world(void)
{
    link_zap_destroy(&zap);
    link_keys_destroy(&client);
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", top);
    assert(system(command) == 0);
}

TestSuite(link_zap, .init = open_world, .fini = close_world);

/* A server with the pair of this folder. */
static zsock_t *open_server_of(const char *folder, char endpoint[64])
{
    struct link_keys *keys = read_keys(folder);
    zsock_t *server = zsock_new(ZMQ_PULL);
    cr_assert_eq(link_curve_accept(server, keys, LINK_PEER_STORE), ERR_OK);
    link_keys_destroy(&keys);
    int port = zsock_bind(server, "tcp://127.0.0.1:*");
    cr_assert_gt(port, 0);
    (void)snprintf(endpoint, 64, "tcp://127.0.0.1:%d", port);
    zsock_set_rcvtimeo(server, PAUSE_MS);
    return server;
}

static zsock_t *open_server(char endpoint[64])
{
    return open_server_of(server_folder, endpoint);
}

static zsock_t *connect_client(const char *endpoint)
{
    zsock_t *socket = zsock_new(ZMQ_PUSH);
    zsock_set_linger(socket, 0);
    cr_assert_eq(link_curve_connect(socket, client, LINK_PEER_INGEST, endpoint), ERR_OK);
    cr_assert_eq(zmq_connect(zsock_resolve(socket), endpoint), 0);
    cr_assert_eq(zstr_send(socket, "batch"), 0);
    return socket;
}

static bool is_delivered(zsock_t *server)
{
    char *text = zstr_recv(server);
    bool is_there = text != NULL;
    zstr_free(&text);
    return is_there;
}

Test(link_zap, peer_that_is_not_allowed_delivers_nothing_and_is_counted)
{
    char endpoint[64];
    zsock_t *server = open_server(endpoint);
    zsock_t *socket = connect_client(endpoint);
    uint64_t refused = 0;
    for (int i = 0; i < WAIT_MS / PAUSE_MS && refused == 0; i++) {
        cr_assert_not(is_delivered(server));
        refused = counter_get(&link_zap_counters(zap)->refused[LINK_PEER_STORE]);
    }
    cr_assert_eq(refused, 1);
    cr_assert_not(is_delivered(server));
    zsock_destroy(&socket);
    zsock_destroy(&server);
}

Test(link_zap, allowed_key_of_another_kind_is_refused)
{
    allow(server_folder, LINK_PEER_TAP, "s1", client_folder);
    link_zap_use(zap, read_keys(server_folder));
    char endpoint[64];
    zsock_t *server = open_server(endpoint);
    zsock_t *socket = connect_client(endpoint);
    uint64_t refused = 0;
    for (int i = 0; i < WAIT_MS / PAUSE_MS && refused == 0; i++) {
        cr_assert_not(is_delivered(server));
        refused = counter_get(&link_zap_counters(zap)->refused[LINK_PEER_STORE]);
    }
    cr_assert_eq(refused, 1);
    zsock_destroy(&socket);
    zsock_destroy(&server);
}

Test(link_zap, keys_that_are_read_again_count_at_once)
{
    char endpoint[64];
    zsock_t *server = open_server(endpoint);
    allow(server_folder, LINK_PEER_STORE, "s1", client_folder);
    link_zap_use(zap, read_keys(server_folder));
    zsock_t *socket = connect_client(endpoint);
    zsock_set_rcvtimeo(server, WAIT_MS);
    cr_assert(is_delivered(server));
    cr_assert_eq(counter_get(&link_zap_counters(zap)->accepted[LINK_PEER_STORE]), 1);
    zsock_destroy(&socket);
    zsock_destroy(&server);
}

Test(link_zap, peer_without_curve_delivers_nothing)
{
    char endpoint[64];
    zsock_t *server = open_server(endpoint);
    zsock_t *socket = zsock_new(ZMQ_PUSH);
    zsock_set_linger(socket, 0);
    cr_assert_eq(zmq_connect(zsock_resolve(socket), endpoint), 0);
    (void)zstr_send(socket, "batch");
    cr_assert_not(is_delivered(server));
    zsock_destroy(&socket);
    zsock_destroy(&server);
}

Test(link_zap, server_that_has_another_key_gets_nothing)
{
    char impostor[64];
    char endpoint[64];
    (void)snprintf(impostor, sizeof impostor, "%s/impostor", top);
    cr_assert_eq(key_folder_make(impostor, "edge1"), ERR_OK);
    allow(server_folder, LINK_PEER_STORE, "s1", client_folder);
    link_zap_use(zap, read_keys(server_folder));
    zsock_t *server = open_server_of(impostor, endpoint);
    zsock_t *socket = connect_client(endpoint);
    cr_assert_not(is_delivered(server), "whoever has the address does not have the key");
    zsock_destroy(&socket);
    zsock_destroy(&server);
    server = open_server(endpoint);
    zsock_set_rcvtimeo(server, WAIT_MS);
    socket = connect_client(endpoint);
    cr_assert(is_delivered(server));
    zsock_destroy(&socket);
    zsock_destroy(&server);
}

Test(link_zap, endpoint_may_name_the_server)
{
    char plain[LINK_PLAIN_SIZE];
    cr_assert_str_eq(link_endpoint_split("tcp://edge1:5557#one", plain), "one");
    cr_assert_str_eq(plain, "tcp://edge1:5557");
    cr_assert_null(link_endpoint_split("ipc:///run/goflow/link", plain));
    cr_assert_str_eq(plain, "ipc:///run/goflow/link");
    zsock_t *socket = zsock_new(ZMQ_PUSH);
    cr_assert_eq(
        link_curve_connect(socket, client, LINK_PEER_INGEST, "tcp://edge1:5557#edge1"), ERR_OK);
    cr_assert_eq(link_curve_connect(socket, client, LINK_PEER_INGEST, "tcp://edge1:5557#other"),
        ERR_INVALID);
    cr_assert_eq(
        link_curve_connect(socket, client, LINK_PEER_STORE, "tcp://edge1:5557"), ERR_INVALID);
    zsock_destroy(&socket);
}

Test(link_zap, only_this_host_needs_no_keys)
{
    cr_assert(link_endpoint_is_local("tcp://127.0.0.1:5557"));
    cr_assert(link_endpoint_is_local("tcp://[::1]:5557"));
    cr_assert(link_endpoint_is_local("tcp://localhost:5557"));
    cr_assert(link_endpoint_is_local("ipc:///run/goflow/link"));
    cr_assert_not(link_endpoint_is_local("tcp://*:5557"));
    cr_assert_not(link_endpoint_is_local("tcp://0.0.0.0:5557"));
    cr_assert_not(link_endpoint_is_local("tcp://10.0.0.1:5557"));
    cr_assert_not(link_endpoint_is_local("tcp://localhost.example:5557"));
    cr_assert_not(link_endpoint_is_local("tcp://[::]:5557"));
}
