/*
 * flow_filter.h -- an expression that picks flows: "proto=tcp and dst net 10.0.0.0/8".
 *
 *   expression = term { "or" term }
 *   term       = factor { "and" factor }
 *   factor     = "not" factor | "(" expression ")" | condition
 *   condition  = "tcp" | "udp" | "icmp" | "ip" | "ip6"
 *              | [ "src" | "dst" ] ( "host" ADDRESS | "net" PREFIX | "port" N | "as" N | "if" N )
 *              | "exporter" ADDRESS | "proto" ( NAME | N )
 *              | FIELD ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) ( N | NAME | ADDRESS | PREFIX )
 *
 * FIELD is a FlowMessage name in any case; && || ! == are taken too. Without src or dst a condition
 * holds when either side matches. A field that is absent compares as 0 or ::. A filter is immutable
 * once parsed, so any thread may match with it.
 */
#pragma once

#include "common/flow.h"

struct flow_filter;

/* A refused expression is told in words: what was wrong, and at which word. */
enum {
    FLOW_FILTER_WHY_SIZE = 160
};

/*
 * On success *filter_p is owned by the caller: flow_filter_destroy() it. ERR_INVALID: `why` has one
 * line for the user; ERR_FULL: more than 64 conditions.
 */
MUST_CHECK enum err flow_filter_parse(
    struct flow_filter **filter_p, const char *expression, char why[FLOW_FILTER_WHY_SIZE]);
void flow_filter_destroy(struct flow_filter **filter_p);

bool flow_filter_matches(const struct flow_filter *filter, const struct flow *flow);
