/* SPDX-License-Identifier: BSD-3-Clause -- cnflegacy: prints the flows of NetFlow 5 exporters. */
#include "tools/originals/originals.h"

int main(int argc, char **argv)
{
    const struct original original = {
        .name = "cnflegacy",
        .summary = "prints the flows of NetFlow 5 exporters",
        .port = "2056",
    };
    return original_main(&original, argc, argv);
}
