/* SPDX-License-Identifier: BSD-3-Clause -- unpack into columns: flows per core-second. */
#include "common/clock.h"
#include "common/flow_codec.h"
#include "store/columns/columns.h"
#include "tests/support/random_flow.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    FLOWS_A_BATCH = 2048,
    BATCHES = 64,
    DEFAULT_ROUNDS = 20
};

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : DEFAULT_ROUNDS;
    struct random random = {1};
    struct columns *columns;
    uint8_t *payload = malloc((size_t)FLOWS_A_BATCH * 256);
    if (payload == NULL || columns_new(&columns, FLOWS_A_BATCH * BATCHES) != ERR_OK) {
        return 1;
    }
    size_t size = random_netflow5_batch(&random, payload, FLOWS_A_BATCH);
    struct row_identity identity = {.ingest_id = 1};
    uint64_t start_ns = clock_thread_cpu_ns();
    for (long i = 0; i < rounds; i++) {
        columns_reset(columns);
        for (identity.sequence = 0; identity.sequence < BATCHES; identity.sequence++) {
            if (columns_append(columns, cursor_of(payload, size), FLOWS_A_BATCH, &identity) !=
                ERR_OK) {
                return 1;
            }
        }
    }
    uint64_t spent_ns = clock_thread_cpu_ns() - start_ns;
    double flow_count = (double)rounds * BATCHES * FLOWS_A_BATCH;
    printf("columns: %.2f M flows per core-second, %.1f ns a flow\n",
        flow_count * 1e3 / (double)spent_ns, (double)spent_ns / flow_count);
    free(payload);
    columns_destroy(&columns);
    return 0;
}
