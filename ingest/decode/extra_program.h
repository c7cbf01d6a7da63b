/*
 * extra_program.h -- which fields of a template become entries of Extra, and how.
 *
 * Beside a template's program (template_program.h), and only where something is wanted that no flow
 * field takes: most templates have none, and then records are read as if this were not there.
 * Belongs to its template; only the decoder's thread touches it. What becomes of it:
 * docs/mapping.md.
 */
#pragma once

#include "common/err.h"
#include "common/flow.h"
#include "ingest/decode/record_place.h"
#include "ingest/decode/template.h"

struct extra_program;

/*
 * On success *program_p is owned by the caller, or NULL: the choice wants nothing of these fields.
 * Borrows all for the call.
 */
MUST_CHECK enum err extra_program_new(struct extra_program **program_p,
    const struct template_field *fields, uint16_t field_count, const struct extra_choice *choice);
void extra_program_destroy(struct extra_program **program_p);

/* Memory held, for the budget; 0 for NULL. */
size_t extra_program_bytes(const struct extra_program *program);

/* Fits the program to one record of a template with variable lengths. */
void extra_program_place(struct extra_program *program, const struct record_place *places);

/* Appends the entries of one record; returns how many found no room. */
uint32_t extra_program_run(
    const struct extra_program *program, const uint8_t *record, struct flow *flow);

/*
 * The same of a record in a list: keys that the flow has already are numbered on. It leaves the
 * program fitted to the record around it, which may be of the same template.
 */
uint32_t extra_program_add(const struct extra_program *program, const struct record_place *places,
    const uint8_t *record, struct flow *flow);
