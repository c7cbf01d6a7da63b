/* SPDX-License-Identifier: BSD-3-Clause -- flows as typed columns: memory, batches, access. */
#include "store/columns/columns.h"

#include "common/flow_codec.h"
#include "common/flow_wire.h"
#include "store/columns/column.h"

#include <stdlib.h>
#include <sys/mman.h>

enum {
    ALIGNMENT = 4096
};

static bool is_list(const struct column *column)
{
    return column->kind == FLOW_KIND_NUMBER_LIST || column->kind == FLOW_KIND_ADDRESS_LIST ||
           column->kind == FLOW_KIND_TEXT_MAP || column->kind == FLOW_KIND_TEXT;
}

/* The most values that a row has: of a text or map, bytes. */
static size_t values_a_row(const struct column *column)
{
    if (column->kind == FLOW_KIND_TEXT_MAP) {
        return TEXT_MAP_BYTES;
    }
    if (column->kind == FLOW_KIND_TEXT) {
        return FLOW_TEXT_BYTES;
    }
    return is_list(column) ? FLOW_LIST_MAX : 1;
}

/* The next `size` bytes of the mapping; with memory NULL only their place is counted. */
static void *place(uint8_t *memory, size_t *offset, size_t size)
{
    void *buffer = memory != NULL ? memory + *offset : NULL;
    *offset += (size + COLUMN_SLACK + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return buffer;
}

/* Lays out all buffers; returns the bytes they take. */
static size_t lay_out(struct columns *columns, uint8_t *memory)
{
    size_t rows = columns->max_rows;
    size_t offset = 0;
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        struct column *column = &columns->columns[i];
        size_t values = rows * values_a_row(column);
        column->values = place(memory, &offset, values << column->size_shift);
        if (is_list(column)) {
            column->ends = place(memory, &offset, rows * sizeof *column->ends);
        }
    }
    columns->identities = place(memory, &offset, rows * sizeof *columns->identities);
    return offset;
}

static void init_column(struct column *column, enum flow_field field)
{
    const struct wire_field *wire = &WIRE_FIELDS[field];
    column->next = column;
    column->max = WIRE_MAX[field];
    column->tag = wire->tag;
    column->tag_mask = wire->tag_mask;
    column->tag_size = wire->tag_size;
    column->kind = wire->kind;
    column->size_shift = (uint8_t)__builtin_ctz(FLOW_FIELDS[field].size_bytes);
}

enum err columns_new(struct columns **columns_p, uint32_t max_rows)
{
    *columns_p = NULL;
    struct columns *columns = calloc(1, sizeof *columns);
    if (columns == NULL) {
        return ERR_MEMORY;
    }
    columns->max_rows = max_rows;
    columns->first = &columns->unknown;
    columns->unknown = (struct column){
        .next = &columns->unknown, .kind = UINT8_MAX, .tag_mask = UINT64_MAX /* 0 tags no field */};
    columns->has_bmi2 = wire_has_bmi2();
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        init_column(&columns->columns[i], (enum flow_field)i);
    }
    size_t size = lay_out(columns, NULL);
    uint8_t *memory = mmap(
        NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        free(columns);
        return ERR_MEMORY;
    }
    /* Fewer page faults while a block fills; where the kernel refuses it works as well. */
    (void)madvise(memory, size, MADV_HUGEPAGE);
    columns->memory = memory;
    columns->memory_size = lay_out(columns, memory);
    *columns_p = columns;
    return ERR_OK;
}

void columns_destroy(struct columns **columns_p)
{
    struct columns *columns = *columns_p;
    if (columns != NULL) {
        (void)munmap(columns->memory, columns->memory_size);
        free(columns);
        *columns_p = NULL;
    }
}

/* The next flow; nearly always it is framed as flow_pack() does. ERR_END: none is left. */
static inline enum err take_message(struct cursor *payload, struct cursor *message_p)
{
    const uint8_t *p = payload->pos;
    if (cursor_left(payload) < 3 || p[0] != WIRE_FLOWS_TAG || p[1] < 0x80 || p[2] >= 0x80) {
        return wire_take_message(payload, message_p);
    }
    size_t size = (size_t)(p[1] & 0x7f) | (size_t)p[2] << 7;
    if (size > cursor_left(payload) - 3) {
        return wire_take_message(payload, message_p);
    }
    *message_p = cursor_of(p + 3, size);
    payload->pos = p + 3 + size;
    return ERR_OK;
}

