/* SPDX-License-Identifier: BSD-3-Clause -- window and ledger in a simulated world. */
#include "tests/support/link_model_world.h"

#include <assert.h>
#include <stdlib.h>

enum {
    INGEST_ID = 7,
    FIRST_SEQUENCE = 1000,
    TICK_MS = 20,
    END_MS = 90000,
    MARGIN_MS = LINK_MODEL_LEASE_MS / 2
};

/* ---- the ingest ---- */

static uint64_t ingest_clock(const struct world *world)
{
    return world->now_ns + world->ingest_offset_ns;
}

static void on_removed(void *context, const struct window_batch *batch, bool is_lost)
{
    (void)is_lost;
    struct world *world = context;
    world->is_settled[batch->sequence - FIRST_SEQUENCE] = 1;
}

static void open_window(struct world *world)
{
    struct window_options window = {
        .max_bytes = UINT64_C(1) << 40,
        .first_sequence = FIRST_SEQUENCE + world->batches_made,
        .ack_timeout_ms = LINK_MODEL_LEASE_MS,
        .lease_ms = LINK_MODEL_LEASE_MS,
        .removed = on_removed,
        .context = world,
    };
    assert(window_new(&world->window, &window) == ERR_OK);
}

static void make_batch(struct world *world)
{
    struct window_batch batch = {.flow_count = 1, .place = {.segment = 1}};
    (void)zmq_msg_init_size(&batch.payload, 10);
    assert(window_append(world->window, &batch) == ERR_OK);
    world->batches_made++;
    if (world->batches_made < world->options.batches) {
        struct event event = {.kind = EVENT_NEW_BATCH};
        schedule_in(world, event, draw(world, 300) * NS_PER_MS);
    }
}

static void ingest_tick(struct world *world)
{
    window_tick(world->window, ingest_clock(world));
    for (struct window_batch *batch = window_next(world->window); batch != NULL;
         batch = window_next(world->window)) {
        uint32_t store = (uint32_t)draw(world, world->options.stores);
        struct event event = {
            .kind = EVENT_DATA,
            .store = store,
            .generation = world->stores[store].generation,
            .header = {.ingest_id = INGEST_ID,
                .sequence = batch->sequence,
                .lease_ms = LINK_MODEL_LEASE_MS},
        };
        window_sent(world->window, batch, ingest_clock(world));
        transmit(world, event);
    }
    schedule_in(world, (struct event){.kind = EVENT_INGEST_TICK}, TICK_MS * NS_PER_MS);
}

static void ingest_takes_ack(struct world *world, const struct event *event)
{
    struct link_ack ack;
    assert(link_ack_parse(&ack, event->bytes, event->size) == ERR_OK);
    if (ack.kind == LINK_ACK_STORED) {
        window_settled(world->window, &ack);
        link_ack_clear(&ack);
        return;
    }
    struct link_lease lease = {.ingest_id = INGEST_ID, .stamp_ns = ack.stamp_ns};
    window_held(world->window, ack.store_id, &ack.ranges, ingest_clock(world), &lease);
    struct event answer = {
        .kind = EVENT_LEASE, .store = event->store, .generation = event->generation};
    answer.bytes = link_lease_pack(&lease, &answer.size);
    link_lease_clear(&lease);
    link_ack_clear(&ack);
    transmit(world, answer);
}

/* ---- a store ---- */

static uint64_t store_clock(const struct model_store *store)
{
    return store->world->now_ns + store->clock_offset_ns;
}

static struct event job_event(
    const struct model_store *store, enum event_kind kind, struct job *job)
{
    return (struct event){
        .kind = kind, .store = store->index, .generation = store->generation, .job = job};
}

static void on_granted(void *context, const struct ledger_batch *batch, bool is_first)
{
    struct model_store *store = context;
    struct job *job = batch->place;
    job->lease_end_ns = batch->lease_end_ns;
    job->may_repeat = !is_first;
    store->world->result.takeovers += !is_first;
    schedule_in(store->world, job_event(store, EVENT_STEP, job), draw_delay_ns(store->world));
}

