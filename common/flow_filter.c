/* SPDX-License-Identifier: BSD-3-Clause -- holds flows against a parsed filter. */
#include "common/flow_filter.h"

#include "common/flow_filter_nodes.h"

#include <stdlib.h>
#include <strings.h>

static struct address address_of(const struct flow *flow, enum flow_field field)
{
    struct address address = {{0}};
    if (flow_has(flow, field)) {
        memcpy(&address, (const uint8_t *)flow + FLOW_FIELDS[field].offset, sizeof address);
    }
    return address;
}

static bool is_within(const struct address *address, const struct filter_node *node)
{
    uint32_t whole = node->prefix_bits / 8;
    uint32_t rest = node->prefix_bits % 8;
    if (memcmp(address->bytes, node->prefix.bytes, whole) != 0) {
        return false;
    }
    uint8_t mask = (uint8_t)(0xff00 >> rest);
    return rest == 0 || ((address->bytes[whole] ^ node->prefix.bytes[whole]) & mask) == 0;
}

/* An absent text is empty. */
static bool is_text(const struct flow *flow, const struct filter_node *node)
{
    size_t size = strlen(node->text);
    if (!flow_has(flow, node->field)) {
        return size == 0;
    }
    const struct flow_text *text =
        (const struct flow_text *)((const uint8_t *)flow + FLOW_FIELDS[node->field].offset);
    return text->size == size && strncasecmp(text->bytes, node->text, size) == 0;
}

static bool test_number(const struct filter_node *node, uint64_t value)
{
    switch (node->op) {
    case FILTER_EQUAL:
        return value == node->number;
    case FILTER_UNEQUAL:
        return value != node->number;
    case FILTER_LESS:
        return value < node->number;
    case FILTER_LESS_EQUAL:
        return value <= node->number;
    case FILTER_MORE:
        return value > node->number;
    case FILTER_MORE_EQUAL:
        return value >= node->number;
    default:
        return false;
    }
}

static bool matches(
    const struct flow_filter *filter, const struct filter_node *node, const struct flow *flow)
{
    switch (node->op) {
    case FILTER_AND:
        return matches(filter, &filter->nodes[node->left], flow) &&
               matches(filter, &filter->nodes[node->right], flow);
    case FILTER_OR:
        return matches(filter, &filter->nodes[node->left], flow) ||
               matches(filter, &filter->nodes[node->right], flow);
    case FILTER_NOT:
        return !matches(filter, &filter->nodes[node->left], flow);
    case FILTER_WITHIN:
    case FILTER_OUTSIDE: {
        struct address address = address_of(flow, node->field);
        return is_within(&address, node) == (node->op == FILTER_WITHIN);
    }
    case FILTER_TEXT:
    case FILTER_OTHER_TEXT:
        return is_text(flow, node) == (node->op == FILTER_TEXT);
    default:
        return test_number(node, flow_number(flow, node->field));
    }
}

bool flow_filter_matches(const struct flow_filter *filter, const struct flow *flow)
{
    return matches(filter, &filter->nodes[filter->count - 1], flow);
}

void flow_filter_destroy(struct flow_filter **filter_p)
{
    free(*filter_p);
    *filter_p = NULL;
}
