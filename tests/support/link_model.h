/*
 * link_model.h -- the link's two state machines in a simulated world.
 *
 * The code under test is the real window and the real ledger; sockets, clocks, processes and the
 * database are simulated from one seed: messages are lost, doubled, late and out of order; both
 * sides crash and pause, and the ingest comes back with its spool; statements reach the database
 * late, answers get lost. Each process has a monotonic clock of its own. Then the faults end, and
 * everything must be in the table exactly once. Protocol: docs/wire.md.
 */
#pragma once

#include <stdint.h>

struct link_model_options {
    uint64_t seed;
    uint32_t batches;
    uint32_t stores;
    /* The longest the database may take between its last look at the clock and the commit. The
     * protocol allows for half a lease, which is LINK_MODEL_LEASE_MS / 2. */
    uint32_t commit_ms_max;
};

enum {
    LINK_MODEL_LEASE_MS = 1000
};

struct link_model_result {
    uint32_t missing;   /* batches not in the table */
    uint32_t repeated;  /* batches in the table more than once */
    uint64_t unsettled; /* batches the ingest still waits for */
    uint32_t takeovers; /* leases that followed another: that the faults did something */
    uint32_t crashes;
};

struct link_model_result link_model_run(const struct link_model_options *options);