static void on_renewed(void *context, const struct ledger_batch *batch)
{
    (void)context;
    struct job *job = batch->place;
    job->lease_end_ns = batch->lease_end_ns;
}

static void on_forgotten(void *context, const struct ledger_batch *batch)
{
    (void)context;
    struct job *job = batch->place;
    job->is_dead = true;
}

static void on_acknowledge(void *context, uint64_t ingest_id, const struct link_ack *ack)
{
    struct model_store *store = context;
    assert(ingest_id == INGEST_ID);
    struct event event = {
        .kind = EVENT_ACK, .store = store->index, .generation = store->generation};
    event.bytes = link_ack_pack(ack, &event.size);
    transmit(store->world, event);
}

/* The model asks again by itself. */
static void on_unanswered(void *context, uint64_t ingest_id)
{
    (void)context;
    (void)ingest_id;
}

static void start_store(struct world *world, uint32_t index)
{
    struct model_store *store = &world->stores[index];
    ledger_destroy(&store->ledger);
    store->world = world;
    store->index = index;
    store->generation++;
    store->id = 100 + index + UINT64_C(1000) * store->generation;
    store->clock_offset_ns = draw(world, 1000000) * NS_PER_MS;
    store->paused_until_ns = 0;
    struct ledger_listener listener = {
        .granted = on_granted,
        .renewed = on_renewed,
        .forgotten = on_forgotten,
        .acknowledge = on_acknowledge,
        .unanswered = on_unanswered,
        .context = store,
    };
    assert(ledger_new(&store->ledger, store->id, &listener) == ERR_OK);
    struct event tick = {.kind = EVENT_STORE_TICK, .store = index, .generation = store->generation};
    schedule_in(world, tick, TICK_MS * NS_PER_MS);
}

static void store_tick(struct model_store *store)
{
    ledger_tick(store->ledger, store_clock(store));
    ledger_flush(store->ledger, store_clock(store));
    schedule_in(store->world, job_event(store, EVENT_STORE_TICK, NULL), TICK_MS * NS_PER_MS);
}

static void store_takes_data(struct model_store *store, const struct link_header *header)
{
    struct job *job = calloc(1, sizeof *job);
    assert(job != NULL);
    job->sequence = header->sequence;
    job->next = store->world->jobs;
    store->world->jobs = job;
    (void)ledger_take(store->ledger, header, job, store_clock(store));
}

static void store_takes_lease(struct model_store *store, const struct event *event)
{
    struct link_lease lease;
    assert(link_lease_parse(&lease, event->bytes, event->size) == ERR_OK);
    ledger_lease(store->ledger, &lease, store_clock(store));
    link_lease_clear(&lease);
}

/* The writer: asks where it must, then inserts behind a fence; after an unknown outcome it waits
 * until the statement before cannot commit any more, then asks. */
static void store_steps(struct model_store *store, struct job *job)
{
    struct world *world = store->world;
    if (job->is_dead || store_clock(store) >= job->lease_end_ns) {
        return;
    }
    if (world->now_ns < job->quiet_until_ns) {
        schedule_in(world, job_event(store, EVENT_STEP, job), job->quiet_until_ns - world->now_ns);
        return;
    }
    job->attempt++;
    struct event event = job_event(store, EVENT_STATEMENT, job);
    if (job->may_repeat) {
        event.kind = EVENT_QUERY;
        event.attempt = job->attempt;
        /* Should the answer get lost. */
        schedule_in(world, job_event(store, EVENT_STEP, job), LINK_MODEL_LEASE_MS * NS_PER_MS);
    } else {
        event.fence_ns = job->lease_end_ns - store->clock_offset_ns;
        job->quiet_until_ns = event.fence_ns + MARGIN_MS * NS_PER_MS;
        job->may_repeat = true;
        schedule_in(world, job_event(store, EVENT_STEP, job),
            job->quiet_until_ns - world->now_ns + draw_delay_ns(world));
    }
    schedule_in(world, event, draw_delay_ns(world));
}

