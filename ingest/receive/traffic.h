/*
 * traffic.h -- what comes from whom, by exporter, port and protocol, in bounded memory.
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
    TRAFFIC_NETFLOW5, /* 1, 5 and 7 */
    TRAFFIC_TYPE_COUNT
};

struct traffic_key {
    uint16_t local_port;
    uint16_t remote_port; /* 0 unless counted apart */
    uint16_t version;     /* 9 or 10; else 0 */
    uint16_t type;        /* enum traffic_type */
};

struct traffic_entry {
    struct address source;
    struct traffic_key key;
    bool is_others; /* stands for every exporter without an entry of its own */
    struct counter datagrams;
    struct counter bytes;
    struct counter bad_versions; /* counted by the worker: the decoder said DECODE_VERSION */
    struct quantiles sizes;      /* bytes a datagram */
    struct quantiles delays_ms;  /* of versions 9 and 10: from the export to its reception */
};

struct traffic;

/* With `has_remote_ports` each source port of an exporter is an entry of its own. */
MUST_CHECK enum err traffic_new(struct traffic **traffic_p, bool has_remote_ports);
void traffic_destroy(struct traffic **traffic_p);

/* Returns the entry, lent as long as the traffic lives. `now_ns` is monotonic. */
struct traffic_entry *traffic_count(
    struct traffic *traffic, const struct datagram *datagram, uint64_t now_ns);

/* The label: static, never NULL. */
const char *traffic_type_text(enum traffic_type type);

/* Entry `index`, lent as long as the traffic lives; NULL past the last. Any thread. */
const struct traffic_entry *traffic_entry(const struct traffic *traffic, size_t index);
