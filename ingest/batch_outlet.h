/*
 * batch_outlet.h -- the outlet that packs flows into batches, for the link or for measuring.
 */
#pragma once

#include "ingest/batch/batch.h"
#include "ingest/batch/record_batch.h"
#include "ingest/publish/publish.h"
#include "ingest/receive/outlet.h"

struct batch_outlet_options {
    uint32_t max_bytes;
    uint32_t max_flows;
    uint32_t max_age_ms;
    bool takes_records;          /* and rows beside flows */
    struct publisher *publisher; /* borrowed until finish(); NULL: packed, then thrown away */
    uint64_t patient_bytes; /* 0: refuses when full, as sockets need it; else a full batch waits
                             * until less than this waits for the stores, as files can */
};

/* Main thread, before the worker that it is for. */
MUST_CHECK enum err batch_outlet_new(
    struct outlet *outlet_p, const struct batch_outlet_options *options);
