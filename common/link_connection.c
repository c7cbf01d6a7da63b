/* SPDX-License-Identifier: BSD-3-Clause -- when Hello is due, and a connection is made anew. */
#include "common/link_connection.h"

#include "common/clock.h"

enum {
    HELLO_MS = 1000,
    HELLO_SLOW_MS = 8000, /* to a peer that never answers: it is of a version without Hello */
    HELLO_HURRY_MS = 100,
    SILENT_MS = 6000,
    KNOCK_MS = 4000, /* more than a handshake takes over a slow wire */
    OLD_NAME_MS = 2000,
    OLD_NAME_MOST_MS = 64000
};

const char *link_fresh_name(enum link_fresh_reason reason)
{
    static const char *const NAMES[LINK_FRESH_COUNT] = {
        [LINK_FRESH_SILENT] = "silent",
        [LINK_FRESH_UNANSWERED] = "unanswered",
        [LINK_FRESH_ASKED] = "asked",
        [LINK_FRESH_VERSION] = "version",
        [LINK_FRESH_REFUSED] = "refused",
        [LINK_FRESH_REVOKED] = "revoked",
    };
    return NAMES[reason];
}

void link_connection_init(struct link_connection *connection, bool may_use_old_name)
{
    *connection = (struct link_connection){
        .may_use_old_name = may_use_old_name, .old_name_within = OLD_NAME_MS * NS_PER_MS};
}

void link_connection_begin(struct link_connection *connection, uint64_t now_ns)
{
    connection->is_connected = true;
    connection->is_heard = false;
    connection->has_answered = false;
    connection->connected_ns = now_ns;
    connection->hello_due_ns = now_ns;
    connection->unanswered_ns = 0;
    connection->pause_ns = HELLO_MS * NS_PER_MS;
}

bool link_connection_look(struct link_connection *connection, bool is_connected, uint64_t now_ns)
{
    bool was_connected = connection->is_connected;
    if (is_connected && !was_connected) {
        link_connection_begin(connection, now_ns);
    }
    connection->is_connected = is_connected;
    return was_connected && !is_connected;
}

enum link_knock link_connection_knock(struct link_connection *connection, uint64_t now_ns)
{
    if (connection->is_connected) {
        bool is_let_in = connection->is_knocking;
        connection->knocked_ns = 0;
        connection->is_knocking = false;
        return is_let_in ? LINK_KNOCK_LET_IN : LINK_KNOCK_NONE;
    }
    if (connection->knocked_ns == 0) {
        connection->knocked_ns = now_ns;
    }
    if (now_ns - connection->knocked_ns < KNOCK_MS * NS_PER_MS) {
        return LINK_KNOCK_NONE;
    }
    connection->knocked_ns = now_ns;
    connection->is_knocking = true;
    return LINK_KNOCK_AGAIN;
}

void link_connection_hear(struct link_connection *connection, bool is_hello, uint64_t now_ns)
{
    if (!connection->is_connected) {
        link_connection_begin(connection, now_ns);
    }
    connection->is_heard = true;
    if (is_hello) {
        connection->has_answered = true;
        connection->unanswered_ns = 0;
        connection->pause_ns = HELLO_MS * NS_PER_MS;
    }
}

void link_connection_hurry(struct link_connection *connection)
{
    uint64_t soonest_ns = connection->said_ns + HELLO_HURRY_MS * NS_PER_MS;
    if (connection->is_connected && soonest_ns < connection->hello_due_ns) {
        connection->hello_due_ns = soonest_ns;
    }
}

/* True: it is to be made anew with the other name. */
static bool change_name(struct link_connection *connection, uint64_t now_ns)
{
    if (connection->has_old_name && connection->has_answered) {
        /* The store was only late. */
        connection->has_old_name = false;
        if (connection->old_name_within < OLD_NAME_MOST_MS * NS_PER_MS) {
            connection->old_name_within *= 2;
        }
        return true;
    }
    bool is_late = now_ns - connection->connected_ns >= connection->old_name_within;
    if (connection->may_use_old_name && !connection->has_old_name && !connection->is_heard &&
        is_late) {
        connection->has_old_name = true;
        return true;
    }
    return false;
}

static void say_hello(struct link_connection *connection, uint64_t now_ns)
{
    if (connection->unanswered_ns == 0) {
        connection->unanswered_ns = now_ns;
    } else if (!connection->has_answered && connection->pause_ns < HELLO_SLOW_MS * NS_PER_MS) {
        connection->pause_ns *= 2;
    }
    connection->said_ns = now_ns;
    connection->hello_due_ns = now_ns + connection->pause_ns;
}

enum link_step link_connection_step(struct link_connection *connection, uint64_t now_ns)
{
    if (!connection->is_connected) {
        return LINK_STEP_NONE;
    }
    if (change_name(connection, now_ns)) {
        connection->is_connected = false;
        return LINK_STEP_VERSION;
    }
    if (connection->has_answered && connection->unanswered_ns != 0 &&
        now_ns - connection->unanswered_ns >= SILENT_MS * NS_PER_MS) {
        connection->is_connected = false;
        return LINK_STEP_SILENT;
    }
    if (now_ns >= connection->hello_due_ns) {
        say_hello(connection, now_ns);
        return LINK_STEP_HELLO;
    }
    return LINK_STEP_NONE;
}

uint64_t link_connection_due_ns(const struct link_connection *connection)
{
    if (!connection->is_connected) {
        return UINT64_MAX;
    }
    bool is_waiting =
        connection->may_use_old_name && !connection->has_old_name && !connection->is_heard;
    uint64_t name_due_ns = connection->connected_ns + connection->old_name_within;
    return is_waiting && name_due_ns < connection->hello_due_ns ? name_due_ns
                                                                : connection->hello_due_ns;
}
