/*
 * sink_servers.h -- the ClickHouse servers of a sink: which one gets a request, what it answers.
 *
 * Internal to store/sink. Servers are tried in turn, starting with the one that answered last.
 * Where there are several, one that hangs is passed over like one that refuses: a server that has
 * been silent for a second is asked for a sign of life first. Threads may post at the same time,
 * each through a client that no other uses meanwhile.
 */
#pragma once

#include "store/sink/http_client.h"
#include "store/sink/server_settings.h"
#include "store/sink/sink.h"
#include "store/sink/sink_address.h"

#include <pthread.h>
#include <stdatomic.h>

struct sink_server {
    char url[SINK_ADDRESS_SIZE];
    _Atomic uint64_t heard_ns; /* its last answer, monotonic; 0: none yet */
    pthread_mutex_t lock;      /* of what follows */
    struct server_settings settings;
    bool was_asked; /* for its settings */
};

/* Zeroes are one that may be cleared. */
struct sink_servers {
    struct sink_server *servers;
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
    enum setting_use use; /* SETTING_QUERY: may be sent to another server when no answer comes */
    size_t server;        /* in: the only one, or SINK_ANY_SERVER; out: the last that was tried */
    bool is_alone;        /* it cannot be made smaller */
    uint32_t timeout_ms;  /* 0: the client's */
    long written_rows;    /* out: -1 when the server does not say */
    enum sink_outcome outcome; /* out: of the answer, where one came */
};

/* ERR_INVALID: the address that is not a server's is logged. ERR_MEMORY. Clear it all the same. */
MUST_CHECK enum err sink_servers_init(
    struct sink_servers *servers, const struct option_list *addresses, uint16_t port);
void sink_servers_clear(struct sink_servers *servers);

/* What servers know and allow is asked for again: they may be others now. */
void sink_servers_forget(struct sink_servers *servers);

/*
 * Tries the servers in turn until the request has left for one of them; a question, until one has
 * answered. What went wrong on the way is appended to `error`, whatever the outcome; no answer to
 * what left is SINK_UNKNOWN.
 */
enum sink_outcome sink_servers_post(struct sink_servers *servers, struct http_client *client,
    struct sink_request *request, struct buffer *error);
