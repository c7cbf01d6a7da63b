/* SPDX-License-Identifier: BSD-3-Clause -- flows as lines, or as length-delimited FlowMessages. */
#include "common/flow_codec.h"
#include "common/flow_text.h"
#include "tools/tap/tap_output.h"

#include <stdlib.h>
#include <string.h>

/* Writes one flow into LINE_ROOM bytes; returns the size. */
typedef size_t format_fn(const struct flow *flow, char *out);

enum {
    LINE_ROOM = FLOW_TEXT_MAX
};
_Static_assert((int)FLOW_PACKED_MAX <= (int)LINE_ROOM, "a packed flow fits like a line");

struct tap_lines {
    FILE *file;
    format_fn *format;
    char line[LINE_ROOM];
};

static size_t format_protobuf(const struct flow *flow, char *out)
{
    return flow_pack_delimited(flow, (uint8_t *)out);
}

static format_fn *format_of(const char *name)
{
    if (strcmp(name, "json") == 0) {
        return flow_print_json;
    }
    return strcmp(name, "protobuf") == 0 ? format_protobuf : flow_print_text;
}

static enum err take(void *context, const struct flow *flow)
{
    struct tap_lines *lines = context;
    size_t size = lines->format(flow, lines->line);
    return fwrite(lines->line, 1, size, lines->file) == size ? ERR_OK : ERR_END;
}

static enum err flush(void *context)
{
    const struct tap_lines *lines = context;
    return fflush(lines->file) == 0 ? ERR_OK : ERR_END;
}

enum err tap_lines_new(struct tap_output *output_p, const char *format, FILE *file)
{
    struct tap_lines *lines = calloc(1, sizeof *lines);
    if (lines == NULL) {
        return ERR_MEMORY;
    }
    lines->file = file;
    lines->format = format_of(format);
    *output_p =
        (struct tap_output){.context = lines, .take = take, .flush = flush, .destroy = free};
    return ERR_OK;
}
