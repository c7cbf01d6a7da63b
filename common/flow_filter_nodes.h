/*
 * flow_filter_nodes.h -- a parsed filter as a tree in an array.
 *
 * Private to common/flow_filter*.c. Children stand before their parents; the root is the last.
 */
#pragma once

#include "common/flow_filter.h"

enum filter_op {
    FILTER_AND,
    FILTER_OR,
    FILTER_NOT,
    FILTER_EQUAL,
    FILTER_UNEQUAL,
    FILTER_LESS,
    FILTER_LESS_EQUAL,
    FILTER_MORE,
    FILTER_MORE_EQUAL,
    FILTER_WITHIN,  /* address in prefix */
    FILTER_OUTSIDE, /* address not in prefix */
    FILTER_TEXT,    /* the text is this one, in any case */
    FILTER_OTHER_TEXT
};

enum {
    FILTER_TEXT_SIZE = 64
};

struct filter_node {
    enum filter_op op;
    uint32_t left; /* children, for AND, OR and NOT */
    uint32_t right;
    enum flow_field field; /* for the others */
    uint64_t number;
    struct address prefix;
    uint32_t prefix_bits;
    char text[FILTER_TEXT_SIZE];
};

enum {
    FILTER_NODES_MAX = 256
};

struct flow_filter {
    uint32_t count;
    struct filter_node nodes[FILTER_NODES_MAX];
};
