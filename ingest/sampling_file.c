/* SPDX-License-Identifier: BSD-3-Clause -- the operator's sampling rates, from a file. */
#include "ingest/sampling_file.h"

#include "common/file.h"
#include "common/log.h"

#include <errno.h>
#include <string.h>

/* Room for SAMPLING_MAP_MAX rules with comments. */
enum {
    FILE_MAX_BYTES = 16 << 20
};

static enum err read_text(struct buffer *text, const char *path)
{
    enum err err = file_read(path, FILE_MAX_BYTES, text);
    if (err == ERR_IO || err == ERR_NOT_FOUND) {
        log_error("sampling", "cannot read", "file=%s error=\"%s\"", path, strerror(errno));
    } else if (err != ERR_OK) {
        log_error(
            "sampling", "cannot be read to its end", "file=%s error=\"%s\"", path, err_text(err));
    }
    return err;
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
