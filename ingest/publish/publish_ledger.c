/* SPDX-License-Identifier: BSD-3-Clause -- the publisher's share of the loss ledger. */
#include "ingest/publish/publish_state.h"

#include "common/clock.h"

enum {
    SHARES_PART = 16 /* of the window's bytes, for the lists of batches that wait */
};

static uint64_t minute_now(void)
{
    return clock_wall_ns() / (S_PER_MINUTE * NS_PER_S);
}

/* Rows take the way of the workers' rows, but for the inbox. */
static enum err take_rows(void *context, struct batch *batch)
{
    publish_accept(context, batch);
    return ERR_OK;
}

enum err publish_ledger_open(struct publisher *publisher, uint64_t window_bytes)
{
    const struct record_batcher_options options = {.deliver = take_rows, .context = publisher};
    publisher->shares_bytes_max = window_bytes / SHARES_PART;
    publisher->ledger_minute = minute_now();
    publisher->accounts = account_book_new();
    enum err err = record_batcher_new(&publisher->rows, &options);
    return publisher->accounts != NULL ? err : ERR_MEMORY;
}

void publish_ledger_close(struct publisher *publisher)
{
    account_book_destroy(&publisher->accounts);
    record_batcher_destroy(&publisher->rows);
}

void publish_ledger_count(
    struct publisher *publisher, enum account_fate fate, const struct window_batch *batch)
{
    if (publisher->accounts == NULL || batch->kind != RECORD_FLOWS) {
        return;
    }
    const struct account_entry entry = {
        .fate = fate, .flow_count = batch->flow_count, .day = batch->day, .shares = batch->shares};
    account_book_add(publisher->accounts, &entry);
}

void publish_ledger_keep(struct publisher *publisher, struct window_batch *batch)
{
    size_t size = share_list_size(batch->shares);
    if (publisher->shares_bytes + size > publisher->shares_bytes_max) {
        share_list_destroy(&batch->shares);
        return;
    }
    publisher->shares_bytes += size;
}

void publish_ledger_release(
    struct publisher *publisher, const struct window_batch *batch, bool is_lost)
{
    publisher->shares_bytes -= share_list_size(batch->shares);
    if (is_lost) {
        publish_ledger_count(publisher, ACCOUNT_DROPPED, batch);
    }
}

void publish_ledger_tell(struct publisher *publisher)
{
    if (publisher->accounts == NULL) {
        return;
    }
    const struct record_sink sink = {record_batcher_take, publisher->rows};
    account_book_tell(publisher->accounts, publisher->ledger_minute * S_PER_MINUTE, &sink);
    record_batcher_flush(publisher->rows);
}

void publish_ledger_tick(struct publisher *publisher)
{
    uint64_t minute = minute_now();
    if (minute != publisher->ledger_minute) {
        publish_ledger_tell(publisher);
        publisher->ledger_minute = minute;
    }
}

int publish_ledger_due_ms(const struct publisher *publisher)
{
    if (publisher->accounts == NULL || account_book_is_empty(publisher->accounts)) {
        return -1;
    }
    uint64_t minute_ns = S_PER_MINUTE * NS_PER_S;
    return (int)((minute_ns - clock_wall_ns() % minute_ns) / NS_PER_MS + 1);
}
