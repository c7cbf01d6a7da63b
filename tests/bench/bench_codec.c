/* SPDX-License-Identifier: BSD-3-Clause -- pack alone: flows per core-second. */
#include "common/flow_codec.h"
#include "tests/support/cpu_clock.h"
#include "tests/support/random_flow.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    FLOWS = 30, /* one datagram: a decoder's record stays in the nearest cache, and so do these */
    DEFAULT_ROUNDS = 100000
};

static struct flow flows[FLOWS];
static uint8_t out[FLOWS * 256 + FLOW_PACKED_MAX];

/* The fixed part is packed once a datagram, as it is in a worker. */
static size_t pack_datagram(void)
{
    struct flow_packer packer = {0};
    size_t size = 0;
    for (uint32_t i = 0; i < FLOWS; i++) {
        if (i > 0) {
            packer.flow = &flows[i]; /* a decoder has one record; these share a series */
        }
        size += flow_pack(&packer, &flows[i], out + size);
    }
    return size;
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : DEFAULT_ROUNDS;
    struct random random = {1};
    static struct flow flow;
    for (uint32_t i = 0; i < FLOWS; i++) {
        random_netflow5(&random, &flow, i);
        flows[i] = flow;
    }
    size_t size = 0;
    uint64_t start_ns = cpu_clock_ns();
    for (long i = 0; i < rounds; i++) {
        size = pack_datagram();
    }
    uint64_t spent_ns = cpu_clock_ns() - start_ns;
    double flow_count = (double)rounds * FLOWS;
    printf("pack: %.2f M flows per core-second, %.1f ns and %.1f bytes a flow\n",
        flow_count * 1e3 / (double)spent_ns, (double)spent_ns / flow_count, (double)size / FLOWS);
    return 0;
}
