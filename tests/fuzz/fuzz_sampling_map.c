/* SPDX-License-Identifier: BSD-3-Clause -- any text as the file of -sampling.map, asked twice. */
#include "common/buffer.h"
#include "ingest/decode/sampling_map.h"
#include "tests/fuzz/fuzz_target.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const struct address IPV4 = {.bytes = {[10] = 0xff, [11] = 0xff, 192, 0, 2, 7}};
    static const struct address IPV6 = {.bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
    struct buffer text = {0};
    struct sampling_map *map;
    struct text_fault fault;
    buffer_append(&text, bytes, size);
    enum err err = sampling_map_parse(&map, buffer_text(&text), &fault);
    if (err == ERR_OK) {
        assert(sampling_map_find(map, &IPV4).rate <= UINT32_MAX);
        assert(sampling_map_find(map, &IPV6).rate <= UINT32_MAX);
    } else {
        assert(map == NULL && fault.line > 0 && fault.reason != NULL);
    }
    sampling_map_destroy(&map);
    buffer_clear(&text);
    return 0;
}
