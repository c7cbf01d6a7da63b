/* SPDX-License-Identifier: BSD-3-Clause -- a batch as the store holds it, and the line of those. */
#include "store/pull/held_batch.h"

#include <stdlib.h>

static void gauge_subtract(struct counter *gauge, uint64_t amount)
{
    counter_set(gauge, counter_get(gauge) - amount);
}

struct held_batch *held_batch_new(
    const struct link_header *header, zmq_msg_t *payload, struct pull_counters *counters)
{
    struct held_batch *held = calloc(1, sizeof *held);
    if (held == NULL) {
        return NULL;
    }
    held->header = *header;
    (void)zmq_msg_init(&held->payload);
    (void)zmq_msg_move(&held->payload, payload);
    counter_add(&counters->unread_bytes, zmq_msg_size(&held->payload));
    counter_add(&pull_rows_of(counters, header->kind)->waiting, header->flow_count);
    counter_add(&counters->batches_waiting, 1);
    return held;
}

void held_batch_release_payload(struct held_batch *held, struct pull_counters *counters)
{
    gauge_subtract(&counters->unread_bytes, zmq_msg_size(&held->payload));
    (void)zmq_msg_close(&held->payload);
    (void)zmq_msg_init(&held->payload);
}

void held_batch_count_waited(struct pull_counters *counters, enum record_kind kind, uint32_t rows)
{
    gauge_subtract(&pull_rows_of(counters, kind)->waiting, rows);
    gauge_subtract(&counters->batches_waiting, 1);
}

void held_batch_destroy(struct held_batch **held_p, struct pull_counters *counters)
{
    struct held_batch *held = *held_p;
    if (held == NULL) {
        return;
    }
    if (held->place.block == NULL) {
        held_batch_count_waited(counters, held->header.kind, held->header.flow_count);
    }
    held_batch_release_payload(held, counters);
    (void)zmq_msg_close(&held->payload);
    free(held);
    *held_p = NULL;
}

void held_batch_set_lease_end(struct held_batch *held, uint64_t lease_end_ns)
{
    held->lease_end_ns = lease_end_ns;
    if (held->place.block != NULL) {
        counter_set(&held->place.block->batches[held->place.index].lease_end_ns, lease_end_ns);
    }
}

void held_batch_line_append(struct held_batch_line *line, struct held_batch *held)
{
    held->is_in_line = true;
    if (line->tail != NULL) {
        line->tail->next = held;
    } else {
        line->head = held;
    }
    line->tail = held;
}

void held_batch_line_pop(struct held_batch_line *line)
{
    struct held_batch *held = line->head;
    line->head = held->next;
    if (line->head == NULL) {
        line->tail = NULL;
    }
    held->next = NULL;
    held->is_in_line = false;
}

void held_batch_line_clear(struct held_batch_line *line, struct pull_counters *counters)
{
    while (line->head != NULL) {
        struct held_batch *held = line->head;
        held_batch_line_pop(line);
        if (held->is_forgotten) {
            held_batch_destroy(&held, counters);
        }
    }
}
