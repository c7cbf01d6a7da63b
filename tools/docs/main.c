/* SPDX-License-Identifier: BSD-3-Clause -- goflow-docs: prints the generated part of docs/. */
#include "tools/docs/docs_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct document {
    const char *name;
    void (*append)(struct buffer *out);
};

static const struct document DOCUMENTS[] = {
    {"fields", docs_append_fields},
};

static bool print(const struct document *document)
{
    struct buffer text = {0};
    document->append(&text);
    bool is_printed = buffer_check(&text) == ERR_OK &&
                      fwrite(text.bytes, 1, text.size, stdout) == text.size && fflush(stdout) == 0;
    buffer_clear(&text);
    return is_printed;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof DOCUMENTS / sizeof DOCUMENTS[0]; i++) {
        if (argc == 2 && strcmp(argv[1], DOCUMENTS[i].name) == 0) {
            return print(&DOCUMENTS[i]) ? EXIT_SUCCESS : EXIT_FAILURE;
        }
    }
    (void)fputs("usage: goflow-docs fields\n", stderr);
    return 2;
}
