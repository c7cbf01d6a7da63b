/*
 * template_fill.h -- what a record inside a record tells of the flow.
 *
 * The outer record goes before: only fields of the flow that are still open are set, lists are
 * appended to. What is no field of a flow (times, sampling, sampled packets) is left out. Internal
 * to ingest/decode; the decoder's thread.
 */
#pragma once

#include "ingest/decode/elements.h"
#include "ingest/decode/template_program.h"

/*
 * From a record of the program's template, which stays fitted to the record that it was fitted to.
 * `places` where the template's lengths vary.
 */
void template_fill_record(const struct template_program *program, const struct record_place *places,
    const uint8_t *record, struct flow *flow);

/*
 * From one value of an element; `index` is its place in its list. Eight bytes in front of it must
 * be readable.
 */
void template_fill_value(const struct element *element, const uint8_t *value, uint16_t length,
    uint16_t index, struct flow *flow);
