/*
 * sink_servers.h -- the ClickHouse servers of a sink: which one gets a request, what it answers.
 *
 * Internal to store/sink. Servers are tried in turn, starting with the one that answered last.
 * Threads may post at the same time, each through a client that no other uses meanwhile.
 */
#pragma once

#include "store/sink/http_client.h"
#include "store/sink/sink.h"
#include "store/sink/sink_address.h"

#include <stdatomic.h>

/* Zeroes are one that may be cleared. */
struct sink_servers {
    char (*urls)[SINK_ADDRESS_SIZE];
    size_t count;
    _Atomic size_t current; /* the one that answered last */
};

/* Borrowed for the call, but for `header`, which outlives the client. */
struct sink_request {
    const char *arguments; /* of the URL, percent-encoded */
    const char *body;
    size_t body_size;
    const char *header; /* one more line; NULL: none */
    struct buffer *answer;
    long written_rows; /* out: -1 when the server does not say */
};

/* ERR_INVALID: the address that is not a server's is logged. ERR_MEMORY. Clear it all the same. */
MUST_CHECK enum err sink_servers_init(
    struct sink_servers *servers, const struct option_list *addresses, uint16_t port);
void sink_servers_clear(struct sink_servers *servers);

/*
 * Tries the servers in turn until the request has left for one of them. What went wrong on the way
 * is appended to `error`, whatever the outcome; no answer to what left is SINK_UNKNOWN.
 */
enum sink_outcome sink_servers_post(struct sink_servers *servers, struct http_client *client,
    struct sink_request *request, struct buffer *error);
