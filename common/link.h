/*
 * link.h -- the sockets of the link: endpoints, options, limits.
 *
 * Either end may bind or connect, to several endpoints. Each data endpoint has a return channel for
 * acknowledgements and leases beside it: tcp port + 1, ipc path + ".ack", inproc name + ".ack";
 * link_channel.h has its sockets. Frames are in link_frame.h; all is specified in docs/wire.md.
 */
#pragma once

#include "common/err.h"
#include "common/link_keys.h"
#include "common/options.h"

#include <czmq.h>
#include <stdint.h>

enum {
    LINK_VERSION = 1,         /* of batches of flows, and of all answers */
    LINK_VERSION_RECORDS = 2, /* of batches of any other kind: docs/wire.md */
    LINK_VERSION_HELLO = 3,   /* of Hello */
    LINK_ENDPOINT_SIZE = 256,
    LINK_HWM = 4,              /* messages on each side of a data pipe */
    LINK_ANSWER_MAX = 2 << 20, /* bytes of a frame on the return channel: full lists have fewer */
    LINK_OLD_NAME_SIZE = 9
};

struct link_keyring;

/* Texts and the keyring are borrowed. */
struct link_endpoints {
    struct option_list bind;
    struct option_list connect;   /* "#NAME" behind one says whose key its peer has */
    struct link_keyring *keyring; /* NULL: without keys */
    enum link_peer_kind peer;     /* what the other side is; only with a keyring */
};

/* Topic frame of what the tap publishes. */
#define LINK_TAP_TOPIC "flows"

/*
 * Takes SIGINT and SIGTERM back from CZMQ, which catches them with its first socket, and has the
 * allocator keep up to 256 MiB of freed batches. Call it on the main thread, after daemon_setup();
 * more than once is harmless.
 */
void link_setup(void);

/* The return channel of a data endpoint. ERR_INVALID for what is no tcp, ipc or inproc endpoint. */
MUST_CHECK enum err link_ack_endpoint(const char *endpoint, char out[LINK_ENDPOINT_SIZE]);

/*
 * The routing id by which a store that does not say Hello calls an ingest. Nothing else depends on
 * routing ids.
 */
void link_old_name(uint64_t ingest_id, uint8_t out[LINK_OLD_NAME_SIZE]);

/* A socket of the link, not attached yet; the caller's. NULL: out of memory or sockets. */
zsock_t *link_data_socket(int type);
zsock_t *link_return_socket(int type);

/* Where a socket goes, and which flag has said so, for the log. Texts are borrowed. */
struct link_place {
    const char *flag;     /* "-zmq.bind" */
    const char *given;    /* its value */
    const char *endpoint; /* the same, or the return channel beside it */
};

/* The line about a place that cannot be bound, by errno. */
enum err link_refuse(const struct link_place *place, int cause);

/* On failure one line that names flag and endpoint is logged. */
MUST_CHECK enum err link_bind(zsock_t *socket, const struct link_place *place);
MUST_CHECK enum err link_connect(zsock_t *socket, const struct link_place *place);

/*
 * A message around bytes from malloc(), which it takes; whichever thread lets go of it last frees
 * them. ERR_MEMORY: they are still the caller's.
 */
MUST_CHECK enum err link_message_take(zmq_msg_t *message_p, void *bytes, size_t size);

/* An id that nobody else has; never 0. */
uint64_t link_random_id(void);
