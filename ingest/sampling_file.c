/* SPDX-License-Identifier: BSD-3-Clause -- the operator's sampling rates, from a file. */
#include "ingest/sampling_file.h"

#include "common/log.h"
#include "common/text_file.h"

enum err sampling_file_read(struct sampling_map **map_p, const char *path)
{
    *map_p = NULL;
    struct buffer text = {0};
    struct text_fault fault;
    enum err err = text_file_read(&text, path, "sampling", "-sampling.map");
    if (err == ERR_OK) {
        err = sampling_map_parse(map_p, buffer_text(&text), &fault);
        if (err == ERR_INVALID) {
            log_error("sampling", fault.reason,
                "flag=-sampling.map file=%s line=%u mend=\"mend that line\"", path, fault.line);
        }
    }
    buffer_clear(&text);
    return err;
}
