/*
 * flow_filter_condition.h -- one condition of a filter: "dst net 10.0.0.0/8", "Bytes >= 1000",
 * "tcp".
 *
 * Private to common/flow_filter*.c. The grammar stands in flow_filter.h.
 */
#pragma once

#include "common/flow_filter_words.h"

/* Parses what begins at the current word; *root_p is its node. ERR_INVALID, ERR_FULL. */
MUST_CHECK enum err filter_parse_condition(struct filter_parser *parser, uint32_t *root_p);
