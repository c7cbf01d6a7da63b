/*
 * link_rig.h -- both ends of the link in one process, with a database of counters.
 *
 * Every flow carries a unique number (its Bytes); the fake database counts how often each number
 * was inserted, so that a test sees what is missing and what is there twice. The fake writer obeys
 * leases as the real one does, and can be stuck.
 */
#pragma once

#include "ingest/publish/publish.h"
#include "store/pull/pull.h"

#include <pthread.h>
#include <stdatomic.h>

struct fake_database {
    pthread_mutex_t lock;
    uint8_t *counts; /* by number */
    uint64_t limit;  /* numbers are below it */
    uint64_t rows;
};

void fake_database_init(struct fake_database *database, uint64_t limit);
void fake_database_clear(struct fake_database *database);
uint64_t fake_database_rows(struct fake_database *database);
/* Numbers 1..last that are not there exactly once. */
uint64_t fake_database_wrong(struct fake_database *database, uint64_t last);

enum {
    FAKE_BLOCKS_MAX = 16
};

struct fake_writer {
    struct fake_database *database;
    zsock_t *socket;
    struct block *blocks[FAKE_BLOCKS_MAX];
    size_t block_count;
    atomic_bool is_stuck;
    _Atomic uint64_t rows; /* inserted by this writer */
};

void fake_writer_init(struct fake_writer *writer, struct fake_database *database);
/* After the puller is gone: destroys the blocks that it did not get back. */
void fake_writer_clear(struct fake_writer *writer);
struct block_exchange fake_writer_exchange(struct fake_writer *writer);

/* An unused endpoint for a test: ipc in the temporary folder, by its own number. */
void rig_ipc_endpoint(char out[LINK_ENDPOINT_SIZE]);
/* A tcp endpoint on loopback whose port and the next are free now. */
void rig_tcp_endpoint(char out[LINK_ENDPOINT_SIZE]);

/* One worker's end of a publisher; offers batches of `count` flows numbered from `first`. */
struct batch *rig_batch(uint64_t first, uint32_t count, uint32_t day);

/* From here on no file can be opened; at most a few hundred are. */
void rig_use_up_descriptors(void);
void rig_give_back_descriptors(void);

/* A folder of plain files. */
void rig_remove_folder(const char *folder);

/* Waits until the database has that many rows, for at most ten seconds. */
bool rig_wait_rows(struct fake_database *database, uint64_t rows);

/* The value of a metric as printed, labels included in the name; 0 when it is not there. */
double rig_metric(metrics_collect_fn *collect, void *context, const char *name);
bool rig_wait_metric(metrics_collect_fn *collect, void *context, const char *name, double value);
