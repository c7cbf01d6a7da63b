/* SPDX-License-Identifier: BSD-3-Clause -- reads a filter expression by recursive descent. */
#include "common/flow_filter.h"

#include "common/flow_filter_nodes.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum {
    WORD_SIZE = 64,
    DEPTH_MAX = 32 /* of parentheses and "not": bounds the recursion */
};

struct parser {
    struct flow_filter *filter;
    const char *rest; /* behind the current word */
    char word[WORD_SIZE];
    uint32_t depth;
    char *why;
};

/* What a word before host, net, port, as or if can mean: one field, or either of two. */
struct direction {
    bool takes_source;
    bool takes_destination;
};

/* A field under a short name: "port 53", "net 10.0.0.0/8". */
struct pair {
    const char *word;
    enum flow_field source;
    enum flow_field destination;
};

static const struct pair PAIRS[] = {
    {"host", FLOW_SRC_ADDR, FLOW_DST_ADDR},
    {"net", FLOW_SRC_ADDR, FLOW_DST_ADDR},
    {"port", FLOW_SRC_PORT, FLOW_DST_PORT},
    {"as", FLOW_SRC_AS, FLOW_DST_AS},
    {"if", FLOW_IN_IF, FLOW_OUT_IF},
};

static const struct {
    const char *name;
    uint64_t number;
} PROTOCOLS[] = {
    {"icmp", 1},
    {"igmp", 2},
    {"tcp", 6},
    {"udp", 17},
    {"gre", 47},
    {"esp", 50},
    {"ah", 51},
    {"icmp6", 58},
    {"ospf", 89},
    {"sctp", 132},
};

static enum err parse_expression(struct parser *parser, uint32_t *root_p);

static bool is_sign(char c)
{
    return c != '\0' && strchr("()!=<>&|", c) != NULL;
}

/* Moves on to the next word: a sign, or everything up to a blank or sign. "" at the end. */
static void next_word(struct parser *parser)
{
    const char *p = parser->rest;
    while (isspace((unsigned char)*p)) {
        p++;
    }
    size_t length = 0;
    if (is_sign(*p)) {
        bool is_double = p[1] == '=' || (strchr("&|", *p) != NULL && p[1] == *p);
        length = strchr("()", *p) == NULL && is_double ? 2 : 1;
    } else {
        while (p[length] != '\0' && !isspace((unsigned char)p[length]) && !is_sign(p[length])) {
            length++;
        }
    }
    size_t kept = length < WORD_SIZE ? length : WORD_SIZE - 1;
    memcpy(parser->word, p, kept);
    parser->word[kept] = '\0';
    parser->rest = p + length;
}

static bool is_word(const struct parser *parser, const char *word)
{
    return strcasecmp(parser->word, word) == 0;
}

static bool take_word(struct parser *parser, const char *word)
{
    if (!is_word(parser, word)) {
        return false;
    }
    next_word(parser);
    return true;
}

static enum err refuse(struct parser *parser, const char *what)
{
    (void)snprintf(parser->why, FLOW_FILTER_WHY_SIZE, "%s at '%s'", what,
        parser->word[0] != '\0' ? parser->word : "the end");
    return ERR_INVALID;
}

static enum err add_node(struct parser *parser, struct filter_node node, uint32_t *index_p)
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

static bool find_protocol(const char *name, uint64_t *number_p)
{
    for (size_t i = 0; i < sizeof PROTOCOLS / sizeof PROTOCOLS[0]; i++) {
        if (strcasecmp(PROTOCOLS[i].name, name) == 0) {
            *number_p = PROTOCOLS[i].number;
            return true;
        }
    }
    return false;
}

static enum err read_number(struct parser *parser, enum flow_field field, uint64_t *number_p)
{
    if (field == FLOW_PROTO && find_protocol(parser->word, number_p)) {
        next_word(parser);
        return ERR_OK;
    }
    char *end = NULL;
    errno = 0;
    *number_p = strtoull(parser->word, &end, 0);
    if (!isdigit((unsigned char)parser->word[0]) || *end != '\0' || errno != 0) {
        return refuse(parser, "a number is expected");
    }
    next_word(parser);
    return ERR_OK;
}

