/* SPDX-License-Identifier: BSD-3-Clause -- any datagrams, one after another, to one decoder. */
#include "common/buffer.h"
#include "common/clock.h"
#include "common/cursor.h"
#include "ingest/decode/decode.h"
#include "tests/fuzz/fuzz_target.h"

enum {
    MAX_LENGTH = (1 << 14) - 1
};

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

/* A minute in which nothing comes. */
static void wait_a_minute(struct decoder *decoder, const struct flow_sink *sink, uint64_t *now_ns)
{
    (void)decoder_catch_up(decoder, sink);
    *now_ns += 60 * NS_PER_S;
    decoder_tick(decoder, *now_ns);
    decoder_expire(decoder, *now_ns);
}

static void print_documents(const struct decoder *decoder)
{
    struct buffer out = {0};
    decoder_print(decoder, DECODER_TEMPLATES, &out);
    decoder_print(decoder, DECODER_EXPORTERS, &out);
    buffer_clear(&out);
}

/*
 * The input is datagrams, each behind two bytes, of which fourteen bits are its length, so that
 * templates meet their data, and the highest two its source port. Where all are 0, time passes.
 */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct decoder *decoder = NULL;
    const struct decoder_options options = {.max_exporters = 4,
        .template_lifetime_s = 150,
        .max_held_bytes = 1 << 16,
        .records = {.take = ignore_record},
        .takes_extra = true};
    if (decoder_new(&decoder, &options) != ERR_OK) {
        return 0;
    }
    struct cursor input = cursor_of(bytes, size);
    const struct flow_sink sink = {.take = ignore};
    uint64_t now_ns = UINT64_C(1700000000) * NS_PER_S;
    while (cursor_left(&input) > 2) {
        uint16_t head = cursor_be16(&input);
        size_t length = head & MAX_LENGTH;
        length = length < cursor_left(&input) ? length : cursor_left(&input);
        struct datagram datagram = {.bytes = cursor_take(&input, length),
            .size = length,
            .source_port = (uint16_t)(head / (MAX_LENGTH + 1)),
            .received_ns = now_ns};
        (void)decoder_decode(decoder, &datagram, &sink);
        if (length == 0) {
            wait_a_minute(decoder, &sink, &now_ns);
        }
    }
    print_documents(decoder);
    (void)decoder_catch_up(decoder, &sink);
    decoder_finish(decoder);
    decoder_destroy(&decoder);
    return 0;
}
