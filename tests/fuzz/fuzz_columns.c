/* SPDX-License-Identifier: BSD-3-Clause -- any bytes as a FlowBatch, into columns and out again. */
#include "common/flow_codec.h"
#include "store/columns/columns.h"
#include "tests/fuzz/fuzz_target.h"

#include <assert.h>

static uint32_t count_flows(struct cursor batch)
{
    static struct flow flow;
    uint32_t count = 0;
    while (flow_unpack(&flow, &batch) == ERR_OK) {
        count++;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct columns *columns;
    if (columns == NULL && columns_new(&columns, 1024) != ERR_OK) {
        return 0;
    }
    struct cursor payload = cursor_of(bytes, size);
    uint32_t count = count_flows(payload);
    columns_reset(columns);
    uint32_t appends = 0;
    while (appends < 2 &&
           columns_append(columns, payload, count, &(struct row_identity){1, appends}) == ERR_OK) {
        appends++;
    }
    assert(columns_rows(columns) == appends * count);
    if (appends == 2 && count > 0) {
        columns_drop(columns, 0, count);
        assert(columns_rows(columns) == count);
    }
    return 0;
}
