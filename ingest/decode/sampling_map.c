/* SPDX-License-Identifier: BSD-3-Clause -- sampling rates by prefix. */
#include "ingest/decode/sampling_map.h"

#include "common/array.h"
#include "common/decimal.h"
#include "common/prefix.h"
#include "common/text_line.h"

#include <stdlib.h>

struct prefix_rule {
    struct prefix prefix;
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

/* NULL, or what is wrong. */
static const char *parse_rule(struct prefix_rule *rule, const struct text_line *line)
{
    if (line->count < 2 || line->count > 3) {
        return "not of the form PREFIX RATE [default|override]";
    }
    const char *reason;
    if (prefix_parse(&rule->prefix, line->words[WORD_PREFIX], &reason) != ERR_OK) {
        return reason;
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
    if (left->prefix.bits != right->prefix.bits) {
        return left->prefix.bits > right->prefix.bits ? -1 : 1;
    }
    return memcmp(&left->prefix.address, &right->prefix.address, sizeof left->prefix.address);
}

static enum err read_lines(struct sampling_map *map, const char *text, struct text_fault *fault)
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
        *fault = (struct text_fault){line.number, "longer than a line may be"};
        return ERR_INVALID;
    }
    return ERR_OK;
}

enum err sampling_map_parse(
    struct sampling_map **map_p, const char *text, struct text_fault *fault_p)
{
    *map_p = NULL;
    *fault_p = (struct text_fault){.line = 0};
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
        if (prefix_has(&rule->prefix, exporter)) {
            return rule->rule;
        }
    }
    return (struct sampling_rule){.rate = 0};
}
