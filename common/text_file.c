/* SPDX-License-Identifier: BSD-3-Clause -- reads a file of the operator's. */
#include "common/text_file.h"

#include "common/file.h"
#include "common/refusal.h"

#include <errno.h>

/* Room for the longest map of sampling rates, with comments. */
enum {
    FILE_MAX_BYTES = 16 << 20
};

enum err text_file_read(
    struct buffer *text, const char *path, const char *component, const char *flag)
{
    enum err err = file_read(path, FILE_MAX_BYTES, text);
    const struct refusal refusal = {
        .component = component, .flag = flag, .key = "file", .value = path, .cause = errno};
    if (err == ERR_IO || err == ERR_NOT_FOUND) {
        (void)refuse_file(&refusal);
    } else if (err != ERR_OK) {
        refuse(&refusal, "cannot be read to its end", err_text(err), "give a file below 16 MiB");
    }
    return err;
}
