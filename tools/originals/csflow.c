/* SPDX-License-Identifier: BSD-3-Clause -- csflow: prints the flows of sFlow exporters. */
#include "tools/originals/originals.h"

int main(int argc, char **argv)
{
    const struct original original = {
        .name = "csflow",
        .summary = "prints the flows of sFlow exporters",
        .port = "6343",
    };
    return original_main(&original, argc, argv);
}
