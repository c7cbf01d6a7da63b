/* SPDX-License-Identifier: BSD-3-Clause -- a header protocol, then any bytes as a packet. */
#include "ingest/decode/packet_header.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct flow flow;
    struct cursor cursor = cursor_of(bytes, size);
    enum packet_protocol protocol = (enum packet_protocol)cursor_u8(&cursor);
    flow_begin(&flow);
    (void)packet_header_read(&flow, protocol, cursor);
    return 0;
}
