/* SPDX-License-Identifier: BSD-3-Clause -- decodes and packs a capture; callgrind counts the cost.
 */
#include "common/flow_codec.h"
#include "ingest/receive/capture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct packing {
    struct flow_packer packer;
    uint64_t flows;
    uint8_t out[FLOW_PACKED_MAX];
    uint8_t record[RECORD_PACKED_MAX];
};

static void pack(void *context, const struct flow *flow)
{
    struct packing *packing = context;
    (void)flow_pack(&packing->packer, flow, packing->out);
    packing->flows++;
}

static void pack_record(void *context, enum record_kind kind, const struct record *record)
{
    struct packing *packing = context;
    (void)record_pack(kind, record, packing->record);
}

/*
 * decode_capture FILE TURNS [extra]: when all datagrams are decoded, what is due is decoded in so
 * many turns; "extra" as -decode.extra.
 */
int main(int argc, char **argv)
{
    static struct packing packing;
    struct capture *capture;
    struct decoder *decoder;
    const struct decoder_options options = {.max_held_bytes = 16 << 20,
        .takes_extra = argc == 4,
        .records = {.take = pack_record, .context = &packing}};
    if (argc < 3 || capture_open(&capture, argv[1]) != ERR_OK ||
        decoder_new(&decoder, &options) != ERR_OK) {
        return 1;
    }
    const struct flow_sink sink = {.take = pack, .context = &packing};
    struct datagram datagram;
    while (capture_next(capture, &datagram) == ERR_OK) {
        (void)decoder_decode(decoder, &datagram, &sink);
    }
    for (long turn = strtol(argv[2], NULL, 10); turn > 0; turn--) {
        (void)decoder_catch_up(decoder, &sink);
    }
    (void)printf("%" PRIu64 "\n", packing.flows);
    decoder_destroy(&decoder);
    capture_close(&capture);
    return 0;
}
