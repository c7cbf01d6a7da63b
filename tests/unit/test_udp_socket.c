/* SPDX-License-Identifier: BSD-3-Clause -- sockets of a port, and who gets which datagram. */
#include "ingest/receive/udp_socket.h"

#include "ingest/receive/datagram_block.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    WORKERS = 4,
    EXPORTERS = 64
};

static int sockets[WORKERS];
static struct udp_bound bound;
static struct datagram_block *block;

static enum err open_port(const char *host, uint16_t port, size_t count)
{
    struct udp_options options = {.host = host, .port = port, .buffer_bytes = 1 << 20};
    return udp_open(&options, sockets, count, &bound);
}

/* From 127.0.0.`host`, from a port of the system's choice. */
static void send_from(uint8_t host, size_t size)
{
    static const uint8_t PAYLOAD[65507];
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in name = {.sin_family = AF_INET};
    name.sin_addr.s_addr = htonl(0x7f000000U | host);
    cr_assert_eq(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(bound.port);
    ssize_t sent = sendto(fd, PAYLOAD, size, 0, (struct sockaddr *)&name, sizeof name);
    cr_assert_eq(sent, (ssize_t)size);
    (void)close(fd);
}

static void close_all(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)close(sockets[i]);
    }
}

Test(udp_socket, refuses_a_port_in_use)
{
    cr_assert_eq(open_port("127.0.0.1", 0, 1), ERR_OK);
    int first = sockets[0];
    cr_assert_eq(open_port("127.0.0.1", bound.port, 1), ERR_IN_USE);
    cr_assert_eq(open_port("127.0.0.1", bound.port, WORKERS), ERR_IN_USE);
    (void)close(first);
}

Test(udp_socket, refuses_the_port_of_another_group)
{
    cr_assert_eq(open_port("127.0.0.1", 0, WORKERS), ERR_OK);
    int group[WORKERS];
    memcpy(group, sockets, sizeof group);
    cr_assert_eq(open_port("127.0.0.1", bound.port, WORKERS), ERR_IN_USE);
    memcpy(sockets, group, sizeof group);
    close_all(WORKERS);
}

Test(udp_socket, refuses_an_address_that_is_not_ours)
{
    cr_assert_eq(open_port("192.0.2.1", 0, 1), ERR_INVALID);
    cr_assert_eq(open_port("localhost", 0, 1), ERR_INVALID);
}

Test(udp_socket, takes_ipv4_on_any_address)
{
    cr_assert_eq(open_port("", 0, 1), ERR_OK);
    cr_assert_eq(datagram_block_new(&block, 4), ERR_OK);
    send_from(9, 100);
    cr_assert_eq(datagram_block_receive(block, sockets[0]), 1);
    struct datagram datagram;
    datagram_block_get(block, 0, &datagram);
    cr_assert_eq(datagram.size, 100);
    cr_assert(address_is_ipv4(&datagram.source));
    cr_assert_eq(datagram.source.bytes[15], 9);
    datagram_block_destroy(&block);
    close_all(1);
}

Test(udp_socket, receives_the_largest_datagram_whole)
{
    cr_assert_eq(open_port("127.0.0.1", 0, 1), ERR_OK);
    cr_assert_eq(datagram_block_new(&block, 2), ERR_OK);
    send_from(1, 65507);
    send_from(1, 0);
    send_from(1, 7);
    cr_assert_eq(datagram_block_receive(block, sockets[0]), 2);
    struct datagram datagram;
    datagram_block_get(block, 0, &datagram);
    cr_assert_eq(datagram.size, 65507);
    datagram_block_get(block, 1, &datagram);
    cr_assert_eq(datagram.size, 0);
    cr_assert_eq(datagram_block_receive(block, sockets[0]), 1);
    cr_assert_eq(datagram_block_receive(block, sockets[0]), 0);
    datagram_block_destroy(&block);
    close_all(1);
}

Test(udp_socket, tells_what_the_kernel_dropped)
{
    struct udp_options options = {.host = "127.0.0.1", .buffer_bytes = 4096};
    cr_assert_eq(udp_open(&options, sockets, 1, &bound), ERR_OK);
    for (int i = 0; i < 100; i++) {
        send_from(1, 1000);
    }
    cr_assert_eq(datagram_block_new(&block, 100), ERR_OK);
    uint32_t received = datagram_block_receive(block, sockets[0]);
    struct udp_queue queue;
    cr_assert_eq(udp_queue_read(sockets[0], &queue), ERR_OK);
    cr_assert_gt(queue.drops, 0);
    cr_assert_eq(received + queue.drops, 100);
    datagram_block_destroy(&block);
    close_all(1);
}

