/* SPDX-License-Identifier: BSD-3-Clause -- exports that no router made. */
#include "tools/replay/synthetic.h"

#include "common/clock.h"
#include "tools/replay/synthetic_export.h"

#include <assert.h>
#include <stdlib.h>

enum {
    /* Datagrams in a row from one exporter: routers send in bursts, too. */
    BURST = 8,
    /* Longer than any flow lasts, so that no flow starts before its router did. */
    UPTIME_AT_START_MS = 3600 * 1000
};

struct synthetic {
    struct synthetic_options options;
    struct traffic_mix *mix;
    uint64_t start_ns; /* 0 until the first datagram */
    uint64_t datagrams;
    struct synthetic_exporter *exporters;
};

enum err synthetic_protocol_parse(enum synthetic_protocol *protocol_p, const char *text)
{
    static const char *const NAMES[] = {"netflow5", "netflow9", "ipfix", "sflow"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strcmp(NAMES[i], text) == 0) {
            *protocol_p = (enum synthetic_protocol)i;
            return ERR_OK;
        }
    }
    return ERR_INVALID;
}

enum err synthetic_new(struct synthetic **synthetic_p, const struct synthetic_options *options)
{
    struct synthetic *synthetic = calloc(1, sizeof *synthetic);
    *synthetic_p = synthetic;
    if (synthetic == NULL) {
        return ERR_MEMORY;
    }
    synthetic->options = *options;
    synthetic->exporters = calloc(options->exporters, sizeof *synthetic->exporters);
    enum err err = traffic_mix_new(&synthetic->mix, options->seed, options->first_number);
    if (err != ERR_OK || synthetic->exporters == NULL) {
        synthetic_destroy(synthetic_p);
        return ERR_MEMORY;
    }
    for (uint32_t i = 0; i < options->exporters; i++) {
        synthetic->exporters[i].index = i;
    }
    return ERR_OK;
}

void synthetic_destroy(struct synthetic **synthetic_p)
{
    if (*synthetic_p == NULL) {
        return;
    }
    traffic_mix_destroy(&(*synthetic_p)->mix);
    free((*synthetic_p)->exporters);
    free(*synthetic_p);
    *synthetic_p = NULL;
}

static void build(const struct synthetic *synthetic, struct synthetic_export *export)
{
    switch (synthetic->options.protocol) {
    case SYNTHETIC_NETFLOW5:
        synthetic_netflow5(export);
        break;
    case SYNTHETIC_NETFLOW9:
        synthetic_netflow9(export);
        break;
    case SYNTHETIC_IPFIX:
        synthetic_ipfix(export);
        break;
    case SYNTHETIC_SFLOW:
        synthetic_sflow(export);
        break;
    }
}

size_t synthetic_next(struct synthetic *synthetic, uint64_t now_ns, uint8_t out[SYNTHETIC_MAX],
    uint32_t *exporter_p, struct flow_sums *sums)
{
    if (synthetic->datagrams == 0) {
        synthetic->start_ns = now_ns;
    }
    uint32_t turn = (uint32_t)(synthetic->datagrams / BURST % synthetic->options.exporters);
    struct synthetic_export export = {
        .put = {out},
        .now_ns = now_ns,
        .uptime_ms = UPTIME_AT_START_MS + (uint32_t)((now_ns - synthetic->start_ns) / NS_PER_MS),
        .sampling_rate = synthetic->options.sampling_rate,
        .exporter = &synthetic->exporters[turn],
        .mix = synthetic->mix,
        .sums = sums,
    };
    build(synthetic, &export);
    export.exporter->datagrams++;
    synthetic->datagrams++;
    *exporter_p = turn;
    size_t size = (size_t)(export.put.pos - out);
    assert(size <= SYNTHETIC_MAX);
    return size;
}
