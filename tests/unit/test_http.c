/* SPDX-License-Identifier: BSD-3-Clause -- the HTTP server, seen from a socket. */
#include "common/http.h"

#include <arpa/inet.h>
#include <assert.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct http_server *server;

/* Answers with what it was asked: method, path, argument a, header X-Test, size of the body. */
static void echo(void *context, const struct http_request *request, struct http_response *response)
{
    const char *argument = http_query_value(request, "a");
    const char *header = http_header_value(request, "x-test");
    buffer_format(&response->body, "%s %s %s a=%s x=%s body=%zu", (const char *)context,
        request->method, request->path, argument != NULL ? argument : "-",
        header != NULL ? header : "-", request->body_size);
    http_response_header(response, "X-Answer", "split\r\nX-Forged: 1");
}

/* Lets in who knows the word. */
static bool is_known(
    void *context, const struct http_request *request, struct http_response *response)
{
    const char *word = http_header_value(request, "x-test");
    cr_assert_eq(request->body_size, 0);
    if (word != NULL && strcmp(word, context) == 0) {
        return true;
    }
    response->status = 403;
    return false;
}

static void open_server(const char *address, uint64_t max_body_bytes)
{
    static char context[] = "echo";
    const struct http_options options = {
        .address = address, .max_body_bytes = max_body_bytes, .component = "test"};
    cr_assert_eq(http_open(&server, &options), ERR_OK);
    cr_assert_eq(http_route(server, "/echo", echo, context), ERR_OK);
    cr_assert_eq(http_route(server, "/tree/*", echo, context), ERR_OK);
}

