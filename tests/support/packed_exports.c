/* SPDX-License-Identifier: BSD-3-Clause -- synthetic exports through a decoder into a FlowBatch. */
#include "tests/support/packed_exports.h"

#include "common/clock.h"
#include "common/flow_codec.h"
#include "ingest/decode/decode.h"

#include <string.h>

enum {
    EXPORT_S = 1700000000,
    ONE_IN = 100
};

struct packing {
    struct flow_packer packer;
    uint8_t *out;
    size_t size;
    uint32_t left;
};

static void pack(void *context, const struct flow *flow)
{
    struct packing *packing = context;
    if (packing->left == 0) {
        return;
    }
    uint8_t packed[FLOW_PACKED_MAX];
    size_t size = flow_pack(&packing->packer, flow, packed);
    memcpy(packing->out + packing->size, packed, size);
    packing->size += size;
    packing->left--;
}

static void pack_all(struct packing *packing, struct decoder *decoder, struct synthetic *synthetic)
{
    struct flow_sink sink = {.take = pack, .context = packing};
    uint8_t bytes[SYNTHETIC_MAX];
    struct flow_sums sums = {0};
    static const uint8_t SOURCE[4] = {203, 0, 113, 9};
    for (uint64_t now_ns = EXPORT_S * NS_PER_S; packing->left > 0; now_ns += NS_PER_MS) {
        uint32_t exporter;
        struct datagram datagram = {
            .bytes = bytes, .source = address_from_ipv4(SOURCE), .received_ns = now_ns};
        datagram.size = synthetic_next(synthetic, now_ns, bytes, &exporter, &sums);
        (void)decoder_decode(decoder, &datagram, &sink);
    }
}

size_t packed_exports(enum synthetic_protocol protocol, uint8_t *out, uint32_t count)
{
    struct packing packing = {.out = out, .left = count};
    struct synthetic_options options = {
        .protocol = protocol, .exporters = 1, .seed = 1, .sampling_rate = ONE_IN};
    struct synthetic *synthetic = NULL;
    struct decoder *decoder = NULL;
    if (synthetic_new(&synthetic, &options) == ERR_OK &&
        decoder_new(&decoder, &(struct decoder_options){0}) == ERR_OK) {
        pack_all(&packing, decoder, synthetic);
    }
    decoder_destroy(&decoder);
    synthetic_destroy(&synthetic);
    return packing.size;
}
