/* SPDX-License-Identifier: BSD-3-Clause -- what became of flows, by origin. */
#include "ingest/batch/account_book.h"

#include "common/clock.h"
#include "ingest/batch/origin_map.h"

#include <stdlib.h>

enum {
    ACCOUNTS_MAX = 1 << 14
};

struct account {
    uint64_t flows[ACCOUNT_FATE_COUNT];
};

struct account_book {
    struct origin_map origins;
    struct account accounts[ACCOUNTS_MAX]; /* by number of the origin */
    struct account rest;                   /* of origins that found no room */
    uint32_t rest_day;                     /* of the last of them */
    bool has_rest;
};

static const uint8_t LEDGER_FIELD[ACCOUNT_FATE_COUNT] = {
    [ACCOUNT_REFUSED] = LOSSES_FLOWS_REFUSED,
    [ACCOUNT_ACCEPTED] = LOSSES_FLOWS_ACCEPTED,
    [ACCOUNT_SPOOLED] = LOSSES_FLOWS_SPOOLED,
    [ACCOUNT_DROPPED] = LOSSES_FLOWS_DROPPED,
};

struct account_book *account_book_new(void)
{
    struct account_book *book = calloc(1, sizeof *book);
    if (book != NULL && origin_map_init(&book->origins, ACCOUNTS_MAX) != ERR_OK) {
        account_book_destroy(&book);
    }
    return book;
}

void account_book_destroy(struct account_book **book_p)
{
    if (*book_p != NULL) {
        origin_map_clear(&(*book_p)->origins);
        free(*book_p);
        *book_p = NULL;
    }
}

static struct account *rest_of(struct account_book *book, uint32_t day)
{
    book->rest_day = day;
    book->has_rest = true;
    return &book->rest;
}

void account_book_add_share(
    struct account_book *book, enum account_fate fate, const struct flow_share *share)
{
    uint32_t known = book->origins.count;
    uint32_t number = origin_map_take(&book->origins, &share->origin);
    if (number == known && number < ACCOUNTS_MAX) {
        book->accounts[number] = (struct account){.flows = {0}};
    }
    struct account *account =
        number < ACCOUNTS_MAX ? &book->accounts[number] : rest_of(book, share->origin.day);
    account->flows[fate] += share->flows;
}

void account_book_add(struct account_book *book, const struct account_entry *entry)
{
    if (entry->shares == NULL) {
        const struct flow_share all = {.origin = {.day = entry->day}, .flows = entry->flow_count};
        account_book_add_share(book, entry->fate, &all);
        return;
    }
    for (uint32_t i = 0; i < entry->shares->count; i++) {
        account_book_add_share(book, entry->fate, &entry->shares->shares[i]);
    }
}

bool account_book_is_empty(const struct account_book *book)
{
    return book->origins.count == 0;
}

/* The minute of that day that is nearest. */
static uint64_t minute_of_day(uint64_t minute_s, uint32_t day)
{
    uint64_t first_s = (uint64_t)day * S_PER_DAY;
    uint64_t last_s = first_s + S_PER_DAY - S_PER_MINUTE;
    uint64_t least_s = minute_s < last_s ? minute_s : last_s;
    return least_s > first_s ? least_s : first_s;
}

static void tell_account(const struct account *account, const struct flow_origin *origin,
    uint64_t minute_s, const struct record_sink *sink)
{
    struct record record = {.present = 0};
    record_set_number(&record, LOSSES_TIME_RECEIVED, minute_of_day(minute_s, origin->day));
    record_set_address(&record, LOSSES_SAMPLER_ADDRESS, &origin->exporter);
    record_set_number(&record, LOSSES_DOMAIN, origin->domain);
    record_set_number(&record, LOSSES_PROTOCOL, origin->type);
    for (size_t i = 0; i < ACCOUNT_FATE_COUNT; i++) {
        record_set_number(&record, LEDGER_FIELD[i], account->flows[i]);
    }
    sink->take(sink->context, RECORD_LOSSES, &record);
}

void account_book_tell(struct account_book *book, uint64_t minute_s, const struct record_sink *sink)
{
    for (uint32_t i = 0; i < book->origins.count; i++) {
        tell_account(&book->accounts[i], &book->origins.origins[i], minute_s, sink);
    }
    if (book->has_rest) {
        const struct flow_origin nobody = {.day = book->rest_day};
        tell_account(&book->rest, &nobody, minute_s, sink);
        book->rest = (struct account){.flows = {0}};
        book->has_rest = false;
    }
    origin_map_empty(&book->origins);
}
