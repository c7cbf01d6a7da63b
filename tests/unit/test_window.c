/* SPDX-License-Identifier: BSD-3-Clause -- the rules of the ingest's window, one by one. */
#include "ingest/publish/window.h"

#include "common/clock.h"

#include <criterion/criterion.h>

enum {
    FIRST = 1000,
    TIMEOUT_MS = 100,
    LEASE_MS = 100,
    PAYLOAD = 10,
    STORE_A = 1,
    STORE_B = 2
};

static const uint64_t NOW = 5000 * NS_PER_MS;
static const uint64_t LEASE_END = 5000 * NS_PER_MS + LEASE_MS * 3 / 2 * NS_PER_MS;

static struct window *open_window(uint64_t max_bytes, uint32_t batches)
{
    struct window_options options = {
        .max_bytes = max_bytes,
        .first_sequence = FIRST,
        .ack_timeout_ms = TIMEOUT_MS,
        .lease_ms = LEASE_MS,
    };
    struct window *window = NULL;
    cr_assert_eq(window_new(&window, &options), ERR_OK);
    for (uint32_t i = 0; i < batches; i++) {
        struct window_batch batch = {.flow_count = 3};
        cr_assert_eq(zmq_msg_init_size(&batch.payload, PAYLOAD), 0);
        cr_assert_eq(window_append(window, &batch), ERR_OK);
    }
    return window;
}

/* Counts batches that left, by whether they were lost. */
static void count_removed(void *context, const struct window_batch *batch, bool is_lost)
{
    uint32_t *removed = context;
    cr_assert_not_null(batch->shares, "still there");
    removed[is_lost]++;
}

/* Sends all that waits; returns how many. */
static uint32_t send_all(struct window *window, uint64_t now_ns)
{
    uint32_t count = 0;
    for (struct window_batch *batch = window_next(window); batch != NULL;
         batch = window_next(window)) {
        window_sent(window, batch, now_ns);
        count++;
    }
    return count;
}

static struct link_ranges one_range(uint64_t first, uint64_t last)
{
    struct link_ranges ranges = {0};
    link_ranges_add(&ranges, first, last);
    return ranges;
}

/* What a store is answered that claims one sequence. */
static enum link_verdict claim(
    struct window *window, uint64_t store_id, uint64_t sequence, uint64_t now_ns)
{
    struct link_lease answer = {0};
    struct link_ranges ranges = one_range(sequence, sequence);
    window_held(window, store_id, &ranges, now_ns, &answer);
    enum link_verdict verdict = LINK_VERDICT_COUNT;
    for (int i = 0; i < LINK_VERDICT_COUNT; i++) {
        if (answer.ranges[i].count > 0) {
            cr_assert_eq(verdict, LINK_VERDICT_COUNT, "two verdicts");
            verdict = (enum link_verdict)i;
        }
    }
    link_ranges_clear(&ranges);
    link_lease_clear(&answer);
    return verdict;
}

static void say(struct window *window, uint64_t store_id, enum link_ack_kind kind, uint64_t first,
    uint64_t last, uint64_t now_ns)
{
    struct link_ack ack = {.kind = kind, .store_id = store_id, .ranges = one_range(first, last)};
    if (kind == LINK_ACK_STORED || kind == LINK_ACK_SHELVED) {
        window_settled(window, &ack);
    } else {
        window_refused(window, &ack, now_ns);
    }
    link_ack_clear(&ack);
}

/* Leased to the first store, then stored by it. */
static void settle(struct window *window, uint64_t first, uint64_t last)
{
    for (uint64_t sequence = first; sequence <= last; sequence++) {
        (void)claim(window, STORE_A, sequence, NOW);
    }
    say(window, STORE_A, LINK_ACK_STORED, first, last, NOW);
}

Test(window, hands_out_batches_in_order)
{
    struct window *window = open_window(1000, 3);
    for (uint64_t i = 0; i < 3; i++) {
        struct window_batch *batch = window_next(window);
        cr_assert_eq(batch->sequence, FIRST + i);
        window_sent(window, batch, NOW);
    }
    cr_assert_null(window_next(window));
    window_destroy(&window);
}

Test(window, drops_the_oldest_that_nobody_has_when_it_is_full)
{
    struct window *window = open_window(3 * PAYLOAD, 3);
    (void)send_all(window, NOW);
    cr_assert_eq(claim(window, STORE_A, FIRST, NOW), LINK_GRANTED);
    struct window_batch batch = {.flow_count = 3};
    (void)zmq_msg_init_size(&batch.payload, PAYLOAD);
    cr_assert_eq(window_append(window, &batch), ERR_OK);
    cr_assert_eq(counter_get(&window_counters(window)->dropped_window.flows), 3);
    cr_assert_eq(claim(window, STORE_A, FIRST, NOW), LINK_REGRANTED, "it was leased");
    cr_assert_eq(claim(window, STORE_A, FIRST + 1, NOW), LINK_GONE, "it was dropped");
    window_destroy(&window);
}

