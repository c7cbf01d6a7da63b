/*
 * options_record.h -- what exporters tell of themselves, as rows: names, samplers, statistics.
 *
 * Exporters repeat their options every few minutes. A row is given when its value is new, and once
 * an hour, so that a table that is filled later gets all of them. Internal to ingest/decode.
 */
#pragma once

#include "ingest/decode/export_message.h"

enum {
    OPTIONS_MEMORY_SLOTS = 1024
};

/* What was given lately, by a hash of what it is about; of two with one slot the later one stays.
 */
struct options_memory {
    struct options_slot {
        uint64_t key;
        uint32_t value; /* hash of that */
        uint32_t given_s;
    } slots[OPTIONS_MEMORY_SLOTS];
};

/* One options record; gives a row for each value in it that has a name here. */
void options_record_give(struct decode_context *context, const struct export_message *message,
    const struct template *template, const uint8_t *record, const struct record_place *places);
