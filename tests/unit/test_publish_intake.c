/* SPDX-License-Identifier: BSD-3-Clause -- batches into spool and window, on a disk that fills up.
 */
#include "ingest/publish/publish_state.h"
#include "tests/support/link_rig.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
    INGEST = 77,
    FIRST = 1000, /* sequence */
    FLOWS = 10,   /* a batch */
    FOUND_MAX = 8
};

static struct publisher publisher;
static char folder[64];

/* The sequences of what a spool gives back. */
static uint64_t found[FOUND_MAX];
static size_t found_count;

static enum err keep_sequence(void *context, const struct window_batch *batch)
{
    (void)context;
    cr_assert_lt(found_count, FOUND_MAX);
    found[found_count++] = batch->sequence;
    return ERR_OK;
}

static void open_spool(void)
{
    spool_close(&publisher.spool);
    const struct spool_options options = {.folder = folder,
        .fallback_id = INGEST,
        .max_bytes = 1 << 20,
        .segment_bytes = 1 << 16,
        .sync_period_ms = 1000};
    cr_assert_eq(spool_open(&publisher.spool, &options, keep_sequence, NULL), ERR_OK);
}

static void start(void)
{
    const struct identity_options identity = {.wanted_id = INGEST};
    const struct window_options window = {.max_bytes = 1 << 20, .first_sequence = FIRST};
    (void)snprintf(folder, sizeof folder, "/tmp/goflow-intake-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(identity_open(&publisher.identity, &identity), ERR_OK);
    identity_begin(publisher.identity, &(struct identity_spool){0});
    cr_assert_eq(window_new(&publisher.window, &window), ERR_OK);
    open_spool();
}

static void finish(void)
{
    window_destroy(&publisher.window);
    spool_close(&publisher.spool);
    identity_close(&publisher.identity);
    rig_remove_folder(folder);
}

TestSuite(publish_intake, .init = start, .fini = finish);

/* No file of this process may grow beyond so many bytes. */
static void limit_files(rlim_t bytes)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){bytes, RLIM_INFINITY}), 0);
}

static void append(uint32_t batches)
{
    for (uint32_t i = 0; i < batches; i++) {
        publish_accept(&publisher, rig_batch(1, FLOWS, 0));
    }
}

static uint64_t spooled(void)
{
    return counter_get(&publisher.counters.flows_spooled);
}

Test(publish_intake, writes_what_a_full_disk_refused_when_it_takes_batches_again)
{
    limit_files(1);
    append(2);
    cr_assert_eq(spooled(), 0);
    limit_files(RLIM_INFINITY);
    append(1);
    cr_assert_eq(spooled(), 3 * FLOWS);
    cr_assert_null(window_next_unsaved(publisher.window));
    open_spool();
    cr_assert_eq(found_count, 3);
    for (uint64_t i = 0; i < 3; i++) {
        cr_assert_eq(found[i], FIRST + i);
    }
}

Test(publish_intake, writes_a_few_of_those_with_each_new_batch)
{
    limit_files(1);
    append(6);
    limit_files(RLIM_INFINITY);
    append(1);
    cr_assert_eq(spooled(), 5 * FLOWS);
    append(1);
    cr_assert_eq(spooled(), 8 * FLOWS);
}
