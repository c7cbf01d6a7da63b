/* SPDX-License-Identifier: BSD-3-Clause -- connections end before the last descriptors are used. */
#include "common/link_limit.h"

#include "common/link.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    DESCRIPTORS = 96,
    IN_USE = 20, /* whatever a runner has open: the test fills up to here */
    MANY = 1000,
    CLIENTS = 30, /* each takes two: its own, and that of the accepted connection */
    WAIT_MS = 10000,
    POLL_MS = 10
};

static zsock_t *socket_;
static struct link_limit *limit;
static struct counter ended;
static int clients[CLIENTS];
static int port;

static void start(void)
{
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) < IN_USE) {
    }
    struct rlimit few = {.rlim_cur = DESCRIPTORS, .rlim_max = DESCRIPTORS};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    link_setup();
    socket_ = zsock_new(ZMQ_ROUTER);
    cr_assert_eq(link_limit_new(&limit, socket_, &ended), ERR_OK);
    port = zsock_bind(socket_, "tcp://127.0.0.1:*");
    cr_assert_gt(port, 0);
}

static void finish(void)
{
    link_limit_destroy(&limit);
    zsock_destroy(&socket_);
}

TestSuite(link_limit, .init = start, .fini = finish);

static int open_client(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* libzmq greets each client at once, so an end is a read of nothing after that. */
static bool is_ended(int fd)
{
    char greeting[256];
    ssize_t size = recv(fd, greeting, sizeof greeting, MSG_DONTWAIT);
    while (size > 0) {
        size = recv(fd, greeting, sizeof greeting, MSG_DONTWAIT);
    }
    return size == 0 || errno == ECONNRESET;
}

static size_t count_ended(void)
{
    size_t count = 0;
    for (size_t i = 0; i < CLIENTS; i++) {
        count += is_ended(clients[i]);
    }
    return count;
}

Test(link_limit, leaves_a_quarter_of_few_descriptors_and_half_of_many)
{
    cr_assert_eq(link_limit_descriptor(), DESCRIPTORS - DESCRIPTORS / 4);
    struct rlimit many = {.rlim_cur = MANY, .rlim_max = MANY};
    if (setrlimit(RLIMIT_NOFILE, &many) == 0) { /* root may raise it */
        cr_assert_eq(link_limit_descriptor(), MANY / 2);
    }
}

Test(link_limit, ends_what_comes_when_the_rest_is_in_use_and_nothing_before)
{
    int first = open_client();
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = open_client();
    }
    for (int waited_ms = 0; waited_ms < WAIT_MS && count_ended() < CLIENTS / 4;
         waited_ms += POLL_MS) {
        (void)poll(NULL, 0, POLL_MS);
    }
    cr_assert_geq(count_ended(), CLIENTS / 4);
    cr_assert_geq(counter_get(&ended), CLIENTS / 4);
    cr_assert(!is_ended(first), "it came while there was room");
    for (size_t i = 0; i < CLIENTS; i++) {
        (void)close(clients[i]);
    }
    (void)close(first);
}
