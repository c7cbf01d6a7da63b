/*
 * random_flow.h -- flows for tests and benchmarks, the same for the same seed.
 */
#pragma once

#include "common/flow.h"

struct random {
    uint64_t state; /* the seed */
};

uint64_t random_next(struct random *random);

/* A value below `limit`. */
uint64_t random_below(struct random *random, uint64_t limit);

/* Sets one field to a random value that is not its default; small and extreme ones are common. */
void random_field(struct random *random, struct flow *flow, enum flow_field field);

/* A flow in which each field is present with a probability of `percent`. */
void random_flow(struct random *random, struct flow *flow, unsigned percent);

/* Flows as a NetFlow 5 exporter sends them, thirty a datagram; call with index 0, 1, 2 ... */
void random_netflow5(struct random *random, struct flow *flow, uint32_t index);

/* Packs so many such flows as a FlowBatch; `out` has room for 256 bytes a flow. */
size_t random_netflow5_batch(struct random *random, uint8_t *out, uint32_t count);

/* True when both have the same fields with the same values. */
bool flow_equal(const struct flow *a, const struct flow *b);
