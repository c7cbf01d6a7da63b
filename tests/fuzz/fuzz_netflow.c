/* SPDX-License-Identifier: BSD-3-Clause -- any datagrams, one after another, to one decoder. */
#include "common/cursor.h"
#include "ingest/decode/decode.h"
#include "tests/fuzz/fuzz_target.h"

static void ignore(void *context, const struct flow *flow)
{
    (void)context;
    (void)flow;
}

static void ignore_record(void *context, enum record_kind kind, const struct record *record)
{
    (void)context;
    (void)kind;
    (void)record;
}

/* The input is datagrams, each behind its length in two bytes, so that templates meet their data.
 */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct decoder *decoder = NULL;
    const struct decoder_options options = {
        .max_exporters = 4, .max_held_bytes = 1 << 16, .records = {.take = ignore_record}};
    if (decoder_new(&decoder, &options) != ERR_OK) {
        return 0;
    }
    struct cursor input = cursor_of(bytes, size);
    const struct flow_sink sink = {.take = ignore};
    while (cursor_left(&input) > 2) {
        size_t length = cursor_be16(&input);
        length = length < cursor_left(&input) ? length : cursor_left(&input);
        struct datagram datagram = {.bytes = cursor_take(&input, length), .size = length};
        (void)decoder_decode(decoder, &datagram, &sink);
    }
    (void)decoder_catch_up(decoder, &sink);
    decoder_finish(decoder);
    decoder_destroy(&decoder);
    return 0;
}