static int dial(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
        .sin_port = htons(http_port(server)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* Sends one request and returns the whole answer. */
static const char *ask(const char *request)
{
    static char answer[4096];
    int fd = dial();
    cr_assert_eq(send(fd, request, strlen(request), 0), (ssize_t)strlen(request));
    size_t used = 0;
    ssize_t got = 0;
    while ((got = recv(fd, answer + used, sizeof answer - 1 - used, 0)) > 0) {
        used += (size_t)got;
    }
    answer[used] = '\0';
    (void)close(fd);
    return answer;
}

static void check_answer(const char *request, const char *status, const char *body)
{
    const char *answer = ask(request);
    cr_assert_eq(strncmp(answer, status, strlen(status)), 0, "%s", answer);
    const char *found = strstr(answer, "\r\n\r\n");
    cr_assert_not_null(found);
    cr_assert_str_eq(found + 4, body);
}

static void close_server(void)
{
    http_close(&server);
    assert(server == NULL);
}

TestSuite(http, .fini = close_server, .timeout = 20);

#define END " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"

Test(http, refuses_addresses_without_a_port_that_there_is)
{
    static const char *const BAD[] = {"127.0.0.1", "", ":", "::1:80", "127.0.0.1:80x", "[::1:80",
        "127.0.0.1:65536", "127.0.0.1:-1"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        const struct http_options options = {.address = BAD[i], .component = "test"};
        cr_assert_eq(http_open(&server, &options), ERR_INVALID, "%s", BAD[i]);
        cr_assert_null(server);
    }
}

Test(http, refuses_an_address_in_use)
{
    open_server("127.0.0.1:0", 0);
    char address[32];
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", http_port(server));
    struct http_server *second = NULL;
    const struct http_options options = {.address = address, .component = "test"};
    cr_assert_eq(http_open(&second, &options), ERR_IN_USE);
    cr_assert_null(second);
}

Test(http, answers_404_where_no_route_is)
{
    open_server("127.0.0.1:0", 0);
    check_answer("GET /other" END "\r\n", "HTTP/1.1 404", "404 not found\n");
    check_answer("GET /echo/more" END "\r\n", "HTTP/1.1 404", "404 not found\n");
    check_answer("GET /tree" END "\r\n", "HTTP/1.1 404", "404 not found\n");
}

Test(http, answers_405_to_other_methods)
{
    open_server("127.0.0.1:0", 0);
    check_answer("DELETE /echo" END "\r\n", "HTTP/1.1 405", "405 method not allowed\n");
    check_answer(
        "POST /echo" END "Content-Length: 1\r\n\r\nx", "HTTP/1.1 405", "405 method not allowed\n");
    cr_assert_not_null(strstr(ask("PUT /echo" END "\r\n"), "\r\nAllow: GET, HEAD\r\n"));
}

Test(http, answers_413_to_a_body_beyond_the_limit)
{
    open_server("127.0.0.1:0", 8);
    check_answer("POST /echo" END "Content-Length: 9\r\n\r\n123456789", "HTTP/1.1 413",
        "413 body too large\n");
}

Test(http, answers_413_to_chunks_beyond_the_limit)
{
    open_server("127.0.0.1:0", 8);
    check_answer("POST /echo" END "Transfer-Encoding: chunked\r\n\r\n"
                 "5\r\n12345\r\n5\r\n67890\r\n5\r\n12345\r\n0\r\n\r\n",
        "HTTP/1.1 413", "413 body too large\n");
}

Test(http, reads_a_body_up_to_the_limit)
{
    open_server("127.0.0.1:0", 8);
    check_answer("POST /echo" END "Content-Length: 8\r\n\r\n12345678", "HTTP/1.1 200",
        "echo POST /echo a=- x=- body=8");
}

Test(http, hands_over_arguments_and_headers)
{
    open_server("127.0.0.1:0", 0);
    check_answer("GET /echo?b=1&a=x%26+y" END "X-TEST: yes\r\n\r\n", "HTTP/1.1 200",
        "echo GET /echo a=x& y x=yes body=0");
}

Test(http, matches_a_prefix)
{
    open_server("127.0.0.1:0", 0);
    check_answer("GET /tree/a/b" END "\r\n", "HTTP/1.1 200", "echo GET /tree/a/b a=- x=- body=0");
}

Test(http, sends_no_body_to_head)
{
    open_server("127.0.0.1:0", 0);
    check_answer("HEAD /echo" END "\r\n", "HTTP/1.1 200", "");
}

Test(http, keeps_a_header_value_on_its_line)
{
    open_server("127.0.0.1:0", 0);
    const char *answer = ask("GET /echo" END "\r\n");
    cr_assert_not_null(strstr(answer, "X-Answer: split  X-Forged: 1\r\n"));
}

Test(http, listens_on_every_address_when_the_host_is_missing)
{
    open_server(":0", 0);
    check_answer("GET /echo" END "\r\n", "HTTP/1.1 200", "echo GET /echo a=- x=- body=0");
}

static void make_socket_path(char address[64])
{
    (void)snprintf(address, 64, "unix:/tmp/goflow_http_%d", (int)getpid());
    (void)unlink(address + 5);
}

static int dial_socket(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

Test(http, socket_is_for_its_user_only_and_goes_with_the_server)
{
    char address[64];
    make_socket_path(address);
    open_server(address, 0);
    struct stat status;
    cr_assert_eq(stat(address + 5, &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0600);
    int fd = dial_socket(address + 5);
    static const char REQUEST[] = "GET /echo" END "\r\n";
    cr_assert_eq(send(fd, REQUEST, sizeof REQUEST - 1, 0), (ssize_t)sizeof REQUEST - 1);
    char answer[12];
    cr_assert_eq(recv(fd, answer, sizeof answer, MSG_WAITALL), (ssize_t)sizeof answer);
    cr_assert_eq(memcmp(answer, "HTTP/1.1 200", 12), 0);
    (void)close(fd);
    http_close(&server);
    cr_assert_neq(stat(address + 5, &status), 0);
}

Test(http, socket_of_a_dead_program_is_replaced_and_of_a_living_one_refused)
{
    char address[64];
    make_socket_path(address);
    struct sockaddr_un dead = {.sun_family = AF_UNIX};
    (void)snprintf(dead.sun_path, sizeof dead.sun_path, "%s", address + 5);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&dead, sizeof dead), 0);
    (void)close(fd);
    open_server(address, 0);
    struct http_server *second = NULL;
    const struct http_options options = {.address = address, .component = "test"};
    cr_assert_eq(http_open(&second, &options), ERR_IN_USE);
    (void)close(dial_socket(address + 5));
}

Test(http, refuses_a_socket_without_an_absolute_path)
{
    const struct http_options options = {.address = "unix:here", .component = "test"};
    cr_assert_eq(http_open(&server, &options), ERR_INVALID);
}

Test(http, serves_one_thread_a_connection)
{
    const struct http_options options = {
        .address = "127.0.0.1:0", .threads = 4, .component = "test"};
    cr_assert_eq(http_open(&server, &options), ERR_OK);
    static char context[] = "echo";
    cr_assert_eq(http_route(server, "/echo", echo, context), ERR_OK);
    int idle = dial();
    check_answer("GET /echo" END "\r\n", "HTTP/1.1 200", "echo GET /echo a=- x=- body=0");
    (void)close(idle);
}

Test(http, body_of_a_stranger_is_not_waited_for)
{
    static char word[] = "please";
    static char context[] = "known";
    const struct http_options options = {.address = "127.0.0.1:0",
        .max_body_bytes = 1 << 20,
        .component = "test",
        .check = is_known,
        .check_context = word};
    cr_assert_eq(http_open(&server, &options), ERR_OK);
    cr_assert_eq(http_route(server, "/echo", echo, context), ERR_OK);
    const char *refused = ask("POST /echo" END "Content-Length: 1000\r\n\r\n");
    cr_assert_eq(strncmp(refused, "HTTP/1.1 403", 12), 0, "%s", refused);
    check_answer("POST /echo" END "X-Test: please\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 200",
        "known POST /echo a=- x=please body=3");
}

Test(http, reading_with_a_body_is_refused_unread)
{
    open_server("127.0.0.1:0", 1 << 20);
    static const char *const BODIES[] = {
        "Content-Length: 1000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n3\r\n"};
    for (size_t i = 0; i < 2; i++) {
        char request[200];
        (void)snprintf(request, sizeof request, "GET /echo" END "%s", BODIES[i]);
        const char *refused = ask(request);
        cr_assert_eq(strncmp(refused, "HTTP/1.1 413", 12), 0, "%s", refused);
    }
    check_answer("GET /echo" END "Content-Length: 0\r\n\r\n", "HTTP/1.1 200",
        "echo GET /echo a=- x=- body=0");
}

Test(http, silent_clients_do_not_keep_others_out)
{
    enum {
        CLIENTS = 200
    };
    open_server("127.0.0.1:0", 0);
    int clients[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = dial();
    }
    check_answer("GET /echo" END "\r\n", "HTTP/1.1 200", "echo GET /echo a=- x=- body=0");
    for (size_t i = 0; i < CLIENTS; i++) {
        (void)close(clients[i]);
    }
}
