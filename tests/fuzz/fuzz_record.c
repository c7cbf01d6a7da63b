/* SPDX-License-Identifier: BSD-3-Clause -- a kind, then any bytes as a batch of its records. */
#include "store/columns/record_native.h"
#include "tests/fuzz/fuzz_target.h"

#include <assert.h>
#include <string.h>

/* What is read packs the same. */
static void pack_and_compare(enum record_kind kind, const struct record *record)
{
    static uint8_t first[RECORD_PACKED_MAX];
    static uint8_t second[RECORD_PACKED_MAX];
    struct record again;
    size_t size = record_pack(kind, record, first);
    struct cursor batch = cursor_of(first, size);
    enum err err = record_parse(&batch, kind, &again);
    assert(err == ERR_OK && cursor_left(&batch) == 0);
    assert(record_pack(kind, &again, second) == size && memcmp(first, second, size) == 0);
}

static void keep_and_write(enum record_kind kind, struct cursor batch, uint32_t count)
{
    struct record_rows *rows;
    struct buffer native = {0};
    enum err err = record_rows_new(&rows, kind);
    assert(err == ERR_OK);
    err = record_rows_append(rows, batch, count, &(struct row_identity){1, 1});
    assert(err == (count > 0 ? ERR_OK : ERR_CORRUPT) && record_rows_count(rows) == count);
    err = record_native_write(rows, RECORD_NATIVE_ALL, &native);
    assert(err == ERR_OK);
    buffer_clear(&native);
    record_rows_destroy(&rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cursor batch = cursor_of(bytes, size);
    enum record_kind kind = RECORD_COUNTERS + cursor_u8(&batch) % (RECORD_KIND_COUNT - 1);
    struct cursor rest = batch;
    struct record record;
    uint32_t count = 0;
    enum err err = record_parse(&rest, kind, &record);
    for (; err == ERR_OK; err = record_parse(&rest, kind, &record)) {
        pack_and_compare(kind, &record);
        count++;
    }
    if (err == ERR_END) {
        keep_and_write(kind, batch, count);
    }
    return 0;
}
