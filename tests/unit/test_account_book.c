/* SPDX-License-Identifier: BSD-3-Clause -- what became of flows, by origin. */
#include "ingest/batch/account_book.h"

#include "common/clock.h"

#include <criterion/criterion.h>

enum {
    DAY = 19675,
    MIDNIGHT_S = DAY * S_PER_DAY,
    NOON_S = MIDNIGHT_S + S_PER_DAY / 2,
    MANY = 20000 /* origins: more than a book has room for */
};

struct ledger {
    size_t rows;
    uint64_t sums[LOSSES_FIELD_COUNT];
    struct record last;
    struct address last_exporter;
};

static void take_row(void *context, enum record_kind kind, const struct record *record)
{
    struct ledger *ledger = context;
    cr_assert_eq(kind, RECORD_LOSSES);
    ledger->rows++;
    for (size_t i = LOSSES_DOMAIN; i < LOSSES_FIELD_COUNT; i++) {
        ledger->sums[i] += record_has(record, (unsigned)i) ? record->values[i].number : 0;
    }
    ledger->last = *record;
    ledger->last_exporter = record_address(record, LOSSES_SAMPLER_ADDRESS);
}

static struct ledger tell(struct account_book *book, uint64_t minute_s)
{
    struct ledger ledger = {.rows = 0};
    const struct record_sink sink = {take_row, &ledger};
    account_book_tell(book, minute_s, &sink);
    return ledger;
}

static void add(struct account_book *book, enum account_fate fate, uint32_t domain, uint32_t day)
{
    const struct flow_share share = {
        .origin = {.exporter = address_from_ipv4((const uint8_t[]){192, 0, 2, 1}),
            .domain = domain,
            .type = FLOW_TYPE_IPFIX,
            .day = day},
        .flows = 10};
    account_book_add_share(book, fate, &share);
}

static uint64_t last(const struct ledger *ledger, enum losses_field field)
{
    return ledger->last.values[field].number;
}

Test(account_book, without_flows_there_is_nothing_to_tell)
{
    struct account_book *book = account_book_new();
    cr_assert(account_book_is_empty(book));
    cr_assert_eq(tell(book, NOON_S).rows, 0);
    account_book_destroy(&book);
    account_book_destroy(&book);
}

Test(account_book, a_batch_without_shares_is_nobodys)
{
    struct account_book *book = account_book_new();
    const struct account_entry entry = {
        .fate = ACCOUNT_DROPPED, .flow_count = 30, .day = DAY, .shares = NULL};
    account_book_add(book, &entry);
    struct ledger ledger = tell(book, NOON_S);
    cr_assert_eq(ledger.rows, 1);
    cr_assert(address_is_unspecified(&ledger.last_exporter));
    cr_assert_eq(last(&ledger, LOSSES_PROTOCOL), FLOW_TYPE_UNKNOWN);
    cr_assert_eq(last(&ledger, LOSSES_FLOWS_DROPPED), 30);
    account_book_destroy(&book);
}

Test(account_book, more_origins_than_it_has_room_for_are_nobodys)
{
    struct account_book *book = account_book_new();
    for (uint32_t domain = 0; domain < MANY; domain++) {
        add(book, ACCOUNT_ACCEPTED, domain, DAY);
    }
    struct ledger ledger = tell(book, NOON_S);
    cr_assert_lt(ledger.rows, MANY);
    cr_assert_eq(ledger.sums[LOSSES_FLOWS_ACCEPTED], MANY * 10, "none goes uncounted");
    cr_assert(address_is_unspecified(&ledger.last_exporter));
    cr_assert_eq(last(&ledger, LOSSES_FLOWS_ACCEPTED), (MANY - ledger.rows + 1) * 10);
    add(book, ACCOUNT_ACCEPTED, MANY, DAY);
    ledger = tell(book, NOON_S);
    cr_assert_eq(ledger.rows, 1, "there is room again");
    cr_assert_eq(last(&ledger, LOSSES_DOMAIN), MANY);
    account_book_destroy(&book);
}

Test(account_book, a_row_has_what_became_of_the_flows_of_one_origin)
{
    struct account_book *book = account_book_new();
    add(book, ACCOUNT_REFUSED, 7, DAY);
    for (int i = 0; i < 4; i++) {
        add(book, ACCOUNT_ACCEPTED, 7, DAY);
    }
    for (int i = 0; i < 3; i++) {
        add(book, ACCOUNT_SPOOLED, 7, DAY);
    }
    add(book, ACCOUNT_DROPPED, 7, DAY);
    add(book, ACCOUNT_DROPPED, 7, DAY);
    struct ledger ledger = tell(book, NOON_S);
    cr_assert_eq(ledger.rows, 1);
    cr_assert_eq(last(&ledger, LOSSES_TIME_RECEIVED), NOON_S);
    cr_assert_eq(last(&ledger, LOSSES_DOMAIN), 7);
    cr_assert_eq(last(&ledger, LOSSES_PROTOCOL), FLOW_TYPE_IPFIX);
    cr_assert_eq(last(&ledger, LOSSES_FLOWS_REFUSED), 10);
    cr_assert_eq(last(&ledger, LOSSES_FLOWS_ACCEPTED), 40);
    cr_assert_eq(last(&ledger, LOSSES_FLOWS_SPOOLED), 30);
    cr_assert_eq(last(&ledger, LOSSES_FLOWS_DROPPED), 20);
    account_book_destroy(&book);
}

Test(account_book, is_empty_once_it_was_told)
{
    struct account_book *book = account_book_new();
    add(book, ACCOUNT_ACCEPTED, 7, DAY);
    cr_assert(!account_book_is_empty(book));
    cr_assert_eq(tell(book, NOON_S).rows, 1);
    cr_assert(account_book_is_empty(book));
    add(book, ACCOUNT_SPOOLED, 7, DAY);
    struct ledger ledger = tell(book, NOON_S);
    cr_assert_eq(ledger.sums[LOSSES_FLOWS_ACCEPTED], 0);
    cr_assert_eq(ledger.sums[LOSSES_FLOWS_SPOOLED], 10);
    account_book_destroy(&book);
}

/* The minute of the row of flows that were received on that day, told in that minute. */
static uint64_t minute_of(uint32_t day, uint64_t told_s)
{
    struct account_book *book = account_book_new();
    add(book, ACCOUNT_ACCEPTED, 1, day);
    struct ledger ledger = tell(book, told_s);
    account_book_destroy(&book);
    return last(&ledger, LOSSES_TIME_RECEIVED);
}

Test(account_book, rows_are_of_the_day_of_their_flows)
{
    cr_assert_eq(minute_of(DAY, MIDNIGHT_S), MIDNIGHT_S);
    cr_assert_eq(minute_of(DAY, MIDNIGHT_S + S_PER_DAY - 60), MIDNIGHT_S + S_PER_DAY - 60);
    cr_assert_eq(minute_of(DAY - 1, MIDNIGHT_S), MIDNIGHT_S - 60);
    cr_assert_eq(minute_of(DAY + 1, MIDNIGHT_S), MIDNIGHT_S + S_PER_DAY);
}
