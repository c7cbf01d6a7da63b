/* SPDX-License-Identifier: BSD-3-Clause -- goflow-docs: prints the generated part of docs/. */
#include "tools/docs/docs_fields.h"

#include <stdlib.h>
#include <string.h>

struct document {
    const char *name;
    void (*print)(FILE *out);
};

static const struct document DOCUMENTS[] = {
    {"fields", docs_print_fields},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof DOCUMENTS / sizeof DOCUMENTS[0]; i++) {
        if (argc == 2 && strcmp(argv[1], DOCUMENTS[i].name) == 0) {
            DOCUMENTS[i].print(stdout);
            return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
        }
    }
    fputs("usage: goflow-docs fields\n", stderr);
    return 2;
}
