/* SPDX-License-Identifier: BSD-3-Clause -- any bytes as a FlowBatch, into columns, Native bytes and
 * out again. */
#include "common/flow_codec.h"
#include "store/columns/native.h"
#include "tests/fuzz/fuzz_target.h"

#include <assert.h>
#include <stdlib.h>

static uint32_t count_flows(struct cursor batch)
{
    static struct flow flow;
    uint32_t count = 0;
    while (flow_unpack(&flow, &batch) == ERR_OK) {
        count++;
    }
    return count;
}

/* Everything as text, as a table of an old server has it. */
static void write_texts(const struct columns *columns)
{
    static const char *const NAMES[] = {
        "SrcAddr", "DstAddr", "NextHop", "SrcMac", "Bytes", "SamplerAddress"};
    enum {
        COUNT = sizeof NAMES / sizeof NAMES[0]
    };
    static struct native_plan *plan;
    static struct buffer out;
    struct table_column table[COUNT];
    struct buffer why = {0};
    for (size_t i = 0; i < COUNT; i++) {
        table[i] = (struct table_column){.name = (char *)NAMES[i], .type = (char *)"String"};
    }
    if (plan == NULL && native_plan_new(&plan, table, COUNT, &why) != ERR_OK) {
        abort();
    }
    out.size = 0;
    assert(native_write(plan, columns, &out) == ERR_OK);
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
    write_texts(columns);
    if (appends == 2 && count > 0) {
        columns_drop(columns, 0, count);
        assert(columns_rows(columns) == count);
    }
    return 0;
}
