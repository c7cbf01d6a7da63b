/*
 * link_connection.h -- one connection of the return channel that this side makes.
 *
 * A plain state machine without sockets and clocks: when Hello is due, and when the connection is
 * to be made anew. The other side accepts connections and answers; so only this side has a clock
 * running. Rules: docs/wire.md.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct link_connection {
    bool may_use_old_name; /* an ingest: a store that does not say Hello finds it by that alone */
    bool has_old_name;     /* the connection was made with it */
    bool is_knocking;      /* made anew because nobody let it in, and not let in since */
    bool is_connected;
    bool is_heard;            /* something came since it is connected */
    bool has_answered;        /* the peer has said Hello since then */
    uint64_t connected_ns;    /* since when */
    uint64_t knocked_ns;      /* not connected, and tried since then; 0: connected */
    uint64_t said_ns;         /* when Hello was said last */
    uint64_t hello_due_ns;    /* when it is said next */
    uint64_t unanswered_ns;   /* when the first Hello without an answer was said; 0: none */
    uint64_t pause_ns;        /* between two Hellos */
    uint64_t old_name_within; /* ns after which a silent peer is taken for one that says no Hello */
};

/* Why a connection is made anew: labels of a metric, in this order. */
enum link_fresh_reason {
    LINK_FRESH_SILENT,     /* the peer answered Hello before, and no longer does */
    LINK_FRESH_UNANSWERED, /* it does not answer lease requests, or asks for none */
    LINK_FRESH_ASKED,      /* the peer asked for it */
    LINK_FRESH_VERSION,    /* the old name is needed, or no longer */
    LINK_FRESH_REFUSED,    /* it may have been refused for want of a key, and may be let in now */
    LINK_FRESH_REVOKED,    /* a key was removed here: everybody has to have one that counts now */
    LINK_FRESH_COUNT
};

const char *link_fresh_name(enum link_fresh_reason reason);

enum link_step {
    LINK_STEP_NONE,
    LINK_STEP_HELLO,
    LINK_STEP_SILENT, /* connect anew, for data too: nobody is there */
    LINK_STEP_VERSION /* connect anew, with has_old_name as it is now */
};

void link_connection_init(struct link_connection *connection, bool may_use_old_name);

/* Takes the state that the socket shows. True: the connection has just been lost. */
bool link_connection_look(struct link_connection *connection, bool is_connected, uint64_t now_ns);
enum link_knock {
    LINK_KNOCK_NONE,
    LINK_KNOCK_AGAIN, /* connect anew, for data too: libzmq gives up a connection that is refused */
    LINK_KNOCK_LET_IN /* connect data once more: they may have knocked a moment too early */
};

/* For a connection that needs a key, after each look. */
enum link_knock link_connection_knock(struct link_connection *connection, uint64_t now_ns);

/* The accepting side has announced a new connection. */
void link_connection_begin(struct link_connection *connection, uint64_t now_ns);
/* A message came. `is_hello`: the peer has said who it is. */
void link_connection_hear(struct link_connection *connection, bool is_hello, uint64_t now_ns);
/* Hello should be said soon: a batch came from an ingest that nobody knows. */
void link_connection_hurry(struct link_connection *connection);
/* Returns the step that is due; call it until nothing is. */
enum link_step link_connection_step(struct link_connection *connection, uint64_t now_ns);
/* When something is due next; UINT64_MAX: not before the connection is there. */
uint64_t link_connection_due_ns(const struct link_connection *connection);
