/*
 * column.h -- one field's values, and the parser that writes them.
 *
 * Internal to store/columns. A row is written once its value comes: rows from `filled` on have no
 * value yet, whatever their bytes. Rows skipped before a value, and at the end of an append, get
 * the value that absence means then, mostly the default. So nothing has to be zeroed ahead or put
 * back, and a value may be stored as eight bytes whatever its width: what spills over lies in rows
 * not yet filled.
 */
#pragma once

#include "store/columns/columns.h"
#include "store/columns/repeat.h"

enum {
    COLUMN_SLACK = 32 /* bytes that may be read after a message and written after a column */
};

/* A value of any column as it stands in a row: a number, or the 16 bytes of an address. */
struct column_value {
    uint64_t words[2];
};

struct column {
    uint8_t *values;
    uint64_t *ends;       /* lists, texts and maps: see columns_list_ends() */
    struct column *next;  /* the column that came after this one last time: the parser's bet */
    uint64_t tag;         /* as a loaded word has it, */
    uint64_t tag_mask;    /* in these of its bits */
    uint64_t max;         /* highest number that fits */
    uint64_t value_count; /* lists: values of all rows; texts, maps: bytes */
    uint32_t filled;      /* rows before this one have their value */
    uint8_t tag_size;
    uint8_t kind;               /* enum flow_kind */
    uint8_t size_shift;         /* a value has 1 << size_shift bytes */
    struct column_value absent; /* of rows without a value; not the default while it repeats */
};

struct columns {
    struct column *first;  /* the column that came first in the last flow */
    struct column unknown; /* stands for fields that are not ours; its kind is no flow_kind */
    bool has_bmi2;
    struct column columns[FLOW_FIELD_COUNT];
    struct column saved[FLOW_FIELD_COUNT]; /* as they were before the append under way */
    uint32_t rows;
    uint32_t max_rows;
    struct repeat repeat;
    struct identity_run *identities;
    size_t identity_count;
    uint32_t hidden_rows; /* behind the others; see columns_show_first() */
    size_t hidden_identities;
    uint8_t *memory; /* one mapping for all the buffers */
    size_t memory_size;
};

/* Gives the rows up to `row` that have no value yet the one that absence means. */
void column_fill(struct column *column, uint32_t row);

/* The column whose minimal tag starts the word; `unknown`, which takes nothing, if there is none.
 */
struct column *column_find(struct columns *columns, uint64_t word);

/*
 * Parses one FlowMessage into the columns of `row`; COLUMN_SLACK bytes must be readable after it.
 * ERR_CORRUPT: the row may be half written.
 */
MUST_CHECK enum err columns_parse(struct columns *columns, struct cursor message, uint32_t row);
