/*
 * flow_inner.h -- exchanges the packet around a tunnel with the packet inside it.
 *
 * The plain fields of a flow are of the outer packet, those ending in Encap of the inner one. Who
 * sums by customer address prefers the inner one (-decode.prefer). Pure.
 */
#pragma once

#include "common/flow.h"

/* Exchanges each field with its Encap field; does nothing where the flow has no inner address. */
void flow_swap_inner(struct flow *flow);
