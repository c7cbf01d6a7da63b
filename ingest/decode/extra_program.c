/* SPDX-License-Identifier: BSD-3-Clause -- fields of records as entries of Extra. */
#include "ingest/decode/extra_program.h"

#include "common/mapping.h"
#include "ingest/decode/element_text.h"
#include "ingest/decode/elements.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    KEY_SIZE = MAPPING_NAME_SIZE + 8, /* a name or an element, and a number behind it */
    PADDING_OCTETS = 210              /* element: says nothing */
};

/* A field and the key of its entry. */
struct extra_field {
    struct record_place place; /* of its value; with variable lengths only once it is fitted */
    uint16_t index;            /* in the template */
    uint8_t type;              /* enum element_type */
    uint8_t name_size;         /* of the name or element, with which the key starts */
    uint8_t key_size;
    char key[KEY_SIZE];
};

struct extra_program {
    uint32_t count;
    uint32_t surplus; /* fields that no map has room for, whatever their values */
    struct extra_field fields[];
};

/* As what the bytes are read that go to a column. */
static enum element_type type_of_column(
    const struct mapping_column *column, enum element_type registered)
{
    switch (column->type) {
    case MAPPING_UNSIGNED:
        return ELEMENT_TYPE_UNSIGNED;
    case MAPPING_SIGNED:
        return ELEMENT_TYPE_SIGNED;
    case MAPPING_FLOAT:
        return registered == ELEMENT_TYPE_UNKNOWN ? ELEMENT_TYPE_FLOAT : registered;
    case MAPPING_ADDRESS:
        return ELEMENT_TYPE_ADDRESS;
    default:
        return registered == ELEMENT_TYPE_UNKNOWN ? ELEMENT_TYPE_STRING : registered;
    }
}

static bool is_without_field(const struct template_field *field)
{
    uint32_t pen = field->pen == ELEMENT_REVERSE_PEN ? 0 : field->pen;
    return element_find(pen, field->id) == NULL && !(pen == 0 && field->id == PADDING_OCTETS);
}

/* What comes again gets a number, so that no key comes twice. */
static void number_key(const struct extra_program *program, struct extra_field *field)
{
    unsigned place = 1;
    for (uint32_t i = 0; i < program->count; i++) {
        const struct extra_field *other = &program->fields[i];
        place += other->name_size == field->name_size &&
                 memcmp(other->key, field->key, field->name_size) == 0;
    }
    field->key_size = field->name_size;
    if (place > 1) {
        size_t room = KEY_SIZE - (size_t)field->name_size;
        int size = snprintf(field->key + field->name_size, room, "/%u", place);
        field->key_size = (uint8_t)(field->name_size + size);
    }
}

static void add_field(struct extra_program *program, struct extra_field *field)
{
    if (program->count == TEXT_MAP_ENTRIES) {
        program->surplus++;
        return;
    }
    number_key(program, field);
    program->fields[program->count++] = *field;
}

static void compile_field(struct extra_program *program, struct extra_field *next,
    const struct template_field *field, const struct extra_choice *choice)
{
    const struct mapping_column *column = mapping_find(choice->mapping, field->pen, field->id);
    bool is_wanted = column != NULL || (choice->takes_all && is_without_field(field));
    if (!is_wanted || field->length == 0) {
        return;
    }
    enum element_type type = element_type_of(field->pen, field->id);
    next->type = (uint8_t)(column != NULL ? type_of_column(column, type) : type);
    int size = column != NULL
                   ? snprintf(next->key, KEY_SIZE, "%s", column->name)
                   : snprintf(next->key, KEY_SIZE, "%" PRIu32 "/%" PRIu16, field->pen, field->id);
    next->name_size = (uint8_t)size;
    add_field(program, next);
}

static void compile_fields(struct extra_program *program, const struct template_field *fields,
    uint16_t field_count, const struct extra_choice *choice)
{
    struct extra_field next = {.index = 0};
    for (; next.index < field_count; next.index++) {
        const struct template_field *field = &fields[next.index];
        next.place.length = field->length;
        compile_field(program, &next, field, choice);
        next.place.offset = (uint16_t)(next.place.offset + field->length);
    }
}

enum err extra_program_new(struct extra_program **program_p, const struct template_field *fields,
    uint16_t field_count, const struct extra_choice *choice)
{
    *program_p = NULL;
    if (!choice->takes_all && choice->mapping == NULL) {
        return ERR_OK;
    }
    struct extra_program *program =
        malloc(sizeof *program + TEXT_MAP_ENTRIES * sizeof program->fields[0]);
    if (program == NULL) {
        return ERR_MEMORY;
    }
    *program = (struct extra_program){.count = 0};
    compile_fields(program, fields, field_count, choice);
    if (program->count == 0) {
        extra_program_destroy(&program);
        return ERR_OK;
    }
    struct extra_program *trimmed = realloc(program, extra_program_bytes(program));
    *program_p = trimmed != NULL ? trimmed : program;
    return ERR_OK;
}

void extra_program_destroy(struct extra_program **program_p)
{
    free(*program_p);
    *program_p = NULL;
}

size_t extra_program_bytes(const struct extra_program *program)
{
    return program != NULL ? sizeof *program + program->count * sizeof program->fields[0] : 0;
}

void extra_program_place(struct extra_program *program, const struct record_place *places)
{
    for (uint32_t i = 0; i < program->count; i++) {
        struct extra_field *field = &program->fields[i];
        field->place = places[field->index];
    }
}

/* False: there is no room for the value. One without bytes says nothing, and needs none. */
static bool append(const struct extra_field *field, struct record_place place,
    const uint8_t *record, struct flow *flow)
{
    char text[ELEMENT_TEXT_MAX(TEXT_MAP_BYTES)];
    if (place.length == 0 || place.length > TEXT_MAP_BYTES) {
        return place.length == 0;
    }
    size_t size =
        element_text_put(text, (enum element_type)field->type, record + place.offset, place.length);
    struct text_entry entry = {.key = field->key,
        .value = text,
        .key_size = field->key_size,
        .value_size = (uint16_t)size};
    return size == 0 || flow_append_extra(flow, &entry);
}

uint32_t extra_program_run(
    const struct extra_program *program, const uint8_t *record, struct flow *flow)
{
    uint32_t dropped = program->surplus;
    for (uint32_t i = 0; i < program->count; i++) {
        const struct extra_field *field = &program->fields[i];
        dropped += !append(field, field->place, record, flow);
    }
    return dropped;
}

uint32_t extra_program_fill(const struct extra_program *program, const struct record_place *places,
    const uint8_t *record, struct flow *flow)
{
    uint32_t dropped = program->surplus;
    for (uint32_t i = 0; i < program->count; i++) {
        const struct extra_field *field = &program->fields[i];
        bool is_there =
            flow_has(flow, FLOW_EXTRA) && text_map_has(&flow->extra, field->key, field->key_size);
        dropped += !is_there && !append(field, places[field->index], record, flow);
    }
    return dropped;
}
