/*
 * synthetic.h -- exports that no router made: NetFlow 5, NetFlow 9, IPFIX and sFlow.
 *
 * Datagrams of a number of exporters in turn, each with its own sequence numbers, templates and
 * clock. What they hold follows from the seed; every datagram comes with the sums of its flows.
 */
#pragma once

#include "common/err.h"
#include "tools/replay/put.h"
#include "tools/replay/traffic_mix.h"

enum synthetic_protocol {
    SYNTHETIC_NETFLOW5,
    SYNTHETIC_NETFLOW9,
    SYNTHETIC_IPFIX,
    SYNTHETIC_SFLOW
};

enum {
    SYNTHETIC_MAX = 1472 /* what fits in an Ethernet frame of 1500 */
};

/* Sums over flows, as exported: not scaled by the sampling rate. */
struct flow_sums {
    uint64_t flows;
    uint64_t bytes;
    uint64_t packets;
};

struct synthetic_options {
    enum synthetic_protocol protocol;
    uint32_t exporters;
    uint64_t seed;
    uint32_t sampling_rate; /* 1: not sampled, and not mentioned where that is possible */
    uint32_t first_number;  /* of the flows, in their bytes; 0: not numbered; not for sFlow */
};

struct synthetic;

/* netflow5, netflow9, ipfix or sflow. */
MUST_CHECK enum err synthetic_protocol_parse(enum synthetic_protocol *protocol_p, const char *text);

MUST_CHECK enum err synthetic_new(
    struct synthetic **synthetic_p, const struct synthetic_options *options);
void synthetic_destroy(struct synthetic **synthetic_p);

/*
 * Writes the next datagram, exported at `now_ns` (UTC), and adds to the sums. Returns its size;
 * *exporter_p counts from 0.
 */
size_t synthetic_next(struct synthetic *synthetic, uint64_t now_ns, uint8_t out[SYNTHETIC_MAX],
    uint32_t *exporter_p, struct flow_sums *sums);