/* Which worker has the datagrams of the last exporter; they must all be with one. */
static size_t find_worker(uint32_t expected)
{
    size_t worker = WORKERS;
    for (size_t i = 0; i < WORKERS; i++) {
        uint32_t count = datagram_block_receive(block, sockets[i]);
        if (count > 0) {
            cr_assert_eq(count, expected);
            cr_assert_eq(worker, WORKERS, "two workers have datagrams of one exporter");
            worker = i;
        }
    }
    cr_assert_lt(worker, WORKERS);
    return worker;
}

static void check_steering(const char *host)
{
    cr_assert_eq(open_port(host, 0, WORKERS), ERR_OK);
    cr_assert_eq(datagram_block_new(&block, 16), ERR_OK);
    size_t exporters[WORKERS] = {0};
    for (uint8_t exporter = 1; exporter <= EXPORTERS; exporter++) {
        for (int i = 0; i < 8; i++) {
            send_from(exporter, 20);
        }
        exporters[find_worker(8)]++;
    }
    for (size_t i = 0; i < WORKERS; i++) {
        cr_assert_geq(exporters[i], EXPORTERS / WORKERS / 4, "worker %zu has %zu", i, exporters[i]);
    }
    datagram_block_destroy(&block);
    close_all(WORKERS);
}

Test(udp_socket, gives_each_exporter_to_one_worker_and_each_worker_some)
{
    check_steering("127.0.0.1");
}

Test(udp_socket, steers_ipv4_that_comes_to_ipv6_sockets)
{
    check_steering("");
}

static enum err open_at(const char *host, const char *interface, size_t count)
{
    struct udp_options options = {.host = host, .interface = interface, .buffer_bytes = 1 << 20};
    return udp_open(&options, sockets, count, &bound);
}

/* Through the loopback interface, which needs to be said. */
static void send_to_group(const char *group, size_t size)
{
    static const uint8_t PAYLOAD[100];
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct ip_mreqn from = {.imr_ifindex = (int)if_nametoindex("lo")};
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(bound.port)};
    cr_assert_eq(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &from, sizeof from), 0);
    cr_assert_eq(inet_pton(AF_INET, group, &name.sin_addr), 1);
    ssize_t sent = sendto(fd, PAYLOAD, size, 0, (struct sockaddr *)&name, sizeof name);
    cr_assert_eq(sent, (ssize_t)size);
    (void)close(fd);
}

Test(udp_socket, receives_a_datagram_for_its_group_once_whatever_the_workers)
{
    cr_assert_eq(open_at("239.1.2.3", "lo", WORKERS), ERR_OK);
    cr_assert_eq(datagram_block_new(&block, 4), ERR_OK);
    send_to_group("239.1.2.3", 10);
    uint32_t received = 0;
    for (size_t i = 0; i < WORKERS; i++) {
        received += datagram_block_receive(block, sockets[i]);
    }
    cr_assert_eq(received, 1);
    datagram_block_destroy(&block);
    close_all(1);
}

Test(udp_socket, receives_no_group_that_it_did_not_join)
{
    cr_assert_eq(open_at("239.1.2.3", "lo", 1), ERR_OK);
    cr_assert_eq(datagram_block_new(&block, 4), ERR_OK);
    send_to_group("239.1.2.4", 10);
    send_to_group("239.1.2.3", 11);
    cr_assert_eq(datagram_block_receive(block, sockets[0]), 1);
    struct datagram datagram;
    datagram_block_get(block, 0, &datagram);
    cr_assert_eq(datagram.size, 11);
    datagram_block_destroy(&block);
    close_all(1);
}

Test(udp_socket, refuses_an_interface_that_does_not_exist)
{
    cr_assert_eq(open_at("", "no-such-one", 1), ERR_INVALID);
    cr_assert_eq(open_at("239.1.2.3", "no-such-one", 1), ERR_INVALID);
}

Test(udp_socket, receives_from_its_interface)
{
    cr_assert_eq(open_at("127.0.0.1", "lo", 1), ERR_OK);
    cr_assert_eq(datagram_block_new(&block, 4), ERR_OK);
    send_from(3, 20);
    cr_assert_eq(datagram_block_receive(block, sockets[0]), 1);
    datagram_block_destroy(&block);
    close_all(1);
}

/* Each socket counts: the log line that a shared port makes is tests/e2e/listen.py's. */
Test(udp_socket, shares_a_port_with_those_that_share_it)
{
    struct udp_options options = {.host = "127.0.0.1", .is_shared = true, .buffer_bytes = 1 << 20};
    cr_assert_eq(udp_open(&options, sockets, 1, &bound), ERR_OK);
    int first = sockets[0];
    options.port = bound.port;
    cr_assert_eq(udp_open(&options, sockets, 2, &bound), ERR_OK);
    close_all(2);
    options.is_shared = false;
    cr_assert_eq(udp_open(&options, sockets, 1, &bound), ERR_IN_USE);
    (void)close(first);
}
