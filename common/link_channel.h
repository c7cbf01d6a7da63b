/*
 * link_channel.h -- the return channel: who is connected, and messages to and from them.
 *
 * A ROUTER accepts connections on the endpoints that are bound; each endpoint that is connected has
 * a DEALER of its own. Both sides say Hello on each connection; link_peers.h remembers who is
 * where, link_connection.h decides when a connection is made anew. For the thread that owns the
 * channel; it waits for the channel's descriptor, which is readable when any socket has news.
 * Specified in docs/wire.md.
 */
#pragma once

#include "common/counter.h"
#include "common/link.h"
#include "common/link_connection.h"
#include "common/link_frame.h"
#include "common/link_limit.h"

struct link_channel;

struct link_counters {
    struct counter peers; /* gauge: processes that have said who they are, and are there */
    struct counter fresh[LINK_FRESH_COUNT];       /* connections made anew */
    struct counter crowded_out[LINK_LIMIT_COUNT]; /* connections ended for want of descriptors */
    struct counter ids_refused; /* messages of peers that speak with the id of another key */
};

struct link_process {
    uint64_t id;
    uint64_t epoch;
};

struct link_channel_options {
    const struct link_endpoints
        *endpoints; /* borrowed for the call, its texts for the channel's life */
    enum link_role role;
    uint64_t id;
    uint64_t epoch;
    zsock_t *data;                  /* borrowed: bound, connected and made anew with the channel */
    struct link_counters *counters; /* borrowed as long as the channel lives */
    /* Gauges for the lines about peers, borrowed likewise; NULL: not logged. */
    const struct counter *waiting_batches;
    const struct counter *waiting_flows;
};

/* Binds and connects. On failure one line is logged. */
MUST_CHECK enum err link_channel_new(
    struct link_channel **channel_p, const struct link_channel_options *options);
void link_channel_destroy(struct link_channel **channel_p);

/* For watch_descriptor(): of messages, and for a store of batches. */
int link_channel_fd(const struct link_channel *channel);
int link_channel_data_fd(const struct link_channel *channel);

/* This process has another id from now on; peers hear of it at once. */
void link_channel_rename(struct link_channel *channel, uint64_t id, uint64_t epoch);

/*
 * The next message, the caller's: [address][message] of a peer, or without frames where it was for
 * the channel itself. NULL: nothing is there. Peers take turns, but one may always have another
 * message: whoever asks takes a bounded number at a time.
 */
zmsg_t *link_channel_receive(struct link_channel *channel, uint64_t now_ns);
/*
 * The message that came last, from this address, names its sender: for peers that do not say Hello.
 * False: the id belongs to another key, so the message must not count. Logged and counted here.
 */
MUST_CHECK bool link_channel_learn(
    struct link_channel *channel, zframe_t *address, uint64_t id, uint64_t now_ns);
/*
 * Of a store, by turns from each connection: takes the first frame of a batch. Where the other
 * frames are, lent; NULL: nothing is there.
 */
zsock_t *link_channel_receive_data(struct link_channel *channel, zmq_msg_t *first);
/* The batch that came last may have this id; else the same as above. */
MUST_CHECK bool link_channel_owns(struct link_channel *channel, uint64_t id);

/* False: nobody is there, or has room; whoever asks asks again. */
bool link_channel_reply(
    struct link_channel *channel, zframe_t *address, const uint8_t *bytes, size_t size);
/*
 * To the process with that id and epoch, else to any with that id. A question may go to all that
 * have not said who they are, because an answer names its sender.
 */
bool link_channel_send(struct link_channel *channel, const struct link_process *to,
    const uint8_t *bytes, size_t size, bool is_question);

/* This peer does not answer: its connection is made anew, by it or by us. */
void link_channel_unanswered(struct link_channel *channel, uint64_t id);
/* Nobody asks: connections on which nothing was heard are made anew. */
void link_channel_unheard(struct link_channel *channel);

/* A key was removed: ends each connection that needs keys, and makes or accepts new ones. */
void link_channel_renew(struct link_channel *channel);

/* After everything was received; does nothing before it is due. */
void link_channel_tick(struct link_channel *channel, uint64_t now_ns);
/* When a tick is due though nothing comes. */
uint64_t link_channel_due_ns(const struct link_channel *channel);
