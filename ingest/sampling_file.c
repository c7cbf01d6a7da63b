/* SPDX-License-Identifier: BSD-3-Clause -- the operator's sampling rates, from a file. */
#include "ingest/sampling_file.h"

#include "common/buffer.h"
#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Room for SAMPLING_MAP_MAX rules with comments. */
enum {
    PART_BYTES = 4096,
    FILE_MAX_BYTES = 16 << 20
};

static enum err read_text(struct buffer *text, const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        log_error("sampling", "cannot read", "file=%s error=\"%s\"", path, strerror(errno));
        return ERR_IO;
    }
    char part[PART_BYTES];
    size_t size = 0;
    while (text->size < FILE_MAX_BYTES && (size = fread(part, 1, sizeof part, file)) > 0) {
        buffer_append(text, part, size);
    }
    bool is_whole = feof(file) != 0;
    (void)fclose(file);
    if (!is_whole) {
        log_error("sampling", "cannot be read to its end", "file=%s", path);
        return ERR_IO;
    }
    return buffer_check(text);
}

enum err sampling_file_read(struct sampling_map **map_p, const char *path)
{
    *map_p = NULL;
    struct buffer text = {0};
    struct sampling_map_fault fault;
    enum err err = read_text(&text, path);
    if (err == ERR_OK) {
        err = sampling_map_parse(map_p, buffer_text(&text), &fault);
        if (err == ERR_INVALID) {
            log_error("sampling", fault.reason, "file=%s line=%u", path, fault.line);
        }
    }
    buffer_clear(&text);
    return err;
}