static void settle(struct model_store *store, struct job *job)
{
    ledger_settle(
        store->ledger, INGEST_ID, job->sequence, LINK_ACK_STORED, job->is_dead ? NULL : job);
    job->is_dead = true;
}

static void store_takes_query_answer(struct model_store *store, const struct event *event)
{
    struct job *job = event->job;
    if (event->is_positive) {
        settle(store, job);
    } else if (!job->is_dead && event->attempt == job->attempt) {
        /* The answer to the latest question: nothing there, and nobody else may insert. */
        job->may_repeat = false;
        store_steps(store, job);
    }
}

static void store_takes_answer(struct model_store *store, const struct event *event)
{
    if (event->is_positive) {
        settle(store, event->job);
    } else if (!event->job->is_dead) {
        ledger_forget(store->ledger, INGEST_ID, event->job->sequence);
    }
}

/* ---- the database ---- */

static uint8_t *row_of(struct world *world, const struct job *job)
{
    return &world->table[job->sequence - FIRST_SEQUENCE];
}

static void database_answers(struct world *world, const struct event *event, bool is_positive)
{
    struct event answer = *event;
    answer.kind = event->kind == EVENT_QUERY ? EVENT_QUERY_ANSWER : EVENT_ANSWER;
    answer.is_positive = is_positive;
    if (!chance(world, 15)) {
        schedule_in(world, answer, draw_delay_ns(world));
    }
}

static void database_takes_statement(struct world *world, const struct event *event)
{
    if (world->now_ns >= event->fence_ns) {
        database_answers(world, event, false);
        return;
    }
    struct event commit = *event;
    commit.kind = EVENT_COMMIT;
    schedule_in(world, commit, draw(world, world->options.commit_ms_max + 1) * NS_PER_MS);
}

/* ---- the world ---- */

/*
 * The ingest is killed and starts again with what its spool holds: every batch that it did not
 * know to be stored, and some that it did, since what was settled is written down now and then.
 */
static void restart_ingest(struct world *world)
{
    window_destroy(&world->window);
    world->ingest_paused_until_ns = 0;
    world->ingest_offset_ns = draw(world, 1000000) * NS_PER_MS;
    open_window(world);
    for (uint32_t i = 0; i < world->batches_made; i++) {
        bool is_lost = chance(world, 20); /* the settled record */
        if (world->is_settled[i] && !is_lost) {
            continue;
        }
        struct window_batch batch = {
            .sequence = FIRST_SEQUENCE + i, .flow_count = 1, .place = {.segment = 1}};
        assert(window_recover(world->window, &batch, ingest_clock(world)) == ERR_OK);
    }
    world->result.crashes++;
}

static void inject_fault(struct world *world)
{
    uint32_t index = (uint32_t)draw(world, world->options.stores);
    uint64_t until_ns = world->now_ns + draw(world, 4 * LINK_MODEL_LEASE_MS) * NS_PER_MS;
    switch (draw(world, 5)) {
    case 0:
        start_store(world, index);
        world->result.crashes++;
        break;
    case 1:
        if (is_faulty(world)) {
            restart_ingest(world);
        }
        break;
    case 2:
        world->ingest_paused_until_ns = until_ns;
        break;
    default:
        world->stores[index].paused_until_ns = until_ns;
        break;
    }
    if (is_faulty(world)) {
        schedule_in(world, (struct event){.kind = EVENT_FAULT}, draw(world, 2500) * NS_PER_MS);
    }
}

static bool is_for_ingest(enum event_kind kind)
{
    return kind == EVENT_NEW_BATCH || kind == EVENT_INGEST_TICK || kind == EVENT_ACK;
}

static bool is_for_store(enum event_kind kind)
{
    return kind == EVENT_STORE_TICK || kind == EVENT_DATA || kind == EVENT_LEASE ||
           kind == EVENT_STEP || kind == EVENT_QUERY_ANSWER || kind == EVENT_ANSWER;
}

