/* SPDX-License-Identifier: BSD-3-Clause -- any bytes as the file of -templates.file. */
#include "common/buffer.h"
#include "ingest/decode/decode.h"
#include "ingest/decode/snapshot.h"
#include "ingest/decode/snapshot_format.h"
#include "tests/fuzz/fuzz_target.h"

#include <assert.h>

static void ignore(void *context, const struct flow *flow)
{
    (void)context;
    (void)flow;
}

/* What its first exporter gets back from the file is written as a file that can be read. */
static void restore(const struct snapshot *snapshot, const uint8_t *exporter)
{
    static const uint8_t MESSAGE[16] = {0, 10, 0, 16}; /* IPFIX without a set */
    const struct decoder_options options = {.max_exporters = 1, .snapshot = snapshot};
    const struct flow_sink sink = {.take = ignore};
    const struct datagram datagram = {.bytes = MESSAGE,
        .size = sizeof MESSAGE,
        .source = address_from_ipv6(exporter + sizeof(uint32_t))};
    struct decoder *decoder;
    enum err err = decoder_new(&decoder, &options);
    assert(err == ERR_OK);
    enum decode_status status = decoder_decode(decoder, &datagram, &sink);
    assert(status == DECODE_OK);
    struct buffer exporters = {0};
    struct buffer file = {0};
    struct snapshot *again;
    decoder_print(decoder, DECODER_SNAPSHOT, &exporters);
    snapshot_write(&file, &exporters, snapshot, 0);
    err = snapshot_parse(&again, file.bytes, file.size);
    assert(err == ERR_OK && snapshot_count(again) <= snapshot_count(snapshot));
    snapshot_destroy(&again);
    buffer_clear(&file);
    buffer_clear(&exporters);
    decoder_destroy(&decoder);
}

/* The bytes as they are, and with a header whose check sum is right, for hunters find none. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct snapshot *snapshot;
    if (snapshot_parse(&snapshot, bytes, size) == ERR_OK) {
        snapshot_destroy(&snapshot);
    }
    if (size < SNAPSHOT_HEADER_SIZE + sizeof(uint32_t) + SNAPSHOT_EXPORTER_SIZE) {
        return 0;
    }
    const uint8_t *first = bytes + SNAPSHOT_HEADER_SIZE;
    const struct buffer exporters = {.bytes = (char *)first, .size = size - SNAPSHOT_HEADER_SIZE};
    struct buffer file = {0};
    snapshot_write(&file, &exporters, NULL, 0);
    if (!file.failed && snapshot_parse(&snapshot, file.bytes, file.size) == ERR_OK) {
        restore(snapshot, first);
        snapshot_destroy(&snapshot);
    }
    buffer_clear(&file);
    return 0;
}
