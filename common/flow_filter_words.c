/* SPDX-License-Identifier: BSD-3-Clause -- cuts a filter expression into words. */
#include "common/flow_filter_words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool filter_is_sign(char c)
{
    return c != '\0' && strchr("()!=<>&|", c) != NULL;
}

void filter_next_word(struct filter_parser *parser)
{
    const char *p = parser->rest;
    while (isspace((unsigned char)*p)) {
        p++;
    }
    size_t length = 0;
    if (filter_is_sign(*p)) {
        bool is_double = p[1] == '=' || (strchr("&|", *p) != NULL && p[1] == *p);
        length = strchr("()", *p) == NULL && is_double ? 2 : 1;
    } else {
        while (
            p[length] != '\0' && !isspace((unsigned char)p[length]) && !filter_is_sign(p[length])) {
            length++;
        }
    }
    size_t kept = length < FILTER_WORD_SIZE ? length : FILTER_WORD_SIZE - 1;
    memcpy(parser->word, p, kept);
    parser->word[kept] = '\0';
    parser->rest = p + length;
}

bool filter_is_word(const struct filter_parser *parser, const char *word)
{
    return strcasecmp(parser->word, word) == 0;
}

bool filter_take_word(struct filter_parser *parser, const char *word)
{
    if (!filter_is_word(parser, word)) {
        return false;
    }
    filter_next_word(parser);
    return true;
}

enum err filter_refuse(struct filter_parser *parser, const char *what)
{
    (void)snprintf(parser->why, FLOW_FILTER_WHY_SIZE, "%s at '%s'", what,
        parser->word[0] != '\0' ? parser->word : "the end");
    return ERR_INVALID;
}

enum err filter_add_node(struct filter_parser *parser, struct filter_node node, uint32_t *index_p)
{
    struct flow_filter *filter = parser->filter;
    if (filter->count == FILTER_NODES_MAX) {
        (void)snprintf(parser->why, FLOW_FILTER_WHY_SIZE, "the filter is too long");
        return ERR_FULL;
    }
    filter->nodes[filter->count] = node;
    *index_p = filter->count++;
    return ERR_OK;
}
