/*
 * flow_filter_words.h -- a filter expression word by word, and the nodes that are made of it.
 *
 * Private to common/flow_filter*.c. A word is a sign, or everything up to a blank or a sign.
 */
#pragma once

#include "common/flow_filter_nodes.h"

enum {
    FILTER_WORD_SIZE = 64
};

struct filter_parser {
    struct flow_filter *filter; /* borrowed */
    const char *rest;           /* behind the current word */
    char word[FILTER_WORD_SIZE];
    uint32_t depth; /* of parentheses and "not" */
    char *why;      /* FLOW_FILTER_WHY_SIZE bytes of the caller's */
};

/* True for a character that ends a word and is one, alone or in a pair. */
bool filter_is_sign(char c);

/* Moves on; the word is "" at the end. */
void filter_next_word(struct filter_parser *parser);

/* Whether the current word is this one, in any case; take moves on if so. */
bool filter_is_word(const struct filter_parser *parser, const char *word);
bool filter_take_word(struct filter_parser *parser, const char *word);

/* ERR_INVALID, and says what and at which word. */
enum err filter_refuse(struct filter_parser *parser, const char *what);

/* ERR_FULL: said, too. */
MUST_CHECK enum err filter_add_node(
    struct filter_parser *parser, struct filter_node node, uint32_t *index_p);
