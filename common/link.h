/*
 * link.h -- what both ends of the link share: endpoints, sockets, frames.
 *
 * Either end may bind or connect, to several endpoints. Each data endpoint has a return channel for
 * acknowledgements beside it: tcp port + 1, ipc path + ".ack"; inproc name + ".ack". Specified in
 * docs/wire.md; messages in proto/link.proto.
 */
#pragma once

#include "common/err.h"
#include "common/options.h"

#include <czmq.h>
#include <stdint.h>

enum {
    LINK_VERSION = 1,
    LINK_ENDPOINT_SIZE = 256
};

/* Texts are borrowed. */
struct link_endpoints {
    struct option_list bind;
    struct option_list connect;
};

struct link_header {
    uint64_t ingest_id;
    uint64_t epoch;
    uint64_t sequence;
    uint64_t created_ms;
    uint32_t attempt;
    uint32_t flow_count;
    uint32_t payload_size; /* before compression */
    uint32_t day;
    uint32_t lease_ms;
    bool is_compressed;
};

enum {
    LINK_HEADER_MAX = 128
};

/* Returns the size written. */
size_t link_header_pack(const struct link_header *header, uint8_t out[LINK_HEADER_MAX]);
/* ERR_CORRUPT; ERR_UNSUPPORTED for another version of the protocol. */
MUST_CHECK enum err link_header_parse(
    struct link_header *header_p, const uint8_t *bytes, size_t size);

/* ERR_INVALID for what is no tcp, ipc or inproc endpoint. */
MUST_CHECK enum err link_ack_endpoint(const char *endpoint, char out[LINK_ENDPOINT_SIZE]);

/*
 * Binds and connects a socket to all endpoints, or to their return channels. On failure one line
 * that names the endpoint is logged.
 */
MUST_CHECK enum err link_attach(
    zsock_t *socket, const struct link_endpoints *endpoints, bool is_return_channel);
