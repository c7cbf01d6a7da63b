/*
 * held_data.h -- data sets that came before their template, kept until it comes.
 *
 * After a restart an exporter's data is unreadable until it announces its templates again, which
 * may take minutes. So its sets wait in a queue for each template and are decoded, once and in
 * order, when that template has arrived: little by little (held_backlog.h), for there may be
 * megabytes of them, and data that comes meanwhile goes behind them. Bounded in age, in bytes for
 * all exporters (each of which may take as much as it leaves to the others) and in templates for
 * each exporter, because every template that comes is looked up among them. The decoder's thread
 * only.
 */
#pragma once

#include "ingest/decode/export_message.h"

/* A set that waits. */
struct held_set {
    struct held_set *next;
    struct export_message message; /* its counters are the exporter's */
    bool is_counted;               /* its records were, when it came: its template was known */
    bool is_misfit;                /* the template that was known did not fit its length */
    uint64_t received_ns;
    size_t size;
    uint8_t bytes[]; /* the set behind HELD_HEADROOM bytes that stand for its headers */
};

/* The sets of one stream that wait for one template, oldest first; never empty. */
struct held_queue {
    struct held_queue *next;
    struct held_queue *next_freed; /* of the pool */
    struct exporter *exporter;
    struct template_key key;
    uint32_t stream;
    bool is_freed; /* the template has come */
    struct held_set *first;
    struct held_set *last;
};

/* Programs load eight bytes that end with a field: see template_program.h. */
enum {
    HELD_HEADROOM = PROGRAM_HEADROOM
};

/*
 * Keeps a copy of the set, for want of a template (DECODE_TEMPLATE_MISSING) or of one that fits
 * (DECODE_SET_MISFIT). When it is dropped later, that reason counts. False: it may not wait, or
 * all room is used; the caller counts it as dropped. Sets that have waited too long are dropped and
 * counted here.
 */
bool held_data_keep(struct decode_context *context, const struct export_message *message,
    struct cursor set, const struct template_key *key, enum decode_status reason);

/* The template has been learnt: what waits for it is due, of all streams that may use it. */
void held_data_free(struct decode_context *context, const struct template_key *key);

/* Whether older data of that template and stream is due but not yet decoded. */
bool held_data_is_due(
    const struct held_list *list, const struct template_key *key, uint32_t stream);

/* Drops and counts what is due, for its template is not that any more which freed it. */
void held_data_forget(struct held_list *list, const struct template_key *key, uint32_t stream);

/* Drops and counts all data of the stream. */
void held_data_forget_stream(struct held_list *list, uint32_t stream);

/*
 * Takes the oldest set out of the queue; the caller owns it then, and free()s it. The queue is gone
 * where that was its last.
 */
struct held_set *held_data_take(struct held_queue *queue);

/* Drops and counts what has waited too long. */
void held_list_expire(struct held_list *list, uint64_t now_ns);

/* Drops and counts everything that waits. */
void held_list_clear(struct held_list *list);
