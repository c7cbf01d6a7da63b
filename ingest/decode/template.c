/* SPDX-License-Identifier: BSD-3-Clause -- one template: made, measured, compiled. */
#include "ingest/decode/template.h"

#include "ingest/decode/extra_program.h"
#include "ingest/decode/template_program.h"

#include <stdlib.h>
#include <string.h>

/* A record has to fit into a UDP datagram. */
enum {
    RECORD_MAX_BYTES = 65507
};

/* Fills in the shortest record; false when no record of this shape can be. */
static bool measure(struct template *template)
{
    uint32_t bytes = 0;
    uint32_t empty_fields = 0;
    for (uint32_t i = 0; i < template->field_count; i++) {
        uint16_t length = template->fields[i].length;
        empty_fields += length == 0;
        bool is_variable = length == TEMPLATE_VARIABLE;
        template->is_variable |= is_variable;
        bytes += is_variable ? 1 : length;
    }
    template->record_min_bytes = bytes;
    return bytes > 0 && bytes <= RECORD_MAX_BYTES && empty_fields <= TEMPLATE_MAX_EMPTY_FIELDS;
}

static enum err compile(struct template *template, const struct extra_choice *choice)
{
    enum err err =
        template_program_new(&template->program, template->fields, template->field_count);
    return err != ERR_OK ? err
                         : extra_program_new(
                               &template->extra, template->fields, template->field_count, choice);
}

enum err template_new(struct template **template_p, const struct template_definition *definition,
    const struct extra_choice *choice)
{
    size_t fields_size = definition->field_count * sizeof definition->fields[0];
    struct template *template = calloc(1, sizeof *template + fields_size);
    if (template == NULL) {
        return ERR_MEMORY;
    }
    template->key = definition->key;
    template->stream = definition->stream;
    template->family = definition->family;
    template->field_count = definition->field_count;
    template->scope_count = definition->scope_count;
    template->is_options = definition->is_options;
    memcpy(template->fields, definition->fields, fields_size);
    enum err err = measure(template) ? ERR_OK : ERR_INVALID;
    if (err == ERR_OK && !template->is_options) {
        err = compile(template, choice);
    }
    if (err != ERR_OK) {
        template_destroy(&template);
        return err;
    }
    *template_p = template;
    return ERR_OK;
}

void template_destroy(struct template **template_p)
{
    if (*template_p == NULL) {
        return;
    }
    template_program_destroy(&(*template_p)->program);
    extra_program_destroy(&(*template_p)->extra);
    free(*template_p);
    *template_p = NULL;
}

size_t template_bytes(const struct template *template)
{
    size_t program = template->program != NULL ? template_program_bytes(template->program) : 0;
    return sizeof *template + template->field_count * sizeof template->fields[0] + program +
           extra_program_bytes(template->extra);
}

bool template_matches(const struct template *template, const struct template_definition *definition)
{
    return template->is_options == definition->is_options &&
           template->field_count == definition->field_count &&
           template->scope_count == definition->scope_count &&
           memcmp(template->fields, definition->fields,
               definition->field_count * sizeof definition->fields[0]) == 0;
}
