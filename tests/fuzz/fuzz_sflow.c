/* SPDX-License-Identifier: BSD-3-Clause -- any bytes as an sFlow datagram. */
#include "ingest/decode/decode_context.h"
#include "ingest/decode/exporter.h"
#include "tests/fuzz/fuzz_target.h"

static void ignore(void *context, const struct flow *flow)
{
    (void)context;
    (void)flow;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct decode_counters counters;
    static struct exporter exporter;
    static struct flow flow;
    const struct flow_sink sink = {.take = ignore};
    const struct datagram datagram = {.bytes = bytes, .size = size};
    struct decode_context context = {.exporter = &exporter,
        .datagram = &datagram,
        .counters = &counters,
        .sink = &sink,
        .flow = &flow,
        .takes_extra = true};
    sflow_decode(&context, cursor_of(bytes, size));
    return 0;
}
