/*
 * mapping.h -- the operator's names for information elements: which get a column of their own.
 *
 * One line an element, "ENTERPRISE/ID COLUMN [TYPE]"; the format is specified in docs/mapping.md. A
 * mapping does not change once it is parsed: any thread may read it.
 */
#pragma once

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
    MAPPING_LINES_MAX = 1024,
    MAPPING_NAME_SIZE = 64,
    MAPPING_WORD_SIZE = 64
};

/* What the column holds. */
enum mapping_type {
    MAPPING_STRING,
    MAPPING_UNSIGNED,
    MAPPING_SIGNED,
    MAPPING_FLOAT,
    MAPPING_ADDRESS
};

struct mapping_column {
    uint32_t pen;
    uint16_t id;
    char name[MAPPING_NAME_SIZE];
    enum mapping_type type;
    const char *type_name; /* ClickHouse's; lent for ever */
};

struct mapping {
    size_t count;
    struct mapping_column columns[]; /* in the order of enterprise and id */
};

/* Where a mapping is wrong. */
struct mapping_fault {
    uint32_t line;
    char word[MAPPING_WORD_SIZE]; /* cut where it is longer */
    const char *reason;
};

/* ERR_INVALID: *fault_p says why. On success *mapping_p is owned by the caller. */
MUST_CHECK enum err mapping_parse(
    struct mapping **mapping_p, const char *text, struct mapping_fault *fault_p);
void mapping_destroy(struct mapping **mapping_p);

/* Lent as long as the mapping lives; NULL: none. A mapping that is NULL has no columns. */
const struct mapping_column *mapping_find(const struct mapping *mapping, uint32_t pen, uint16_t id);

/* The first of the elements that go to that column: likewise. */
const struct mapping_column *mapping_find_column(const struct mapping *mapping, const char *name);