/* The disk is full: the last batches are in memory only, and the memory is full as well. */
Test(window, drops_nothing_while_memory_holds_what_the_spool_has)
{
    struct window *window = open_window(3 * PAYLOAD, 0);
    for (uint32_t i = 0; i < 6; i++) {
        struct window_batch batch = {.flow_count = 3, .place.segment = i < 3 ? 1 : 0};
        (void)zmq_msg_init_size(&batch.payload, PAYLOAD);
        cr_assert_eq(window_append(window, &batch), ERR_OK);
        if (i == 2) { /* a store is at work on all that the spool has */
            (void)send_all(window, NOW);
            for (uint64_t sequence = FIRST; sequence < FIRST + 3; sequence++) {
                cr_assert_eq(claim(window, STORE_A, sequence, NOW), LINK_GRANTED);
            }
        }
    }
    const struct window_counters *counters = window_counters(window);
    cr_assert_eq(counter_get(&counters->dropped_window.flows), 0);
    cr_assert_eq(counter_get(&counters->waiting.batches), 6);
    cr_assert_eq(counter_get(&counters->waiting_bytes), 3 * PAYLOAD);
    struct window_batch batch = {.flow_count = 3};
    (void)zmq_msg_init_size(&batch.payload, PAYLOAD);
    cr_assert_eq(window_append(window, &batch), ERR_OK);
    cr_assert_eq(counter_get(&counters->dropped_window.batches), 1, "now there is no other way");
    cr_assert_eq(claim(window, STORE_A, FIRST + 3, NOW), LINK_GONE, "the oldest of them");
    window_destroy(&window);
}

Test(window, says_which_batches_leave_it_lost_and_whose_they_were)
{
    uint32_t removed[2] = {0};
    struct window_options options = {.max_bytes = 3 * PAYLOAD,
        .first_sequence = FIRST,
        .removed = count_removed,
        .context = removed};
    struct window *window = NULL;
    cr_assert_eq(window_new(&window, &options), ERR_OK);
    for (uint32_t i = 0; i < 5; i++) {
        struct window_batch batch = {.flow_count = 3, .shares = share_list_new(1)};
        cr_assert_eq(zmq_msg_init_size(&batch.payload, PAYLOAD), 0);
        cr_assert_eq(window_append(window, &batch), ERR_OK);
    }
    cr_assert_eq(removed[true], 2, "there was no room");
    settle(window, FIRST + 3, FIRST + 3);
    (void)claim(window, STORE_A, FIRST + 4, NOW);
    say(window, STORE_A, LINK_ACK_SHELVED, FIRST + 4, FIRST + 4, NOW);
    cr_assert_eq(removed[false], 2);
    window_destroy(&window);
    cr_assert_eq(removed[true], 3, "what the stop drops is lost");
}

Test(window, grows_past_its_first_room_and_keeps_the_order)
{
    struct window *window = open_window(1 << 20, 700);
    settle(window, FIRST, FIRST + 599);
    for (uint32_t i = 0; i < 3000; i++) {
        struct window_batch batch = {.flow_count = 1, .day = i};
        (void)zmq_msg_init_size(&batch.payload, PAYLOAD);
        cr_assert_eq(window_append(window, &batch), ERR_OK);
    }
    uint64_t expected = FIRST + 600;
    for (struct window_batch *batch = window_next(window); batch != NULL;
         batch = window_next(window)) {
        cr_assert_eq(batch->sequence, expected++);
        window_sent(window, batch, NOW);
    }
    cr_assert_eq(expected, FIRST + 3700);
    window_destroy(&window);
}

Test(window, sends_again_what_nobody_was_heard_of)
{
    struct window *window = open_window(1000, 2);
    cr_assert_eq(send_all(window, NOW), 2);
    settle(window, FIRST, FIRST);
    window_tick(window, NOW + TIMEOUT_MS * NS_PER_MS - 1);
    cr_assert_null(window_next(window), "too early");
    window_tick(window, NOW + TIMEOUT_MS * NS_PER_MS);
    cr_assert_eq(window_next(window)->sequence, FIRST + 1);
    cr_assert_eq(window_next(window)->attempt, 1);
    window_destroy(&window);
}

