/*
 * held_data.h -- data sets that came before their template, kept until it comes.
 *
 * After a restart an exporter's data is unreadable until it announces its templates again, which
 * may take minutes. So each exporter's sets wait, in order, and are decoded once when their
 * template arrives. Bounded in number for each exporter, in bytes for all of them, and in age. The
 * decoder's thread only.
 */
#pragma once

#include "ingest/decode/export_message.h"

/* A set that waits. */
struct held_set {
    struct held_set *next;
    struct export_message message; /* its counters are the exporter's */
    uint16_t template_id;
    uint16_t source_port;
    uint64_t received_ns;
    size_t size;
    uint8_t bytes[]; /* the set behind HELD_HEADROOM bytes that stand for its headers */
};

/* Programs load eight bytes that end with a field: see template_program.h. */
enum {
    HELD_HEADROOM = PROGRAM_HEADROOM
};

/*
 * Keeps a copy of the set. False: it may not wait, or there is no room; the caller counts it as
 * dropped. Sets that have waited too long are dropped and counted here.
 */
bool held_data_keep(struct decode_context *context, const struct export_message *message,
    struct cursor set, uint16_t template_id);

/* Decodes what waited for this template, which has just been learnt. */
void held_data_release(struct decode_context *context, const struct template_key *key);

/* Forgets everything that waits. */
void held_list_clear(struct held_list *list);
