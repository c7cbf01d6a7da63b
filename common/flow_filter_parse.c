/* SPDX-License-Identifier: BSD-3-Clause -- reads a filter expression by recursive descent. */
#include "common/flow_filter.h"

#include "common/flow_filter_condition.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    DEPTH_MAX = 32 /* bounds the recursion */
};

static enum err parse_expression(struct filter_parser *parser, uint32_t *root_p);

static enum err parse_factor(struct filter_parser *parser, uint32_t *root_p)
{
    if (parser->depth == DEPTH_MAX) {
        return filter_refuse(parser, "the filter is nested too deeply");
    }
    parser->depth++;
    enum err err = ERR_OK;
    if (filter_take_word(parser, "not") || filter_take_word(parser, "!")) {
        struct filter_node node = {.op = FILTER_NOT};
        err = parse_factor(parser, &node.left);
        err = err == ERR_OK ? filter_add_node(parser, node, root_p) : err;
    } else if (filter_take_word(parser, "(")) {
        err = parse_expression(parser, root_p);
        if (err == ERR_OK && !filter_take_word(parser, ")")) {
            err = filter_refuse(parser, "a closing parenthesis is expected");
        }
    } else {
        err = filter_parse_condition(parser, root_p);
    }
    parser->depth--;
    return err;
}

static enum err parse_term(struct filter_parser *parser, uint32_t *root_p)
{
    enum err err = parse_factor(parser, root_p);
    while (err == ERR_OK && (filter_take_word(parser, "and") || filter_take_word(parser, "&&"))) {
        struct filter_node node = {.op = FILTER_AND, .left = *root_p};
        err = parse_factor(parser, &node.right);
        err = err == ERR_OK ? filter_add_node(parser, node, root_p) : err;
    }
    return err;
}

static enum err parse_expression(struct filter_parser *parser, uint32_t *root_p)
{
    enum err err = parse_term(parser, root_p);
    while (err == ERR_OK && (filter_take_word(parser, "or") || filter_take_word(parser, "||"))) {
        struct filter_node node = {.op = FILTER_OR, .left = *root_p};
        err = parse_term(parser, &node.right);
        err = err == ERR_OK ? filter_add_node(parser, node, root_p) : err;
    }
    return err;
}

enum err flow_filter_parse(
    struct flow_filter **filter_p, const char *expression, char why[FLOW_FILTER_WHY_SIZE])
{
    *filter_p = calloc(1, sizeof **filter_p);
    if (*filter_p == NULL) {
        (void)snprintf(why, FLOW_FILTER_WHY_SIZE, "out of memory");
        return ERR_MEMORY;
    }
    struct filter_parser parser = {.filter = *filter_p, .rest = expression, .why = why};
    uint32_t root = 0;
    filter_next_word(&parser);
    enum err err = parse_expression(&parser, &root);
    if (err == ERR_OK && parser.word[0] != '\0') {
        err = filter_refuse(&parser, "'and' or 'or' is expected");
    }
    if (err != ERR_OK) {
        flow_filter_destroy(filter_p);
    }
    return err;
}
