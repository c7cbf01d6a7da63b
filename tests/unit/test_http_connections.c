/* SPDX-License-Identifier: BSD-3-Clause -- who makes way when an HTTP server is full. */
#include "common/http_connections.h"

#include "common/clock.h"

#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LIMIT = 3
};

static struct http_connections connections;
enum {
    PAIRS = LIMIT + HTTP_CONNECTIONS_RESERVED + 1
};

static int pairs[PAIRS][2];
static struct http_connection *entries[PAIRS];

static void open_table(void)
{
    cr_assert_eq(http_connections_init(&connections, LIMIT, LIMIT), ERR_OK);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
    }
}

static void close_table(void)
{
    http_connections_clear(&connections);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        (void)close(pairs[i][0]);
        (void)close(pairs[i][1]);
    }
}

TestSuite(http_connections, .init = open_table, .fini = close_table);

/* A connection of 192.0.2.`host`, `second` seconds after the start. */
static struct http_connection *connect_from(size_t number, uint8_t host, uint64_t second)
{
    struct address address = address_from_ipv4((const uint8_t[]){192, 0, 2, host});
    entries[number] =
        http_connections_open(&connections, pairs[number][0], &address, (1 + second) * NS_PER_S);
    return entries[number];
}

static void enter(size_t number, enum http_connection_state state, uint64_t second)
{
    http_connections_enter(&connections, entries[number], state, (1 + second) * NS_PER_S);
}

/* What the client sees: the end. */
static bool is_ended(size_t number)
{
    char byte;
    return recv(pairs[number][1], &byte, 1, MSG_DONTWAIT) == 0;
}

Test(http_connections, nobody_is_ended_below_the_limit)
{
    for (size_t i = 0; i < LIMIT; i++) {
        cr_assert_not_null(connect_from(i, 1, i));
    }
    for (size_t i = 0; i < LIMIT; i++) {
        cr_assert_not(is_ended(i));
    }
}

Test(http_connections, idle_one_that_waits_longest_makes_way)
{
    (void)connect_from(0, 1, 0);
    (void)connect_from(1, 1, 1);
    (void)connect_from(2, 1, 2);
    enter(0, HTTP_CONNECTION_SERVING, 3);
    cr_assert_not_null(connect_from(3, 1, 4));
    cr_assert(is_ended(1));
    cr_assert_not(is_ended(0));
    cr_assert_not(is_ended(2));
}

Test(http_connections, address_with_most_connections_makes_way)
{
    (void)connect_from(0, 1, 0);
    (void)connect_from(1, 2, 1);
    (void)connect_from(2, 2, 2);
    cr_assert_not_null(connect_from(3, 3, 3));
    cr_assert(is_ended(1), "192.0.2.2 has two, and this is its older one");
    cr_assert_not(is_ended(0));
}

Test(http_connections, requests_that_are_answered_are_never_cut)
{
    for (size_t i = 0; i < PAIRS - 1; i++) {
        cr_assert_not_null(connect_from(i, 1, i));
        enter(i, HTTP_CONNECTION_SERVING, i);
    }
    cr_assert_null(connect_from(PAIRS - 1, 1, 3600), "all places, and the reserved ones");
    cr_assert(is_ended(PAIRS - 1));
    http_connections_expire(&connections, 7200 * NS_PER_S);
    for (size_t i = 0; i < PAIRS - 1; i++) {
        cr_assert_not(is_ended(i));
    }
}

Test(http_connections, full_server_reserves_places_that_change_hands)
{
    for (size_t i = 0; i < LIMIT; i++) {
        (void)connect_from(i, 1, i);
        enter(i, HTTP_CONNECTION_READING, i);
        cr_assert_not(entries[i]->is_reserved);
    }
    for (size_t i = LIMIT; i < PAIRS; i++) {
        cr_assert_not_null(connect_from(i, 1, 10 + i));
        cr_assert(entries[i]->is_reserved);
    }
    cr_assert(is_ended(LIMIT), "the oldest reserved one made way for the last");
    cr_assert_not(is_ended(LIMIT + 1));
    cr_assert_not(is_ended(0));
}

Test(http_connections, address_has_a_share)
{
    connections.share = 2;
    (void)connect_from(0, 1, 0);
    (void)connect_from(1, 1, 1);
    cr_assert_not_null(connect_from(2, 1, 2));
    cr_assert(is_ended(0), "there is a place, but it is not for 192.0.2.1");
    cr_assert_not_null(connect_from(3, 2, 3));
    cr_assert_not(entries[3]->is_reserved);
    cr_assert_not(is_ended(1));
    cr_assert_not(is_ended(2));
}

/* Ends after `limit_s` in this state, and not before. */
static void check_limit(size_t number, enum http_connection_state state, uint64_t limit_s)
{
    (void)connect_from(number, 1, 0);
    enter(number, state, 0);
    http_connections_expire(&connections, (1 + limit_s) * NS_PER_S - 1);
    cr_assert_not(is_ended(number));
    http_connections_expire(&connections, (1 + limit_s) * NS_PER_S);
    cr_assert(is_ended(number));
}

Test(http_connections, states_have_time_limits)
{
    check_limit(0, HTTP_CONNECTION_NEW, 10);
    check_limit(1, HTTP_CONNECTION_HEADERS, 10);
    check_limit(2, HTTP_CONNECTION_IDLE, 60);
    check_limit(3, HTTP_CONNECTION_READING, 60);
    check_limit(4, HTTP_CONNECTION_SENDING, 60);
}

Test(http_connections, transfer_has_more_time_by_its_bytes)
{
    (void)connect_from(0, 1, 0);
    enter(0, HTTP_CONNECTION_READING, 0);
    http_connections_add_bytes(&connections, entries[0], 10 * HTTP_TRANSFER_BYTES_A_S);
    http_connections_expire(&connections, (1 + 69) * NS_PER_S);
    cr_assert_not(is_ended(0));
    http_connections_expire(&connections, (1 + 70) * NS_PER_S);
    cr_assert(is_ended(0));
}

Test(http_connections, request_makes_way_only_after_its_time)
{
    for (size_t i = 0; i < LIMIT; i++) {
        (void)connect_from(i, 1, i);
        enter(i, HTTP_CONNECTION_READING, i);
    }
    cr_assert(connect_from(3, 1, 59)->is_reserved);
    cr_assert_not(connect_from(4, 1, 61)->is_reserved);
    cr_assert(is_ended(0));
    cr_assert_not(is_ended(1));
}

Test(http_connections, ended_one_has_its_place_until_it_is_closed)
{
    for (size_t i = 0; i < LIMIT + 1; i++) {
        cr_assert_not_null(connect_from(i, 1, i));
    }
    cr_assert(is_ended(0));
    enter(0, HTTP_CONNECTION_SERVING, 9);
    cr_assert_not_null(connect_from(4, 1, 10));
    cr_assert(is_ended(1), "an ended connection does not come back");
    http_connections_close(&connections, entries[0]);
}
