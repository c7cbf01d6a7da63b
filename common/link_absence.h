/*
 * link_absence.h -- how long peers of the link were away, for the log.
 *
 * A plain table without sockets and clocks, for the thread that owns the return channel. It
 * remembers the peers that went last; a process that begins anew under another id ends the time
 * without any peer instead.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LINK_ABSENT_MAX = 64,
    LINK_ALONE_MS = 10000 /* without a peer from the start; then the log says so once */
};

struct link_absent {
    uint64_t id; /* 0: a free place */
    uint64_t since_ns;
};

struct link_absence {
    struct link_absent values[LINK_ABSENT_MAX];
    size_t next;             /* place of the next one to go */
    bool is_alone;           /* nobody is there */
    bool has_met;            /* somebody has been there */
    bool is_logged;          /* that nobody has come */
    uint64_t alone_since_ns; /* while is_alone */
};

/* From now on nobody is there. */
void link_absence_begin(struct link_absence *absence, uint64_t now_ns);

/* This peer went, and so many are left. */
void link_absence_leave(
    struct link_absence *absence, uint64_t id, size_t peers_left, uint64_t now_ns);

struct link_return {
    bool was_known;   /* this peer had been here */
    uint64_t away_ns; /* of this peer */
    bool was_alone;   /* nobody was here */
    uint64_t alone_ns;
};
/* This peer came. */
struct link_return link_absence_come(struct link_absence *absence, uint64_t id, uint64_t now_ns);

/* True once: nobody has come since the start, for longer than it takes to connect. */
bool link_absence_is_unmet(struct link_absence *absence, uint64_t now_ns);
