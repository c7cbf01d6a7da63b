/* SPDX-License-Identifier: BSD-3-Clause -- any text as a filter, matched with two flows. */
#include "common/flow_filter.h"
#include "tests/fuzz/fuzz_target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct flow empty;
    static struct flow web;
    char text[4096];
    size = size < sizeof text ? size : sizeof text - 1;
    memcpy(text, bytes, size);
    text[size] = '\0';
    flow_begin(&empty);
    flow_begin(&web);
    flow_set_proto(&web, 6);
    flow_set_dst_port(&web, 443);
    struct flow_filter *filter;
    char why[FLOW_FILTER_WHY_SIZE];
    if (flow_filter_parse(&filter, text, why) == ERR_OK) {
        (void)flow_filter_matches(filter, &empty);
        (void)flow_filter_matches(filter, &web);
        flow_filter_destroy(&filter);
    }
    return 0;
}