Test(window, leases_a_batch_to_one_store_at_a_time)
{
    struct window *window = open_window(1000, 1);
    (void)send_all(window, NOW);
    cr_assert_eq(claim(window, STORE_A, FIRST, NOW), LINK_GRANTED);
    cr_assert_eq(claim(window, STORE_B, FIRST, NOW + 1), LINK_GONE);
    cr_assert_eq(claim(window, STORE_B, FIRST, LEASE_END - 1), LINK_GONE);
    cr_assert_eq(claim(window, STORE_B, FIRST, LEASE_END), LINK_REGRANTED);
    cr_assert_eq(claim(window, STORE_A, FIRST, LEASE_END), LINK_GONE);
    window_destroy(&window);
}

Test(window, keeps_a_batch_with_a_store_that_renews)
{
    struct window *window = open_window(1000, 1);
    (void)send_all(window, NOW);
    uint64_t now = NOW;
    (void)claim(window, STORE_A, FIRST, now);
    for (int i = 0; i < 10; i++) {
        now += LEASE_MS * NS_PER_MS;
        window_tick(window, now);
        cr_assert_null(window_next(window));
        cr_assert_neq(claim(window, STORE_A, FIRST, now), LINK_GONE);
    }
    window_tick(window, now + LEASE_END - NOW);
    cr_assert_eq(window_next(window)->sequence, FIRST);
    window_destroy(&window);
}

Test(window, a_second_question_of_the_same_store_may_meet_rows)
{
    struct window *window = open_window(1000, 1);
    (void)send_all(window, NOW);
    cr_assert_eq(claim(window, STORE_A, FIRST, NOW), LINK_GRANTED);
    cr_assert_eq(claim(window, STORE_A, FIRST, NOW + 1), LINK_REGRANTED);
    window_destroy(&window);
}

Test(window, walks_over_what_it_has_whatever_is_claimed)
{
    struct window *window = open_window(1000, 3);
    (void)send_all(window, NOW);
    struct link_lease answer = {0};
    struct link_ranges ranges = one_range(0, UINT64_MAX);
    window_held(window, STORE_A, &ranges, NOW, &answer);
    cr_assert_eq(answer.ranges[LINK_GRANTED].count, 1);
    cr_assert_eq(answer.ranges[LINK_GRANTED].values[0].first, FIRST);
    cr_assert_eq(answer.ranges[LINK_GRANTED].values[0].last, FIRST + 2);
    cr_assert_eq(answer.ranges[LINK_GONE].count, 2);
    say(window, STORE_A, LINK_ACK_STORED, 0, UINT64_MAX, NOW);
    cr_assert_eq(window_count(window), 0);
    say(window, STORE_A, LINK_ACK_STORED, 0, UINT64_MAX, NOW);
    link_ranges_clear(&ranges);
    link_lease_clear(&answer);
    window_destroy(&window);
}

Test(window, stored_counts_from_the_store_that_has_the_lease)
{
    struct window *window = open_window(1000, 3);
    (void)send_all(window, NOW);
    cr_assert_eq(claim(window, STORE_A, FIRST + 1, NOW), LINK_GRANTED);
    say(window, STORE_B, LINK_ACK_STORED, 0, UINT64_MAX, NOW);
    say(window, STORE_B, LINK_ACK_SHELVED, FIRST + 1, FIRST + 1, NOW);
    say(window, 0, LINK_ACK_STORED, 0, UINT64_MAX, NOW);
    const struct window_counters *counters = window_counters(window);
    cr_assert_eq(counter_get(&counters->stored.batches), 0);
    cr_assert_eq(counter_get(&counters->settled_by_others), 3 + 1 + 3);
    say(window, STORE_A, LINK_ACK_STORED, FIRST, FIRST + 2, NOW);
    say(window, STORE_A, LINK_ACK_STORED, FIRST, FIRST + 2, NOW);
    cr_assert_eq(counter_get(&counters->stored.batches), 1);
    cr_assert_eq(counter_get(&counters->stored.flows), 3);
    cr_assert_eq(counter_get(&counters->waiting.flows), 6);
    cr_assert_eq(counter_get(&counters->waiting_bytes), 2 * PAYLOAD);
    window_destroy(&window);
}

