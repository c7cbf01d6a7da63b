/* SPDX-License-Identifier: BSD-3-Clause -- parses which information elements get a column. */
#include "common/mapping.h"

#include "common/decimal.h"
#include "common/flow.h"
#include "common/text_line.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    LAST_ID = 65535
};

/* Where the words stand in a line. */
enum {
    WORD_ELEMENT,
    WORD_NAME,
    WORD_TYPE,
    WORD_SURPLUS
};

static const struct {
    const char *name;
    enum mapping_type type;
} TYPES[] = {
    {"String", MAPPING_STRING},
    {"UInt8", MAPPING_UNSIGNED},
    {"UInt16", MAPPING_UNSIGNED},
    {"UInt32", MAPPING_UNSIGNED},
    {"UInt64", MAPPING_UNSIGNED},
    {"Int8", MAPPING_SIGNED},
    {"Int16", MAPPING_SIGNED},
    {"Int32", MAPPING_SIGNED},
    {"Int64", MAPPING_SIGNED},
    {"Float64", MAPPING_FLOAT},
    {"IPv4", MAPPING_ADDRESS},
    {"IPv6", MAPPING_ADDRESS},
};

/* Columns of our table that are no fields. */
static const char *const TAKEN[] = {"FlowType", "IngestID", "BatchSequence"};

/* 9/26: enterprise and id. */
static bool parse_element(struct mapping_column *column, const char *text)
{
    uint64_t pen;
    uint64_t id;
    if (decimal_take(&text, UINT32_MAX, &pen) != ERR_OK || *text != '/' ||
        decimal_parse(text + 1, LAST_ID, &id) != ERR_OK) {
        return false;
    }
    column->pen = (uint32_t)pen;
    column->id = (uint16_t)id;
    return true;
}

static bool is_name(const char *text)
{
    static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char ALL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    size_t length = strlen(text);
    return length < MAPPING_NAME_SIZE && strchr(LETTERS, text[0]) != NULL &&
           strspn(text, ALL) == length;
}

static bool is_text_field(const char *name)
{
    enum flow_field field;
    return flow_field_find(&field, name) == ERR_OK && FLOW_FIELDS[field].kind == FLOW_KIND_TEXT;
}

/* Text fields came later than the mapping, which may name them: its elements then fill the column.
 */
static bool is_taken(const char *name)
{
    enum flow_field field;
    for (size_t i = 0; i < sizeof TAKEN / sizeof TAKEN[0]; i++) {
        if (strcmp(TAKEN[i], name) == 0) {
            return true;
        }
    }
    return flow_field_find(&field, name) == ERR_OK && !is_text_field(name);
}

static bool find_type(struct mapping_column *column, const char *name)
{
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        if (strcmp(TYPES[i].name, name) == 0) {
            column->type = TYPES[i].type;
            column->type_name = TYPES[i].name;
            return true;
        }
    }
    return false;
}

/* NULL, or what is wrong with the column beside those before it; *word_p: in which word. */
static const char *check_others(
    const struct mapping *mapping, const struct mapping_column *column, uint32_t *word_p)
{
    for (size_t i = 0; i < mapping->count; i++) {
        const struct mapping_column *other = &mapping->columns[i];
        if (other->pen == column->pen && other->id == column->id) {
            *word_p = WORD_ELEMENT;
            return "an element that an earlier line has";
        }
        if (strcmp(other->name, column->name) == 0 && other->type_name != column->type_name) {
            *word_p = WORD_NAME;
            return "a column that an earlier line has with another type";
        }
    }
    return mapping->count < MAPPING_LINES_MAX ? NULL : "one line too many";
}

static const char *parse_column(struct mapping_column *column, const struct mapping *mapping,
    const struct text_line *line, uint32_t *word_p)
{
    *word_p = WORD_ELEMENT;
    if (line->count < 2) {
        return "not of the form ENTERPRISE/ID COLUMN [TYPE]";
    }
    if (!parse_element(column, line->words[WORD_ELEMENT])) {
        return "no element like 0/82 or 2636/137";
    }
    *word_p = WORD_NAME;
    const char *name = line->words[WORD_NAME];
    if (!is_name(name)) {
        return "no column: letters, digits and _ with no digit first, 63 at most";
    }
    if (is_taken(name)) {
        return "a column of ours";
    }
    strcpy(column->name, name);
    *word_p = WORD_TYPE;
    if (!find_type(column, line->count > WORD_TYPE ? line->words[WORD_TYPE] : TYPES[0].name)) {
        return "neither String, UInt8 to UInt64, Int8 to Int64, Float64, IPv4 nor IPv6";
    }
    if (is_text_field(name) && column->type != MAPPING_STRING) {
        return "a column of ours holds text: use String";
    }
    *word_p = WORD_SURPLUS;
    return line->count > WORD_SURPLUS ? "a word too many" : check_others(mapping, column, word_p);
}

static enum err add_line(
    struct mapping *mapping, const struct text_line *line, struct mapping_fault *fault)
{
    struct mapping_column column;
    uint32_t word = 0;
    fault->reason = parse_column(&column, mapping, line, &word);
    if (fault->reason != NULL) {
        (void)snprintf(
            fault->word, sizeof fault->word, "%.*s", MAPPING_WORD_SIZE - 1, line->words[word]);
        return ERR_INVALID;
    }
    mapping->columns[mapping->count++] = column;
    return ERR_OK;
}

static enum err add_lines(struct mapping *mapping, const char *text, struct mapping_fault *fault)
{
    struct text_line line = {.number = 0};
    enum err err;
    while ((err = text_line_next(&line, &text)) == ERR_OK) {
        fault->line = line.number;
        err = add_line(mapping, &line, fault);
        if (err != ERR_OK) {
            return err;
        }
    }
    if (err == ERR_FULL) {
        fault->line = line.number;
        fault->reason = "longer than a line may be";
        return ERR_INVALID;
    }
    return ERR_OK;
}

static int compare(const void *a, const void *b)
{
    const struct mapping_column *left = a;
    const struct mapping_column *right = b;
    if (left->pen != right->pen) {
        return left->pen < right->pen ? -1 : 1;
    }
    return (int)left->id - (int)right->id;
}

enum err mapping_parse(struct mapping **mapping_p, const char *text, struct mapping_fault *fault_p)
{
    *mapping_p = NULL;
    *fault_p = (struct mapping_fault){.line = 0};
    struct mapping *mapping =
        calloc(1, sizeof *mapping + MAPPING_LINES_MAX * sizeof mapping->columns[0]);
    if (mapping == NULL) {
        return ERR_MEMORY;
    }
    enum err err = add_lines(mapping, text, fault_p);
    if (err != ERR_OK) {
        free(mapping);
        return err;
    }
    qsort(mapping->columns, mapping->count, sizeof mapping->columns[0], compare);
    *mapping_p = mapping;
    return ERR_OK;
}

void mapping_destroy(struct mapping **mapping_p)
{
    free(*mapping_p);
    *mapping_p = NULL;
}

const struct mapping_column *mapping_find(const struct mapping *mapping, uint32_t pen, uint16_t id)
{
    if (mapping == NULL) {
        return NULL;
    }
    const struct mapping_column wanted = {.pen = pen, .id = id};
    return bsearch(&wanted, mapping->columns, mapping->count, sizeof mapping->columns[0], compare);
}

const struct mapping_column *mapping_find_column(const struct mapping *mapping, const char *name)
{
    size_t count = mapping != NULL ? mapping->count : 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(mapping->columns[i].name, name) == 0) {
            return &mapping->columns[i];
        }
    }
    return NULL;
}
