/*
 * record_place.h -- where the fields of one record are, when the template does not say it.
 *
 * Variable-length fields carry their length in the record (RFC 7011 section 7), so the place of
 * each field is found by walking. Options records are read this way too.
 */
#pragma once

#include "common/cursor.h"
#include "ingest/decode/template.h"

struct record_place {
    uint16_t offset; /* from the record's start; records are shorter than a datagram */
    uint16_t length;
};

/* Skips one record; a record that runs out of its set fails the cursor. */
void record_skip(struct cursor *set, const struct template *template);

/* The length in front of a value, one byte, or 255 and two more (RFC 7011 section 7). */
uint16_t record_take_length(struct cursor *cursor);

/*
 * Takes one record from the set and fills in the place of each field. NULL: the record runs out of
 * its set, and the cursor has failed.
 */
const uint8_t *record_take(
    struct cursor *set, const struct template *template, struct record_place *places);
