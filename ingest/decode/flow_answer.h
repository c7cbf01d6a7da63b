/*
 * flow_answer.h -- the flow of the answer, out of a record that tells of both directions.
 *
 * RFC 5103: an element of enterprise 29305 counts what came back. Source and destination change
 * places; what was counted in the forward direction only is taken away.
 */
#pragma once

#include "common/flow.h"

void flow_turn_round(struct flow *flow);
