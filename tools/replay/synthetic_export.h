/*
 * synthetic_export.h -- one datagram under construction: what synthetic.c and the protocols share.
 */
#pragma once

#include "tools/replay/synthetic.h"

struct synthetic_exporter {
    uint32_t index;
    uint32_t sequence;                    /* of the next datagram, as its protocol counts */
    uint32_t datagrams;                   /* built so far */
    uint32_t samples[TRAFFIC_INTERFACES]; /* sFlow: built so far, by input interface */
};

struct synthetic_export {
    struct put put;
    uint64_t now_ns;    /* UTC */
    uint32_t uptime_ms; /* of the exporter */
    uint32_t sampling_rate;
    struct synthetic_exporter *exporter;
    struct traffic_mix *mix;
    struct flow_sums *sums;
};

static inline void synthetic_count(struct synthetic_export *export, const struct mix_flow *flow)
{
    export->sums->flows++;
    export->sums->bytes += flow->bytes;
    export->sums->packets += flow->packets;
}

void synthetic_netflow5(struct synthetic_export *export);
void synthetic_netflow9(struct synthetic_export *export);
void synthetic_ipfix(struct synthetic_export *export);
void synthetic_sflow(struct synthetic_export *export);
