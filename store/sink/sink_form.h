/*
 * sink_form.h -- a block as a file in an HTML form, which a server has whole before it begins.
 *
 * ClickHouse takes "external data" this way, and has since long before input(): a statement may
 * select from the file by its name. The boundary between the parts is random, so that no flow can
 * hold it. Owned by the inserter's thread.
 *
 *   --BOUNDARY
 *   Content-Disposition: form-data; name="block"; filename="block"
 *
 *   ... bytes in Native format ...
 *   --BOUNDARY--
 */
#pragma once

#include "common/buffer.h"

/* What the statement selects from. */
#define SINK_FORM_NAME "block"

struct sink_form {
    char boundary[40];
    char header[96];    /* Content-Type, the whole line */
    struct buffer body; /* its room is kept */
};

void sink_form_init(struct sink_form *form);
void sink_form_clear(struct sink_form *form);

/*
 * Appends "A Int8, B String" for "`A` Int8, `B` String": the server splits this at spaces and
 * commas, and unquotes nothing.
 */
void sink_form_structure(struct buffer *out, const char *structure);

/* Makes the bytes the form's one file. ERR_MEMORY. */
MUST_CHECK enum err sink_form_fill(struct sink_form *form, const struct buffer *bytes);
