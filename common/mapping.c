/* SPDX-License-Identifier: BSD-3-Clause -- parses which information elements get a column. */
#include "common/mapping.h"

#include "common/flow.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    LINE_SIZE = 256,
    LAST_ID = 65535
};

/* The words of one line, without its comment. */
struct mapping_line {
    char element[LINE_SIZE];
    char name[LINE_SIZE];
    char type[LINE_SIZE];
    char surplus[LINE_SIZE];
    int words;
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

/* A decimal number that ends at `end`. */
static bool parse_number(uint32_t *number_p, const char *text, char end, uint64_t max)
{
    uint64_t number = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9' && number <= max; p++) {
        number = number * 10 + (uint64_t)(*p - '0');
    }
    *number_p = (uint32_t)number;
    return p > text && *p == end && number <= max;
}

static bool parse_element(struct mapping_column *column, const char *text)
{
    uint32_t id;
    const char *slash = strchr(text, '/');
    if (slash == NULL || !parse_number(&column->pen, text, '/', UINT32_MAX) ||
        !parse_number(&id, slash + 1, '\0', LAST_ID)) {
        return false;
    }
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

static bool is_taken(const char *name)
{
    enum flow_field field;
    for (size_t i = 0; i < sizeof TAKEN / sizeof TAKEN[0]; i++) {
        if (strcmp(TAKEN[i], name) == 0) {
            return true;
        }
    }
    return flow_field_find(&field, name) == ERR_OK;
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

/* NULL, or what is wrong with the column beside those before it; *word_p: where. */
static const char *check_others(const struct mapping *mapping, const struct mapping_column *column,
    const struct mapping_line *line, const char **word_p)
{
    for (size_t i = 0; i < mapping->count; i++) {
        const struct mapping_column *other = &mapping->columns[i];
        if (other->pen == column->pen && other->id == column->id) {
            *word_p = line->element;
            return "an element that an earlier line has";
        }
        if (strcmp(other->name, column->name) == 0 && other->type_name != column->type_name) {
            *word_p = line->name;
            return "a column that an earlier line has with another type";
        }
    }
    return mapping->count < MAPPING_LINES_MAX ? NULL : "one line too many";
}

static const char *parse_column(struct mapping_column *column, const struct mapping *mapping,
    const struct mapping_line *line, const char **word_p)
{
    *word_p = line->element;
    if (line->words < 2) {
        return "not of the form ENTERPRISE/ID COLUMN [TYPE]";
    }
    if (!parse_element(column, line->element)) {
        return "no element like 0/82 or 2636/137";
    }
    *word_p = line->name;
    if (!is_name(line->name)) {
        return "no column: letters, digits and _ with no digit first, 63 at most";
    }
    if (is_taken(line->name)) {
        return "a column of ours";
    }
    strcpy(column->name, line->name);
    *word_p = line->type;
    if (!find_type(column, line->words > 2 ? line->type : TYPES[0].name)) {
        return "neither String, UInt8 to UInt64, Int8 to Int64, Float64, IPv4 nor IPv6";
    }
    *word_p = line->surplus;
    return line->words > 3 ? "a word too many" : check_others(mapping, column, line, word_p);
}

/* Splits the line into words; false: it is too long. */
static bool split(struct mapping_line *line, const char *text, size_t size)
{
    char copy[LINE_SIZE];
    if (size >= sizeof copy) {
        return false;
    }
    memcpy(copy, text, size);
    copy[size] = '\0';
    copy[strcspn(copy, "#\r")] = '\0';
    line->words = sscanf(
        copy, "%255s %255s %255s %255s", line->element, line->name, line->type, line->surplus);
    line->words = line->words > 0 ? line->words : 0;
    return true;
}

static enum err read_line(
    struct mapping *mapping, const char *text, size_t size, struct mapping_fault *fault)
{
    struct mapping_line line = {.words = 0};
    const char *word = "";
    fault->line++;
    fault->reason = "longer than a line may be";
    if (!split(&line, text, size)) {
        return ERR_INVALID;
    }
    if (line.words == 0) {
        return ERR_OK;
    }
    struct mapping_column column;
    fault->reason = parse_column(&column, mapping, &line, &word);
    if (fault->reason != NULL) {
        (void)snprintf(fault->word, sizeof fault->word, "%.*s", MAPPING_WORD_SIZE - 1, word);
        return ERR_INVALID;
    }
    mapping->columns[mapping->count++] = column;
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
    while (*text != '\0') {
        size_t size = strcspn(text, "\n");
        enum err err = read_line(mapping, text, size, fault_p);
        if (err != ERR_OK) {
            free(mapping);
            return err;
        }
        text += size + (text[size] != '\0' ? 1 : 0);
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