/* 10.0.0.1 or 10.0.0.0/8; IPv4 lengths count from the start of the mapped part. */
static enum err read_prefix(struct parser *parser, struct filter_node *node)
{
    char *slash = strchr(parser->word, '/');
    char *end = NULL;
    unsigned long bits = 0;
    if (slash != NULL) {
        *slash = '\0';
        bits = strtoul(slash + 1, &end, 10);
    }
    if (address_parse(&node->prefix, parser->word) != ERR_OK) {
        return refuse(parser, "an address is expected");
    }
    uint32_t width = address_is_ipv4(&node->prefix) ? 32 : 128;
    if (slash == NULL) {
        bits = width;
    } else if (!isdigit((unsigned char)slash[1]) || *end != '\0' || bits > width) {
        return refuse(parser, "a prefix length is out of range");
    }
    node->prefix_bits = 128 - width + (uint32_t)bits;
    next_word(parser);
    return ERR_OK;
}

static enum err read_operand(struct parser *parser, struct filter_node *node)
{
    switch (FLOW_FIELDS[node->field].kind) {
    case FLOW_KIND_NUMBER:
        return read_number(parser, node->field, &node->number);
    case FLOW_KIND_ADDRESS:
        if (node->op != FILTER_EQUAL && node->op != FILTER_UNEQUAL) {
            return refuse(parser, "addresses compare with = and != only");
        }
        node->op = node->op == FILTER_EQUAL ? FILTER_WITHIN : FILTER_OUTSIDE;
        return read_prefix(parser, node);
    default:
        return refuse(parser, "lists and maps cannot be compared");
    }
}

/* FIELD = VALUE, with the comparison sign as the current word. */
static enum err parse_comparison(struct parser *parser, enum flow_field field, uint32_t *root_p)
{
    static const struct {
        const char *sign;
        enum filter_op op;
    } SIGNS[] = {
        {"=", FILTER_EQUAL},
        {"==", FILTER_EQUAL},
        {"!=", FILTER_UNEQUAL},
        {"<", FILTER_LESS},
        {"<=", FILTER_LESS_EQUAL},
        {">", FILTER_MORE},
        {">=", FILTER_MORE_EQUAL},
    };
    for (size_t i = 0; i < sizeof SIGNS / sizeof SIGNS[0]; i++) {
        if (take_word(parser, SIGNS[i].sign)) {
            struct filter_node node = {.op = SIGNS[i].op, .field = field};
            enum err err = read_operand(parser, &node);
            return err == ERR_OK ? add_node(parser, node, root_p) : err;
        }
    }
    return refuse(parser, "a comparison is expected");
}

/* [src|dst] host|net|port|as|if VALUE; a sign before the value is welcome. */
static enum err parse_pair(
    struct parser *parser, const struct pair *pair, struct direction direction, uint32_t *root_p)
{
    (void)(take_word(parser, "=") || take_word(parser, "=="));
    struct filter_node node = {.op = FILTER_EQUAL, .field = pair->source};
    enum err err = read_operand(parser, &node);
    if (err != ERR_OK) {
        return err;
    }
    struct filter_node other = node;
    other.field = pair->destination;
    if (!direction.takes_source) {
        return add_node(parser, other, root_p);
    }
    if (!direction.takes_destination) {
        return add_node(parser, node, root_p);
    }
    struct filter_node either = {.op = FILTER_OR};
    err = add_node(parser, node, &either.left);
    err = err == ERR_OK ? add_node(parser, other, &either.right) : err;
    return err == ERR_OK ? add_node(parser, either, root_p) : err;
}

static enum err parse_equal(
    struct parser *parser, enum flow_field field, uint64_t number, uint32_t *root_p)
{
    struct filter_node node = {.op = FILTER_EQUAL, .field = field, .number = number};
    return add_node(parser, node, root_p);
}

static bool find_field(const char *name, enum flow_field *field_p)
{
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        if (strcasecmp(FLOW_FIELDS[i].name, name) == 0) {
            *field_p = (enum flow_field)i;
            return true;
        }
    }
    return false;
}

