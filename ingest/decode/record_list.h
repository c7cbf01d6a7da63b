/*
 * record_list.h -- lists inside a record (RFC 6313): what they tell of the record's flow.
 *
 *   basicList (291, 484 ...)     1 semantic, 2 element, 2 length of a value, values
 *   subTemplateList (292)        1 semantic, 2 template, records
 *   subTemplateMultiList (293)   1 semantic; 2 template, 2 length with these four, records; again
 *
 * Values of an element that has a list in the flow (labels, communities, path) are appended to it.
 * Of anything else the first value, and of records the first of each template, sets the fields that
 * the record around it left open. Elements without a field go to Extra where it is wanted, of all
 * values and of all records, until it is full. Lists inside lists are read LIST_DEPTH_MAX deep. A
 * list that cannot be read costs itself, and is counted. Internal to ingest/decode.
 */
#pragma once

#include "ingest/decode/export_message.h"

/* Reads the lists of a record that its template's program has been run for. */
void record_lists_read(struct decode_context *context, const struct export_message *message,
    const struct template *template, const uint8_t *record);

/* The same of what they tell of the answer (RFC 5103), whose flow is the one at work. */
void record_lists_read_reverse(struct decode_context *context, const struct export_message *message,
    const struct template *template, const uint8_t *record);
