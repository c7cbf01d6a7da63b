/*
 * flow_text.h -- a flow as one line for people (text) or programs (JSON).
 *
 * Keys are the FlowMessage names in the order of flow_fields.def; absent (zero) fields are left
 * out; addresses and MACs are text, times and most others are numbers. Texts are quoted and escaped
 * as in JSON in both forms, so that any bytes give a valid line. A map is an object in JSON; as
 * text each of its entries is a pair, Name[key]="value", quoted and escaped as in JSON.
 */
#pragma once

#include "common/flow.h"

#include <stddef.h>

/* No line is longer, whatever the flow holds. */
enum {
    FLOW_TEXT_MAX = 65536
};

/* Writes one line with its line feed into `out` of FLOW_TEXT_MAX bytes; returns its length. */
size_t flow_print_json(const struct flow *flow, char *out);

/* key=value pairs separated by blanks. */
size_t flow_print_text(const struct flow *flow, char *out);
