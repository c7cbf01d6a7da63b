/*
 * worker_state.h -- what worker.c and worker_metrics.c share.
 */
#pragma once

#include "ingest/receive/datagram_block.h"
#include "ingest/receive/traffic.h"
#include "ingest/receive/worker.h"

#include <czmq.h>

struct worker {
    struct worker_options options;
    struct flow_sink sink;
    struct decoder *decoder;
    struct datagram_block *block;
    struct traffic *traffic;
    zactor_t *actor;
    bool is_stopping;
    struct counter datagrams[WORKER_PORTS_MAX];
    struct counter bytes[WORKER_PORTS_MAX];
    struct quantiles decode_ns; /* a datagram, on the average of those received together */
    struct counter answers[DECODE_STATUS_COUNT]; /* datagrams, by what the decoder said */
};
