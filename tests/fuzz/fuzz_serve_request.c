/* SPDX-License-Identifier: BSD-3-Clause -- any bytes as what a client sends to -ch.serve. */
#include "store/sink/serve_request.h"
#include "tests/fuzz/fuzz_target.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BODY_MAX = 4096,
    CONNECTIONS_MAX = 8
};

static void parse(void *context, const struct http_request *http, struct http_response *response)
{
    (void)context;
    struct serve_request request;
    serve_request_parse(&request, http);
    assert(request.setting_count <= SERVE_SETTINGS_MAX);
    assert(request.parameter_count <= ENGINE_PARAMETERS_MAX);
    assert(memchr(request.user, '\0', sizeof request.user) != NULL);
    assert(memchr(request.password, '\0', sizeof request.password) != NULL);
    http_response_header(response, "X-ClickHouse-Query-Id", request.query_id);
    buffer_text_append(&response->body, request.query);
}

/* One for all inputs: it ends with the process. */
static struct http_server *open_server(void)
{
    const struct http_options options = {.address = "127.0.0.1:0",
        .threads = CONNECTIONS_MAX,
        .max_body_bytes = BODY_MAX,
        .component = "fuzz"};
    struct http_server *server;
    if (http_open(&server, &options) != ERR_OK || http_route(server, "/*", parse, NULL) != ERR_OK) {
        abort();
    }
    return server;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct http_server *server;
    if (server == NULL) {
        server = open_server();
    }
    const struct sockaddr_in to = {.sin_family = AF_INET,
        .sin_port = htons(http_port(server)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0) {
        (void)send(fd, bytes, size, MSG_NOSIGNAL);
        (void)shutdown(fd, SHUT_WR);
        char answer[4096];
        while (recv(fd, answer, sizeof answer, 0) > 0) {
        }
    }
    (void)close(fd);
    return 0;
}
