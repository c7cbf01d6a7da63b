/* SPDX-License-Identifier: BSD-3-Clause -- fields of records as entries of Extra. */
#include "ingest/decode/extra_program.h"

#include "ingest/decode/elements.h"
#include "ingest/decode/extra_entry.h"

#include <stdlib.h>

/* A field and the key of its entry. */
struct extra_field {
    struct record_place place; /* of its value; with variable lengths only once it is fitted */
    uint16_t index;            /* in the template */
    struct extra_key key;
};

struct extra_program {
    uint32_t count;
    uint32_t surplus; /* fields that no map has room for, whatever their values */
    struct extra_field fields[];
};

/* What comes again gets a number, so that no key comes twice. */
static void number_key(const struct extra_program *program, struct extra_key *key)
{
    uint32_t others = 0;
    for (uint32_t i = 0; i < program->count; i++) {
        const struct extra_key *other = &program->fields[i].key;
        others += other->name_size == key->name_size &&
                  memcmp(other->text, key->text, key->name_size) == 0;
    }
    extra_key_number(key, others);
}

static void add_field(struct extra_program *program, struct extra_field *field)
{
    if (program->count == TEXT_MAP_ENTRIES) {
        program->surplus++;
        return;
    }
    number_key(program, &field->key);
    program->fields[program->count++] = *field;
}

static void compile_field(struct extra_program *program, struct extra_field *next,
    const struct template_field *field, const struct extra_choice *choice)
{
    /* The values of a list that is kept apart are entries of their own: record_list.c. */
    bool is_apart = element_is_list_apart(element_find(field->pen, field->id));
    if (field->length != 0 && !is_apart && extra_key_of(&next->key, field, choice)) {
        add_field(program, next);
    }
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

uint32_t extra_program_run(
    const struct extra_program *program, const uint8_t *record, struct flow *flow)
{
    uint32_t dropped = program->surplus;
    for (uint32_t i = 0; i < program->count; i++) {
        const struct extra_field *field = &program->fields[i];
        dropped += !extra_entry_append(
            flow, &field->key, record + field->place.offset, field->place.length);
    }
    return dropped;
}

uint32_t extra_program_add(const struct extra_program *program, const struct record_place *places,
    const uint8_t *record, struct flow *flow)
{
    uint32_t dropped = program->surplus;
    uint32_t entries_before = extra_entries(flow);
    if (entries_before == TEXT_MAP_ENTRIES) {
        return dropped + program->count;
    }
    for (uint32_t i = 0; i < program->count; i++) {
        struct record_place place = places[program->fields[i].index];
        if (place.length > 0) {
            struct extra_key key = program->fields[i].key;
            extra_key_number(&key, key.others + extra_entry_count(flow, entries_before, &key));
            dropped += !extra_entry_append(flow, &key, record + place.offset, place.length);
        }
    }
    return dropped;
}
