/* SPDX-License-Identifier: BSD-3-Clause -- rows beside flows in batches of one kind each. */
#include "ingest/batch/record_batch.h"

#include "common/clock.h"
#include "tests/support/link_rig.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum {
    DAY = 19675
};

struct taken {
    enum err answer;
    size_t batches;
    uint32_t rows[RECORD_KIND_COUNT];
    uint32_t last_day;
};

static enum err take(void *context, struct batch *batch)
{
    struct taken *taken = context;
    if (taken->answer != ERR_OK) {
        return taken->answer;
    }
    struct cursor payload = cursor_of(batch->bytes, batch->size);
    struct record record;
    uint32_t rows = 0;
    while (record_parse(&payload, batch->kind, &record) == ERR_OK) {
        rows++;
    }
    cr_assert_eq(rows, batch->flow_count);
    taken->batches++;
    taken->rows[batch->kind] += rows;
    taken->last_day = batch->day;
    batch_destroy(&batch);
    return ERR_OK;
}

static struct record_batcher *open_batcher(struct taken *taken)
{
    struct record_batcher *batcher;
    const struct record_batcher_options options = {.deliver = take, .context = taken};
    cr_assert_eq(record_batcher_new(&batcher, &options), ERR_OK);
    return batcher;
}

static void add(struct record_batcher *batcher, enum record_kind kind, uint64_t day)
{
    struct record record = {.present = 0};
    record_set_number(&record, LOSSES_TIME_RECEIVED, day * S_PER_DAY);
    record_batcher_take(batcher, kind, &record);
}

static void collect(void *batcher, struct metrics_page *page)
{
    record_batcher_collect(batcher, page);
}

static double dropped(struct record_batcher *batcher)
{
    return rig_metric(collect, batcher, "goflow_batch_records_dropped_total");
}

Test(record_batch, counts_what_nobody_takes)
{
    struct taken taken = {.answer = ERR_FULL};
    struct record_batcher *batcher = open_batcher(&taken);
    add(batcher, RECORD_LOSSES, DAY);
    add(batcher, RECORD_LOSSES, DAY);
    record_batcher_flush(batcher);
    cr_assert_eq(dropped(batcher), 2);
    record_batcher_flush(batcher);
    cr_assert_eq(dropped(batcher), 2);
    record_batcher_destroy(&batcher);
}

Test(record_batch, has_rows_of_one_kind_and_one_day)
{
    struct taken taken = {.answer = ERR_OK};
    struct record_batcher *batcher = open_batcher(&taken);
    add(batcher, RECORD_LOSSES, DAY);
    add(batcher, RECORD_COUNTERS, DAY);
    cr_assert_eq(taken.batches, 0);
    add(batcher, RECORD_LOSSES, DAY + 1);
    cr_assert_eq(taken.batches, 1);
    cr_assert_eq(taken.last_day, DAY);
    record_batcher_flush(batcher);
    cr_assert_eq(taken.batches, 3);
    cr_assert_eq(taken.rows[RECORD_LOSSES], 2);
    cr_assert_eq(taken.rows[RECORD_COUNTERS], 1);
    record_batcher_destroy(&batcher);
}

Test(record_batch, is_sealed_when_it_is_full)
{
    struct taken taken = {.answer = ERR_OK};
    struct record_batcher *batcher = open_batcher(&taken);
    for (int i = 0; i < 100000; i++) {
        add(batcher, RECORD_LOSSES, DAY);
    }
    cr_assert_gt(taken.batches, 0);
    record_batcher_flush(batcher);
    cr_assert_eq(taken.rows[RECORD_LOSSES], 100000);
    record_batcher_destroy(&batcher);
}

Test(record_batch, is_sealed_after_a_second)
{
    struct taken taken = {.answer = ERR_OK};
    struct record_batcher *batcher = open_batcher(&taken);
    uint64_t now_ns = clock_monotonic_ns();
    cr_assert_eq(record_batcher_tick(batcher, now_ns), -1);
    add(batcher, RECORD_OPTIONS, DAY);
    int due_ms = record_batcher_tick(batcher, now_ns);
    cr_assert(due_ms > 0);
    cr_assert_eq(taken.batches, 0);
    cr_assert_eq(record_batcher_tick(batcher, now_ns + 2 * NS_PER_S), -1);
    cr_assert_eq(taken.batches, 1);
    record_batcher_destroy(&batcher);
}