/* Messages close to the payload's end are parsed from a copy with room behind it. */
static enum err parse_copy(struct columns *columns, struct cursor message, uint32_t row)
{
    uint8_t copy[FLOW_PACKED_MAX + COLUMN_SLACK];
    size_t size = cursor_left(&message);
    if (size > FLOW_PACKED_MAX) {
        return ERR_CORRUPT;
    }
    memcpy(copy, message.pos, size);
    memset(copy + size, 0, COLUMN_SLACK);
    return columns_parse(columns, cursor_of(copy, size), row);
}

/* Appends all flows of the payload, which have to be as many as its header said. */
static enum err append_flows(struct columns *columns, struct cursor payload, uint32_t flow_count)
{
    uint32_t row = columns->rows;
    uint32_t end_row = row + flow_count;
    struct cursor message;
    enum err err = take_message(&payload, &message);
    for (; err == ERR_OK; row++) {
        bool has_slack = payload.end - message.end >= COLUMN_SLACK;
        if (row == end_row || (has_slack ? columns_parse(columns, message, row)
                                         : parse_copy(columns, message, row)) != ERR_OK) {
            return ERR_CORRUPT;
        }
        err = take_message(&payload, &message);
    }
    return err == ERR_END && row == end_row ? ERR_OK : ERR_CORRUPT;
}

/* Rows that the append filled have no value any more; their bytes need no care. */
static void roll_back(struct columns *columns)
{
    repeat_end(columns, 0);
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        columns->columns[i].filled = columns->saved[i].filled;
        columns->columns[i].value_count = columns->saved[i].value_count;
    }
}

enum err columns_append(struct columns *columns, struct cursor payload, uint32_t flow_count,
    const struct row_identity *identity)
{
    if (flow_count > columns->max_rows - columns->rows) {
        return ERR_FULL;
    }
    memcpy(columns->saved, columns->columns, sizeof columns->saved);
    enum err err = append_flows(columns, payload, flow_count);
    if (err != ERR_OK) {
        roll_back(columns);
        return err;
    }
    if (flow_count == 0) {
        return ERR_OK;
    }
    columns->rows += flow_count;
    repeat_end(columns, columns->rows);
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        if (columns->columns[i].filled > 0) {
            column_fill(&columns->columns[i], columns->rows);
        }
    }
    columns->identities[columns->identity_count++] =
        (struct identity_run){.identity = *identity, .row_count = flow_count};
    return ERR_OK;
}

void columns_show_first(struct columns *columns, size_t appends)
{
    while (columns->identity_count > appends) {
        uint32_t rows = columns->identities[--columns->identity_count].row_count;
        columns->hidden_identities++;
        columns->hidden_rows += rows;
        columns->rows -= rows;
    }
}

void columns_show_all(struct columns *columns)
{
    columns->rows += columns->hidden_rows;
    columns->identity_count += columns->hidden_identities;
    columns->hidden_rows = 0;
    columns->hidden_identities = 0;
}

void columns_reset(struct columns *columns)
{
    columns_show_all(columns);
    columns->rows = 0;
    columns->identity_count = 0;
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        columns->columns[i].filled = 0;
        columns->columns[i].value_count = 0;
    }
}

uint32_t columns_rows(const struct columns *columns)
{
    return columns->rows;
}

size_t columns_bytes(const struct columns *columns)
{
    size_t bytes = columns->identity_count * sizeof *columns->identities;
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        const struct column *column = &columns->columns[i];
        size_t values = is_list(column) ? column->value_count : column->filled;
        bytes += values << column->size_shift;
        if (is_list(column)) {
            bytes += column->filled * sizeof *column->ends;
        }
    }
    return bytes;
}

bool columns_has(const struct columns *columns, enum flow_field field)
{
    return columns->columns[field].filled > 0;
}

const void *columns_values(const struct columns *columns, enum flow_field field)
{
    return columns->columns[field].values;
}

const uint64_t *columns_list_ends(const struct columns *columns, enum flow_field field)
{
    return columns->columns[field].ends;
}

const struct identity_run *columns_identities(const struct columns *columns, size_t *count_p)
{
    *count_p = columns->identity_count;
    return columns->identities;
}