static enum err parse_field(struct parser *parser, uint32_t *root_p)
{
    enum flow_field field = FLOW_PROTO;
    bool is_exporter = is_word(parser, "exporter");
    if (is_exporter) {
        field = FLOW_SAMPLER_ADDRESS;
    } else if (!find_field(parser->word, &field)) {
        return refuse(parser, "no such field or word");
    }
    bool may_omit_sign = is_exporter || is_word(parser, "proto");
    next_word(parser);
    if (may_omit_sign && !is_sign(parser->word[0])) {
        struct filter_node node = {.op = FILTER_EQUAL, .field = field};
        enum err err = read_operand(parser, &node);
        return err == ERR_OK ? add_node(parser, node, root_p) : err;
    }
    return parse_comparison(parser, field, root_p);
}

static enum err parse_test(struct parser *parser, uint32_t *root_p)
{
    struct direction direction = {.takes_source = true, .takes_destination = true};
    uint64_t number = 0;
    if (take_word(parser, "ip")) {
        return parse_equal(parser, FLOW_ETYPE, 0x0800, root_p);
    }
    if (take_word(parser, "ip6")) {
        return parse_equal(parser, FLOW_ETYPE, 0x86dd, root_p);
    }
    if (find_protocol(parser->word, &number)) {
        next_word(parser);
        return parse_equal(parser, FLOW_PROTO, number, root_p);
    }
    bool has_direction = is_word(parser, "src") || is_word(parser, "dst");
    if (has_direction) {
        direction.takes_source = is_word(parser, "src");
        direction.takes_destination = !direction.takes_source;
        next_word(parser);
    }
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        if (take_word(parser, PAIRS[i].word)) {
            return parse_pair(parser, &PAIRS[i], direction, root_p);
        }
    }
    if (has_direction) {
        return refuse(parser, "host, net, port, as or if is expected");
    }
    return parse_field(parser, root_p);
}

static enum err parse_factor(struct parser *parser, uint32_t *root_p)
{
    if (parser->depth == DEPTH_MAX) {
        return refuse(parser, "the filter is nested too deeply");
    }
    parser->depth++;
    enum err err = ERR_OK;
    if (take_word(parser, "not") || take_word(parser, "!")) {
        struct filter_node node = {.op = FILTER_NOT};
        err = parse_factor(parser, &node.left);
        err = err == ERR_OK ? add_node(parser, node, root_p) : err;
    } else if (take_word(parser, "(")) {
        err = parse_expression(parser, root_p);
        if (err == ERR_OK && !take_word(parser, ")")) {
            err = refuse(parser, "a closing parenthesis is expected");
        }
    } else {
        err = parse_test(parser, root_p);
    }
    parser->depth--;
    return err;
}

static enum err parse_term(struct parser *parser, uint32_t *root_p)
{
    enum err err = parse_factor(parser, root_p);
    while (err == ERR_OK && (take_word(parser, "and") || take_word(parser, "&&"))) {
        struct filter_node node = {.op = FILTER_AND, .left = *root_p};
        err = parse_factor(parser, &node.right);
        err = err == ERR_OK ? add_node(parser, node, root_p) : err;
    }
    return err;
}

static enum err parse_expression(struct parser *parser, uint32_t *root_p)
{
    enum err err = parse_term(parser, root_p);
    while (err == ERR_OK && (take_word(parser, "or") || take_word(parser, "||"))) {
        struct filter_node node = {.op = FILTER_OR, .left = *root_p};
        err = parse_term(parser, &node.right);
        err = err == ERR_OK ? add_node(parser, node, root_p) : err;
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
    struct parser parser = {.filter = *filter_p, .rest = expression, .why = why};
    uint32_t root = 0;
    next_word(&parser);
    enum err err = parse_expression(&parser, &root);
    if (err == ERR_OK && parser.word[0] != '\0') {
        err = refuse(&parser, "'and' or 'or' is expected");
    }
    if (err != ERR_OK) {
        flow_filter_destroy(filter_p);
    }
    return err;
}
