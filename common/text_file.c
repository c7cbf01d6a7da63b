/* SPDX-License-Identifier: BSD-3-Clause -- reads a file of the operator's. */
#include "common/text_file.h"

#include "common/file.h"
#include "common/log.h"

#include <errno.h>
#include <string.h>

/* Room for the longest map of sampling rates, with comments. */
enum {
    FILE_MAX_BYTES = 16 << 20
};

enum err text_file_read(struct buffer *text, const char *path, const char *component)
{
    enum err err = file_read(path, FILE_MAX_BYTES, text);
    if (err == ERR_IO || err == ERR_NOT_FOUND) {
        log_error(component, "cannot read", "file=%s error=\"%s\"", path, strerror(errno));
    } else if (err != ERR_OK) {
        log_error(
            component, "cannot be read to its end", "file=%s error=\"%s\"", path, err_text(err));
    }
    return err;
}
