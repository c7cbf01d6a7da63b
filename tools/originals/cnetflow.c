/* SPDX-License-Identifier: BSD-3-Clause -- cnetflow: prints the flows of NetFlow 9 and IPFIX
 * exporters. */
#include "tools/originals/originals.h"

int main(int argc, char **argv)
{
    const struct original original = {
        .name = "cnetflow",
        .summary = "prints the flows of NetFlow 9 and IPFIX exporters",
        .port = "2055",
    };
    return original_main(&original, argc, argv);
}
