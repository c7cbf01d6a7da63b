/*
 * link_peers.h -- who is at the other end of which connection of the return channel.
 *
 * A plain table without sockets and clocks, for the thread that owns the channel. A peer is known
 * by what it says in its messages (Hello; without it, the id in an acknowledgement or a lease),
 * never by the routing id that libzmq has for its connection: that is only where answers go.
 */
#pragma once

#include "common/link_frame.h"

enum {
    LINK_ADDRESS_MAX = 40,
    LINK_PEERS_MAX = 4096 /* anyone who reaches the socket may call itself a peer */
};

/* A connection: its number (0 for all that were accepted), then a routing id for an accepted one.
 */
struct link_address {
    uint8_t size;
    uint8_t bytes[LINK_ADDRESS_MAX];
};

struct link_peer {
    struct link_address address;
    uint64_t id;
    uint64_t epoch; /* 0: the peer does not say Hello */
    uint64_t heard_ns;
};

/* Zero it before the first use. */
struct link_peers {
    struct link_peer *values;
    size_t count;
    size_t room;
};

enum link_meeting {
    LINK_MET_AGAIN,
    LINK_MET_NEW,
    LINK_MET_OTHER, /* another process than before is at that end now */
    LINK_MET_NOBODY /* no memory, or too many peers: not kept */
};

void link_peers_clear(struct link_peers *peers);

/* A message of this peer came from there; epoch 0: it was not a Hello. */
enum link_meeting link_peers_hear(struct link_peers *peers, const struct link_address *address,
    uint64_t id, uint64_t epoch, uint64_t now_ns);

/*
 * The connection of a process; where that is not there, the one on which any with that id was heard
 * last. NULL: nobody has the id. Lent until a change.
 */
const struct link_peer *link_peers_find(
    const struct link_peers *peers, uint64_t id, uint64_t epoch);
/* Who is there; NULL: not known. Lent until a change. */
const struct link_peer *link_peers_at(
    const struct link_peers *peers, const struct link_address *address);

/* True: *peer_p, who was there, is forgotten. */
bool link_peers_drop(
    struct link_peers *peers, const struct link_address *address, struct link_peer *peer_p);
/* The same of one peer that was accepted and not heard since `before_ns`. */
bool link_peers_expire(struct link_peers *peers, uint64_t before_ns, struct link_peer *peer_p);
