/* SPDX-License-Identifier: BSD-3-Clause -- the exporters that may send, from a file. */
#include "ingest/allow_file.h"

#include "common/log.h"
#include "common/text_file.h"

enum err allow_file_read(struct allow_list **list_p, const char *path)
{
    *list_p = NULL;
    struct buffer text = {0};
    struct text_fault fault;
    enum err err = text_file_read(&text, path, "exporters", "-exporters.allow");
    if (err == ERR_OK) {
        err = allow_list_parse(list_p, buffer_text(&text), &fault);
        if (err == ERR_INVALID) {
            log_error("exporters", fault.reason,
                "flag=-exporters.allow file=%s line=%u mend=\"mend that line\"", path, fault.line);
        }
    }
    buffer_clear(&text);
    return err;
}
