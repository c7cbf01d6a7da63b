/*
 * link_sockets.h -- inside the return channel: its sockets, and where messages go.
 *
 * A ROUTER accepts connections, a DEALER makes each of the others; one epoll descriptor stands for
 * all of them. An address is a number and, for accepted connections, the routing id that libzmq has
 * for the connection now. Internal to link_channel.c; for the thread that owns the channel.
 */
#pragma once

#include "common/link_limit.h"
#include "common/link_listener.h"
#include "common/link_peers.h"

enum {
    LINK_ACCEPTED = 0 /* number of all accepted connections; end i has number i + 1 */
};

struct link_end {
    zsock_t *socket; /* NULL: could not be made */
    zsock_t *data; /* a store's own for this end, so that it knows whose batches come; else NULL */
    bool lacks_data; /* the data endpoint could not be connected */
    const char *data_endpoint;
    char endpoint[LINK_ENDPOINT_SIZE];
};

struct link_sockets {
    struct link_keyring *keyring; /* NULL: without keys */
    enum link_peer_kind peer;
    uint64_t old_name; /* the ingest's id; 0: a store, which has none */
    zsock_t *data;     /* borrowed: all data of an ingest; of a store, what it accepts */
    zsock_t *router;   /* NULL: nothing is bound */
    struct link_limit *data_limit; /* NULL likewise */
    struct link_limit *router_limit;
    struct counter *crowded_out;                         /* borrowed, by enum link_limit_channel */
    struct link_listener listeners[2 * OPTION_LIST_MAX]; /* of both */
    size_t listener_count;
    struct link_end ends[OPTION_LIST_MAX];
    size_t end_count;
    size_t turn; /* whose turn it is to be read: the router, then each end */
    size_t data_turn;
    int epoll_fd;
    int data_epoll_fd;                /* of a store's data sockets; -1: an ingest */
    char speaker[LINK_KEY_NAME_SIZE]; /* whose key the last message came with; "": none needed */
    char data_speaker[LINK_KEY_NAME_SIZE];
};

/* Binds and connects. On failure one line is logged, and link_sockets_close() is still due. */
MUST_CHECK enum err link_sockets_open(struct link_sockets *sockets,
    const struct link_endpoints *endpoints, zsock_t *data, uint64_t old_name,
    struct counter *crowded_out);
void link_sockets_close(struct link_sockets *sockets);

/* Connects an end anew, with or without the old name; its socket is NULL where that failed. */
void link_sockets_reopen(struct link_sockets *sockets, size_t index, bool has_old_name);
/* Connects this end's data anew; `lacks_data` where that failed. */
void link_sockets_reconnect_data(struct link_sockets *sockets, size_t index);
/* Ends all accepted connections that need keys, for data too, and accepts new ones. */
void link_sockets_renew(struct link_sockets *sockets);
/* True: some endpoint is not bound again yet; to be called soon again. */
bool link_sockets_tend(struct link_sockets *sockets);
/* The other side may refuse this end for good, which libzmq does not tell and does not mend. */
bool link_sockets_may_be_refused(const struct link_sockets *sockets, size_t index);
bool link_sockets_is_connected(const struct link_sockets *sockets, size_t index);

struct link_address link_sockets_address(size_t index);
/* The end's index, or SIZE_MAX: an accepted connection. */
size_t link_sockets_index(const struct link_sockets *sockets, const struct link_address *address);

/* False: nobody is there, or has no room. */
bool link_sockets_send(
    struct link_sockets *sockets, const struct link_address *to, const uint8_t *bytes, size_t size);
/* Sets the speaker. [address][frames], the caller's; NULL: nothing is there. */
zmsg_t *link_sockets_receive(struct link_sockets *sockets);
/*
 * Of a store: takes the first frame of a batch, and sets the data speaker. Where the other frames
 * are, lent; NULL: nothing is there.
 */
zsock_t *link_sockets_receive_data(struct link_sockets *sockets, zmq_msg_t *first);