Test(window, stored_after_the_lease_counts_until_another_store_has_one)
{
    struct window *window = open_window(1000, 2);
    (void)send_all(window, NOW);
    cr_assert_eq(claim(window, STORE_A, FIRST, NOW), LINK_GRANTED);
    cr_assert_eq(claim(window, STORE_A, FIRST + 1, NOW), LINK_GRANTED);
    window_tick(window, LEASE_END);
    cr_assert_eq(claim(window, STORE_B, FIRST + 1, LEASE_END), LINK_REGRANTED);
    say(window, STORE_A, LINK_ACK_STORED, FIRST, FIRST + 1, LEASE_END);
    cr_assert_eq(counter_get(&window_counters(window)->stored.batches), 1);
    cr_assert_eq(window_count(window), 1);
    window_destroy(&window);
}

Test(window, only_the_holder_refuses_what_is_leased)
{
    struct window *window = open_window(1000, 1);
    (void)send_all(window, NOW);
    cr_assert_eq(claim(window, STORE_A, FIRST, NOW), LINK_GRANTED);
    for (int i = 0; i < 3; i++) {
        say(window, STORE_B, LINK_ACK_CORRUPT, FIRST, FIRST, NOW);
    }
    cr_assert_eq(window_count(window), 1);
    cr_assert_null(window_next(window), "the lease runs");
    say(window, STORE_A, LINK_ACK_CORRUPT, FIRST, FIRST, NOW);
    cr_assert_eq(window_next(window)->sequence, FIRST);
    window_destroy(&window);
}

Test(window, gives_up_a_batch_refused_three_times)
{
    struct window *window = open_window(1000, 1);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(send_all(window, NOW), 1, "round %d", i);
        say(window, STORE_A, LINK_ACK_CORRUPT, FIRST, FIRST, NOW);
    }
    cr_assert_eq(window_count(window), 0);
    cr_assert_eq(counter_get(&window_counters(window)->dropped_refused.flows), 3);
    window_destroy(&window);
}

Test(window, keeps_a_batch_that_a_store_is_too_old_for)
{
    struct window *window = open_window(1000, 1);
    uint64_t now = NOW;
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(send_all(window, now), 1, "round %d", i);
        say(window, STORE_A, LINK_ACK_UNSUPPORTED, FIRST, FIRST, now);
        cr_assert_null(window_next(window), "not at once");
        now += TIMEOUT_MS * NS_PER_MS;
        window_tick(window, now);
    }
    cr_assert_eq(window_count(window), 1);
    window_destroy(&window);
}

Test(window, adds_up_when_it_is_abandoned)
{
    struct window *window = open_window(1000, 5);
    settle(window, FIRST + 2, FIRST + 3);
    window_abandon(window);
    const struct window_counters *counters = window_counters(window);
    cr_assert_eq(counter_get(&counters->in.flows), 15);
    cr_assert_eq(counter_get(&counters->stored.flows), 6);
    cr_assert_eq(counter_get(&counters->dropped_stop.flows), 9);
    cr_assert_eq(counter_get(&counters->waiting.flows), 0);
    cr_assert_eq(counter_get(&counters->waiting_bytes), 0);
    window_destroy(&window);
}

Test(window, is_at_rest_when_the_spool_has_all_and_no_store_any)
{
    struct window *window = open_window(1000, 0);
    struct window_batch batch = {.flow_count = 3, .place = {.segment = 1}};
    cr_assert_eq(zmq_msg_init_size(&batch.payload, PAYLOAD), 0);
    cr_assert_eq(window_append(window, &batch), ERR_OK);
    cr_assert(window_is_at_rest(window));
    (void)send_all(window, NOW);
    cr_assert_not(window_is_at_rest(window), "sent");
    (void)claim(window, STORE_A, FIRST, NOW);
    cr_assert_not(window_is_at_rest(window), "leased");
    window_tick(window, LEASE_END);
    cr_assert(window_is_at_rest(window), "taken back");
    struct window_batch unspooled = {.flow_count = 3};
    cr_assert_eq(zmq_msg_init_size(&unspooled.payload, PAYLOAD), 0);
    cr_assert_eq(window_append(window, &unspooled), ERR_OK);
    cr_assert_not(window_is_at_rest(window), "in memory only");
    window_destroy(&window);
}

Test(window, names_the_oldest_batch_that_memory_alone_has)
{
    struct window *window = open_window(1 << 20, 2);
    struct window_batch *first = window_next_unsaved(window);
    cr_assert_not_null(first);
    cr_assert_eq(window_next_unsaved(window), first, "until the spool has it");
    uint64_t sequence = first->sequence;
    first->place.segment = 1;
    struct window_batch *second = window_next_unsaved(window);
    cr_assert_not_null(second);
    cr_assert_eq(second->sequence, sequence + 1);
    second->place.segment = 1;
    cr_assert_null(window_next_unsaved(window));
    window_destroy(&window);
}
