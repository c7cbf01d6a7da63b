/* SPDX-License-Identifier: BSD-3-Clause -- DESCRIBE TABLE, cut into columns. */
#include "store/sink/table_description.h"

#include <stdlib.h>
#include <string.h>

/* Of each row: name, type, kind of default, its expression. What follows them is left. */
enum {
    FIELDS = 4
};

/* Undoes TabSeparated's escapes up to the end of the value; returns what follows it. */
static char *unescape(char *value, char *end_p)
{
    char *out = value;
    char *in = value;
    while (*in != '\t' && *in != '\n' && *in != '\0') {
        if (*in == '\\' && in[1] != '\0') {
            in++;
        }
        *out++ = *in++;
    }
    *end_p = *in;
    char *next = *in == '\0' ? in : in + 1;
    *out = '\0';
    return next;
}

/* Cuts one row; returns the next one. */
static char *parse_row(char *row, struct described_column *described)
{
    char *fields[FIELDS] = {row, NULL, NULL, NULL};
    char end = '\t';
    char *rest = row;
    for (size_t i = 0; i < FIELDS && end == '\t'; i++) {
        fields[i] = rest;
        rest = unescape(rest, &end);
    }
    while (end == '\t') {
        rest = unescape(rest, &end);
    }
    described->column.name = fields[0];
    described->column.type = fields[1] != NULL ? fields[1] : (char *)"";
    described->default_kind = fields[2] != NULL ? fields[2] : "";
    described->expression = fields[3] != NULL ? fields[3] : "";
    return rest;
}

static enum err parse(struct table_description *description)
{
    char *text = (char *)buffer_text(&description->text);
    size_t lines = 0;
    for (const char *p = text; *p != '\0'; p++) {
        lines += *p == '\n';
    }
    free(description->columns);
    description->column_count = 0;
    description->columns = calloc(lines + 1, sizeof *description->columns);
    if (description->columns == NULL) {
        return ERR_MEMORY;
    }
    for (char *row = text; *row != '\0' && description->column_count <= lines;) {
        row = parse_row(row, &description->columns[description->column_count++]);
    }
    return buffer_check(&description->text);
}

enum sink_outcome table_description_read(struct table_description *description,
    struct sink_backend *backend, const char *table, struct buffer *error)
{
    struct buffer sql = {0};
    buffer_format(&sql, "DESCRIBE TABLE %s", table);
    description->text.size = 0;
    enum sink_outcome outcome = backend->class->query(
        backend, buffer_text(&sql), "TabSeparated", &description->text, error);
    buffer_clear(&sql);
    if (outcome == SINK_DONE && parse(description) != ERR_OK) {
        table_description_clear(description); /* a failed buffer stays failed */
        buffer_text_append(error, "out of memory");
        return SINK_RETRY;
    }
    return outcome;
}

void table_description_clear(struct table_description *description)
{
    free(description->columns);
    buffer_clear(&description->text);
    *description = (struct table_description){0};
}

const struct described_column *table_description_find(
    const struct table_description *description, const char *name)
{
    for (size_t i = 0; i < description->column_count; i++) {
        if (strcmp(description->columns[i].column.name, name) == 0) {
            return &description->columns[i];
        }
    }
    return NULL;
}
