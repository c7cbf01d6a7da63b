/*
 * traffic.h -- datagrams and bytes by exporter, port and protocol, in bounded memory.
 *
 * One worker counts, any thread reads. Whoever sends from a new address costs an entry; when all
 * are taken, the rest is counted together as remote_ip="other", so that a forged source can
 * neither fill the memory nor the metrics page.
 */
#pragma once

#include "common/address.h"
#include "common/counter.h"
#include "common/quantiles.h"
#include "ingest/decode/decode.h"

#include <stddef.h>

enum {
    TRAFFIC_ENTRIES_MAX = 256
};

/* As the original's metrics name them. */
enum traffic_type {
    TRAFFIC_NETFLOW, /* version 9, IPFIX, and what is unknown */
    TRAFFIC_SFLOW,
    TRAFFIC_NETFLOW5 /* 1, 5 and 7 */
};

struct traffic_entry {
    struct address source;
    uint16_t port;  /* local */
    uint8_t type;   /* enum traffic_type */
    bool is_others; /* stands for every exporter without an entry of its own */
    struct counter datagrams;
    struct counter bytes;
    struct quantiles sizes; /* bytes a datagram */
};

struct traffic;

MUST_CHECK enum err traffic_new(struct traffic **traffic_p);
void traffic_destroy(struct traffic **traffic_p);

/* `now_ns` is monotonic. */
void traffic_count(struct traffic *traffic, const struct datagram *datagram, uint64_t now_ns);

/* Entry `index`, lent as long as the traffic lives; NULL past the last. Any thread. */
const struct traffic_entry *traffic_entry(const struct traffic *traffic, size_t index);
