/* SPDX-License-Identifier: BSD-3-Clause -- reads the conditions of a filter: fields and their
 * values. */
#include "common/flow_filter_condition.h"

#include "common/decimal.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

static enum err read_number(struct filter_parser *parser, enum flow_field field, uint64_t *number_p)
{
    if (field == FLOW_PROTO && find_protocol(parser->word, number_p)) {
        filter_next_word(parser);
        return ERR_OK;
    }
    char *end = NULL;
    errno = 0;
    *number_p = strtoull(parser->word, &end, 0);
    if (!isdigit((unsigned char)parser->word[0]) || *end != '\0' || errno != 0) {
        return filter_refuse(parser, "a number is expected");
    }
    filter_next_word(parser);
    return ERR_OK;
}

/* 10.0.0.1 or 10.0.0.0/8; IPv4 lengths count from the start of the mapped part. */
static enum err read_prefix(struct filter_parser *parser, struct filter_node *node)
{
    char *slash = strchr(parser->word, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    if (address_parse(&node->prefix, parser->word) != ERR_OK) {
        return filter_refuse(parser, "an address is expected");
    }
    uint32_t width = address_is_ipv4(&node->prefix) ? 32 : 128;
    uint64_t bits = width;
    if (slash != NULL && decimal_parse(slash + 1, width, &bits) != ERR_OK) {
        return filter_refuse(parser, "a prefix length is out of range");
    }
    node->prefix_bits = 128 - width + (uint32_t)bits;
    filter_next_word(parser);
    return ERR_OK;
}

static enum err read_text(struct filter_parser *parser, struct filter_node *node)
{
    if (node->op != FILTER_EQUAL && node->op != FILTER_UNEQUAL) {
        return filter_refuse(parser, "texts compare with = and != only");
    }
    node->op = node->op == FILTER_EQUAL ? FILTER_TEXT : FILTER_OTHER_TEXT;
    if (parser->word[0] == '\0') {
        return filter_refuse(parser, "a text is expected");
    }
    _Static_assert((int)FILTER_WORD_SIZE <= (int)FILTER_TEXT_SIZE, "a word must fit");
    strcpy(node->text, parser->word);
    filter_next_word(parser);
    return ERR_OK;
}

static enum err read_operand(struct filter_parser *parser, struct filter_node *node)
{
    switch (FLOW_FIELDS[node->field].kind) {
    case FLOW_KIND_NUMBER:
        return read_number(parser, node->field, &node->number);
    case FLOW_KIND_ADDRESS:
        if (node->op != FILTER_EQUAL && node->op != FILTER_UNEQUAL) {
            return filter_refuse(parser, "addresses compare with = and != only");
        }
        node->op = node->op == FILTER_EQUAL ? FILTER_WITHIN : FILTER_OUTSIDE;
        return read_prefix(parser, node);
    case FLOW_KIND_TEXT:
        return read_text(parser, node);
    default:
        return filter_refuse(parser, "lists and maps cannot be compared");
    }
}

/* FIELD = VALUE, with the comparison sign as the current word. */
static enum err parse_comparison(
    struct filter_parser *parser, enum flow_field field, uint32_t *root_p)
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
        if (filter_take_word(parser, SIGNS[i].sign)) {
            struct filter_node node = {.op = SIGNS[i].op, .field = field};
            enum err err = read_operand(parser, &node);
            return err == ERR_OK ? filter_add_node(parser, node, root_p) : err;
        }
    }
    return filter_refuse(parser, "a comparison is expected");
}

/* [src|dst] host|net|port|as|if VALUE; a sign before the value is welcome. */
static enum err parse_pair(struct filter_parser *parser, const struct pair *pair,
    struct direction direction, uint32_t *root_p)
{
    (void)(filter_take_word(parser, "=") || filter_take_word(parser, "=="));
    struct filter_node node = {.op = FILTER_EQUAL, .field = pair->source};
    enum err err = read_operand(parser, &node);
    if (err != ERR_OK) {
        return err;
    }
    struct filter_node other = node;
    other.field = pair->destination;
    if (!direction.takes_source) {
        return filter_add_node(parser, other, root_p);
    }
    if (!direction.takes_destination) {
        return filter_add_node(parser, node, root_p);
    }
    struct filter_node either = {.op = FILTER_OR};
    err = filter_add_node(parser, node, &either.left);
    err = err == ERR_OK ? filter_add_node(parser, other, &either.right) : err;
    return err == ERR_OK ? filter_add_node(parser, either, root_p) : err;
}

static enum err parse_equal(
    struct filter_parser *parser, enum flow_field field, uint64_t number, uint32_t *root_p)
{
    struct filter_node node = {.op = FILTER_EQUAL, .field = field, .number = number};
    return filter_add_node(parser, node, root_p);
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

static enum err parse_field(struct filter_parser *parser, uint32_t *root_p)
{
    enum flow_field field = FLOW_PROTO;
    bool is_exporter = filter_is_word(parser, "exporter");
    if (is_exporter) {
        field = FLOW_SAMPLER_ADDRESS;
    } else if (!find_field(parser->word, &field)) {
        return filter_refuse(parser, "no such field or word");
    }
    bool may_omit_sign = is_exporter || filter_is_word(parser, "proto");
    filter_next_word(parser);
    if (may_omit_sign && !filter_is_sign(parser->word[0])) {
        struct filter_node node = {.op = FILTER_EQUAL, .field = field};
        enum err err = read_operand(parser, &node);
        return err == ERR_OK ? filter_add_node(parser, node, root_p) : err;
    }
    return parse_comparison(parser, field, root_p);
}

enum err filter_parse_condition(struct filter_parser *parser, uint32_t *root_p)
{
    struct direction direction = {.takes_source = true, .takes_destination = true};
    uint64_t number = 0;
    if (filter_take_word(parser, "ip")) {
        return parse_equal(parser, FLOW_ETYPE, 0x0800, root_p);
    }
    if (filter_take_word(parser, "ip6")) {
        return parse_equal(parser, FLOW_ETYPE, 0x86dd, root_p);
    }
    if (find_protocol(parser->word, &number)) {
        filter_next_word(parser);
        return parse_equal(parser, FLOW_PROTO, number, root_p);
    }
    bool has_direction = filter_is_word(parser, "src") || filter_is_word(parser, "dst");
    if (has_direction) {
        direction.takes_source = filter_is_word(parser, "src");
        direction.takes_destination = !direction.takes_source;
        filter_next_word(parser);
    }
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        if (filter_take_word(parser, PAIRS[i].word)) {
            return parse_pair(parser, &PAIRS[i], direction, root_p);
        }
    }
    if (has_direction) {
        return filter_refuse(parser, "host, net, port, as or if is expected");
    }
    return parse_field(parser, root_p);
}
