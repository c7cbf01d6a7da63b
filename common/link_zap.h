/*
 * link_zap.h -- who may connect: ZeroMQ's authentication by the keys folder.
 *
 * libzmq asks the handler of this process about every client of a socket with a ZAP domain (ZeroMQ
 * RFC 27, ZAP). The domain is the kind of peer that the socket is for: link_curve.h sets it. The
 * handler is an actor; it answers 200 or 400 and nothing else, because a client that is answered
 * 300 waits without an event. A refused client does not come back by itself in libzmq 4.3, so our
 * own programs connect anew (docs/wire.md). One handler a process.
 */
#pragma once

#include "common/counter.h"
#include "common/link_keys.h"
#include "common/metrics.h"

struct link_zap;

/* By the kind that the peer wanted to be. */
struct link_zap_counters {
    struct counter accepted[LINK_PEER_KIND_COUNT];
    struct counter refused[LINK_PEER_KIND_COUNT];
};

/* Takes `keys`, also on failure. Start it before any guarded socket is bound. */
MUST_CHECK enum err link_zap_new(struct link_zap **zap_p, struct link_keys *keys);
void link_zap_destroy(struct link_zap **zap_p);

/* When it returns, these keys count. Takes them. For the thread that made the handler. */
void link_zap_use(struct link_zap *zap, struct link_keys *keys);

const struct link_zap_counters *link_zap_counters(const struct link_zap *zap);
/* For metrics_register(): `context` is the handler. */
void link_zap_collect(void *context, struct metrics_page *page);
