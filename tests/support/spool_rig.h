/*
 * spool_rig.h -- a spool in a folder of its own, for the tests of one program.
 *
 * TestSuite(x, .init = start, .fini = stop) makes and removes the folder. What is open is closed
 * and opened again by open_spool(); `found` is what it gave back then.
 */
#pragma once

#include "ingest/publish/spool.h"
#include "tests/support/link_rig.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum {
    INGEST = 77,
    FOUND_MAX = 64,
    SEGMENT = 4096,
    PAYLOAD = 500
};

/* What the spool gave back when it was opened. */
struct found {
    struct window_batch batches[FOUND_MAX];
    size_t count;
};

static char folder[64];
static struct spool *spool; /* NULL: closed */
static struct found found;
static uint64_t fallback_id = INGEST;

static inline void start(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/goflow-spool-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static inline void stop(void)
{
    spool_close(&spool);
    rig_remove_folder(folder);
}

static inline enum err keep(void *context, const struct window_batch *batch)
{
    (void)context;
    cr_assert_lt(found.count, FOUND_MAX);
    found.batches[found.count++] = *batch;
    return ERR_OK;
}

/* Anew where it is open. */
static inline void open_spool(void)
{
    const struct spool_options options = {
        .folder = folder,
        .fallback_id = fallback_id,
        .max_bytes = 16 * SEGMENT,
        .segment_bytes = SEGMENT,
        .sync_period_ms = 1000,
    };
    spool_close(&spool);
    found.count = 0;
    cr_assert_eq(spool_open(&spool, &options, keep, NULL), ERR_OK);
}

static inline struct window_batch make_batch(uint64_t sequence)
{
    struct window_batch batch = {
        .sequence = sequence,
        .created_ms = sequence * 3,
        .flow_count = 10,
        .payload_size = PAYLOAD,
        .day = 19000,
        .stored_size = PAYLOAD,
    };
    (void)zmq_msg_init_size(&batch.payload, PAYLOAD);
    memset(zmq_msg_data(&batch.payload), (int)sequence, PAYLOAD);
    return batch;
}

static inline struct window_batch append(uint64_t sequence)
{
    struct window_batch batch = make_batch(sequence);
    cr_assert_eq(spool_append(spool, &batch), ERR_OK);
    (void)zmq_msg_close(&batch.payload);
    return batch;
}

static inline void check_payload(const struct window_batch *batch)
{
    zmq_msg_t payload;
    cr_assert_eq(spool_read(spool, batch, &payload), ERR_OK);
    cr_assert_eq(zmq_msg_size(&payload), PAYLOAD);
    const uint8_t *bytes = zmq_msg_data(&payload);
    for (size_t i = 0; i < PAYLOAD; i++) {
        cr_assert_eq(bytes[i], (uint8_t)batch->sequence);
    }
    (void)zmq_msg_close(&payload);
}

/* Batches 1 to `count`, in their places. */
static inline void append_many(struct window_batch *batches, uint64_t count)
{
    for (uint64_t i = 1; i <= count; i++) {
        batches[i] = append(i);
    }
}

static inline void segment_path(unsigned number, char out[128])
{
    (void)snprintf(out, 128, "%s/%016x.spool", folder, number);
}

static inline int open_segment(unsigned number)
{
    char path[128];
    segment_path(number, path);
    int fd = open(path, O_RDWR);
    cr_assert_geq(fd, 0);
    return fd;
}

/* If it is there. */
static inline void remove_segment(unsigned number)
{
    char path[128];
    segment_path(number, path);
    (void)unlink(path);
}

static inline void flip_bit(unsigned number, size_t at)
{
    int fd = open_segment(number);
    uint8_t byte = 0;
    cr_assert_eq(pread(fd, &byte, 1, (off_t)at), 1);
    byte ^= 0x10;
    cr_assert_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
    (void)close(fd);
}

enum {
    HEADER = 24,
    RECORD = 48 + PAYLOAD
};