/* A process that is paused finds everything when it wakes; one that crashed finds nothing. */
static bool is_delivered(struct world *world, const struct event *event)
{
    const struct model_store *store = &world->stores[event->store];
    uint64_t paused_until_ns = 0;
    if (is_for_ingest(event->kind)) {
        paused_until_ns = world->ingest_paused_until_ns;
    } else if (is_for_store(event->kind)) {
        if (event->generation != store->generation) {
            free(event->bytes);
            return false;
        }
        paused_until_ns = store->paused_until_ns;
    }
    if (world->now_ns < paused_until_ns) {
        schedule_in(world, *event, paused_until_ns - world->now_ns);
        return false;
    }
    return true;
}

static void happen(struct world *world, const struct event *event)
{
    struct model_store *store = &world->stores[event->store];
    switch (event->kind) {
    case EVENT_NEW_BATCH:
        make_batch(world);
        break;
    case EVENT_INGEST_TICK:
        ingest_tick(world);
        break;
    case EVENT_STORE_TICK:
        store_tick(store);
        break;
    case EVENT_DATA:
        store_takes_data(store, &event->header);
        break;
    case EVENT_ACK:
        ingest_takes_ack(world, event);
        break;
    case EVENT_LEASE:
        store_takes_lease(store, event);
        break;
    case EVENT_STEP:
        store_steps(store, event->job);
        break;
    case EVENT_QUERY:
        database_answers(world, event, *row_of(world, event->job) > 0);
        break;
    case EVENT_QUERY_ANSWER:
        store_takes_query_answer(store, event);
        break;
    case EVENT_STATEMENT:
        database_takes_statement(world, event);
        break;
    case EVENT_COMMIT:
        ++*row_of(world, event->job);
        database_answers(world, event, true);
        break;
    case EVENT_ANSWER:
        store_takes_answer(store, event);
        break;
    case EVENT_FAULT:
        inject_fault(world);
        break;
    }
    free(event->bytes);
}

static void world_open(struct world *world, const struct link_model_options *options)
{
    *world = (struct world){.options = *options, .random = options->seed * 2654435761U + 88172645};
    assert(options->stores <= STORES_MAX);
    world->table = calloc(options->batches, 1);
    world->is_settled = calloc(options->batches, 1);
    assert(world->table != NULL && world->is_settled != NULL);
    open_window(world);
    world->ingest_offset_ns = draw(world, 1000000) * NS_PER_MS;
    for (uint32_t i = 0; i < options->stores; i++) {
        start_store(world, i);
    }
    schedule_in(world, (struct event){.kind = EVENT_NEW_BATCH}, 0);
    schedule_in(world, (struct event){.kind = EVENT_INGEST_TICK}, 0);
    schedule_in(world, (struct event){.kind = EVENT_FAULT}, 0);
}

static void world_close(struct world *world)
{
    for (size_t i = 0; i < world->event_count; i++) {
        free(world->heap[i].bytes);
    }
    free(world->heap);
    for (uint32_t i = 0; i < world->options.stores; i++) {
        ledger_destroy(&world->stores[i].ledger);
    }
    for (struct job *job = world->jobs; job != NULL;) {
        struct job *next = job->next;
        free(job);
        job = next;
    }
    window_destroy(&world->window);
    free(world->table);
    free(world->is_settled);
}

struct link_model_result link_model_run(const struct link_model_options *options)
{
    struct world world;
    world_open(&world, options);
    while (
        world.now_ns < END_MS * NS_PER_MS && (is_faulty(&world) || window_count(world.window) > 0 ||
                                                 world.batches_made < options->batches)) {
        struct event event = next_event(&world);
        world.now_ns = event.at_ns;
        if (is_delivered(&world, &event)) {
            happen(&world, &event);
        }
    }
    for (uint32_t i = 0; i < options->batches; i++) {
        world.result.missing += world.table[i] == 0;
        world.result.repeated += world.table[i] > 1;
    }
    world.result.unsettled = window_count(world.window);
    struct link_model_result result = world.result;
    world_close(&world);
    return result;
}
