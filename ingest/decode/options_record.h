/*
 * options_record.h -- what exporters tell of themselves: names, samplers, statistics.
 *
 * Each value is remembered (options_memory.h), and given as a row when it is news. Internal to
 * ingest/decode.
 */
#pragma once

#include "ingest/decode/export_message.h"

/* One options record: each value in it that has a name here. */
void options_record_read(struct decode_context *context, const struct export_message *message,
    const struct template *template, const uint8_t *record, const struct record_place *places);
