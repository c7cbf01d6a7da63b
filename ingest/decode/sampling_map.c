/* SPDX-License-Identifier: BSD-3-Clause -- sampling rates by prefix. */
#include "ingest/decode/sampling_map.h"

#include "common/array.h"
#include "common/decimal.h"
#include "common/text_line.h"

#include <stdlib.h>

enum {
    ADDRESS_BITS = 128,
    MAPPED_BITS = 96 /* in front of an IPv4 address */
};

struct prefix_rule {
    struct address prefix;
    uint32_t bits; /* of 128 */
    struct sampling_rule rule;
};

struct sampling_map {
    size_t count;
    size_t room;
    struct prefix_rule *rules; /* the longest prefix first */
};

/* Where the words stand in a line. */
enum {
    WORD_PREFIX,
    WORD_RATE,
    WORD_USE
};

static bool has_prefix(const struct address *address, const struct address *prefix, uint32_t bits)
{
    uint32_t bytes = bits / 8;
    uint32_t rest = bits % 8;
    return memcmp(address->bytes, prefix->bytes, bytes) == 0 &&
           (rest == 0 || (address->bytes[bytes] ^ prefix->bytes[bytes]) >> (8 - rest) == 0);
}

/* Cuts the length off the text. */
static bool parse_prefix(struct prefix_rule *rule, char *text)
{
    char *slash = strchr(text, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    if (address_parse(&rule->prefix, text) != ERR_OK) {
        return false;
    }
    uint32_t first = address_is_ipv4(&rule->prefix) ? MAPPED_BITS : 0;
    uint64_t length = ADDRESS_BITS - first;
    if (slash != NULL && decimal_parse(slash + 1, length, &length) != ERR_OK) {
        return false;
    }
    rule->bits = first + (uint32_t)length;
    return true;
}

/* NULL, or what is wrong. */
static const char *parse_rule(struct prefix_rule *rule, const struct text_line *line)
{
    if (line->count < 2 || line->count > 3) {
        return "not of the form PREFIX RATE [default|override]";
    }
    if (!parse_prefix(rule, line->words[WORD_PREFIX])) {
        return "no prefix like 192.0.2.0/24 or 2001:db8::/32";
    }
    if (decimal_parse(line->words[WORD_RATE], UINT32_MAX, &rule->rule.rate) != ERR_OK ||
        rule->rule.rate == 0) {
        return "no rate from 1 to 4294967295";
    }
    rule->rule.is_override = line->count == 3 && strcmp(line->words[WORD_USE], "override") == 0;
    if (line->count == 3 && !rule->rule.is_override &&
        strcmp(line->words[WORD_USE], "default") != 0) {
        return "neither default nor override";
    }
    return NULL;
}

static enum err append(struct sampling_map *map, const struct prefix_rule *rule)
{
    struct prefix_rule *rules = array_grow(map->rules, map->count, &map->room, sizeof *rules);
    if (rules == NULL) {
        return ERR_MEMORY;
    }
    map->rules = rules;
    map->rules[map->count++] = *rule;
    return ERR_OK;
}

/* The longest first. */
static int compare(const void *a, const void *b)
{
    const struct prefix_rule *left = a;
    const struct prefix_rule *right = b;
    if (left->bits != right->bits) {
        return left->bits > right->bits ? -1 : 1;
    }
    return memcmp(left->prefix.bytes, right->prefix.bytes, sizeof left->prefix.bytes);
}

static enum err read_lines(
    struct sampling_map *map, const char *text, struct sampling_map_fault *fault)
{
    struct text_line line = {.number = 0};
    struct prefix_rule rule;
    enum err err;
    while ((err = text_line_next(&line, &text)) == ERR_OK) {
        fault->line = line.number;
        fault->reason =
            map->count < SAMPLING_MAP_MAX ? parse_rule(&rule, &line) : "one rule too many";
        err = fault->reason != NULL ? ERR_INVALID : append(map, &rule);
        if (err != ERR_OK) {
            return err;
        }
    }
    if (err == ERR_FULL) {
        *fault = (struct sampling_map_fault){line.number, "longer than a line may be"};
        return ERR_INVALID;
    }
    return ERR_OK;
}

enum err sampling_map_parse(
    struct sampling_map **map_p, const char *text, struct sampling_map_fault *fault_p)
{
    *map_p = NULL;
    *fault_p = (struct sampling_map_fault){.line = 0};
    struct sampling_map *map = calloc(1, sizeof *map);
    if (map == NULL) {
        return ERR_MEMORY;
    }
    enum err err = read_lines(map, text, fault_p);
    if (err != ERR_OK) {
        sampling_map_destroy(&map);
        return err;
    }
    if (map->count > 0) {
        qsort(map->rules, map->count, sizeof *map->rules, compare);
    }
    *map_p = map;
    return ERR_OK;
}

void sampling_map_destroy(struct sampling_map **map_p)
{
    if (*map_p == NULL) {
        return;
    }
    free((*map_p)->rules);
    free(*map_p);
    *map_p = NULL;
}

struct sampling_rule sampling_map_find(
    const struct sampling_map *map, const struct address *exporter)
{
    size_t count = map != NULL ? map->count : 0;
    for (size_t i = 0; i < count; i++) {
        const struct prefix_rule *rule = &map->rules[i];
        if (has_prefix(exporter, &rule->prefix, rule->bits)) {
            return rule->rule;
        }
    }
    return (struct sampling_rule){.rate = 0};
}
