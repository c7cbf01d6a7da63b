/* SPDX-License-Identifier: BSD-3-Clause -- a mapping from a file. */
#include "common/mapping_file.h"

#include "common/log.h"
#include "common/text_file.h"

#define COMPONENT "mapping"

enum err mapping_file_read(struct mapping **mapping_p, const char *path)
{
    *mapping_p = NULL;
    struct buffer text = {0};
    struct mapping_fault fault;
    enum err err = text_file_read(&text, path, COMPONENT, "-mapping");
    if (err == ERR_OK) {
        err = mapping_parse(mapping_p, buffer_text(&text), &fault);
        if (err == ERR_INVALID) {
            log_error(COMPONENT, fault.reason,
                "flag=-mapping file=%s line=%u word=\"%s\" mend=\"mend that line\"", path,
                fault.line, fault.word);
        }
    }
    buffer_clear(&text);
    return err;
}
