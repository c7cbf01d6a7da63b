/* SPDX-License-Identifier: BSD-3-Clause -- any bytes as a FlowBatch; what is read packs the same.
 */
#include "common/flow_codec.h"
#include "tests/fuzz/fuzz_target.h"

#include <assert.h>
#include <string.h>

static void pack_and_compare(const struct flow *flow)
{
    static uint8_t first[FLOW_PACKED_MAX];
    static uint8_t second[FLOW_PACKED_MAX];
    static struct flow again;
    size_t size = flow_pack_message(flow, first);
    struct cursor message = cursor_of(first, size);
    enum err err = flow_unpack_message(&again, &message);
    assert(err == ERR_OK);
    assert(flow_pack_message(&again, second) == size && memcmp(first, second, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct flow flow;
    struct cursor batch = cursor_of(bytes, size);
    while (flow_unpack(&flow, &batch) == ERR_OK) {
        pack_and_compare(&flow);
    }
    return 0;
}
