/*
 * flow_codec.h -- struct flow to and from protobuf FlowMessage (proto/flow.proto), for speed.
 *
 * The bytes are ordinary protobuf: any reader of the .proto reads them. A batch payload is a
 * FlowBatch: for each flow the tag of `flows`, its length as a two-byte varint (padded where one
 * would do), and the message. flow_pack.c and flow_unpack.c; test_flow_codec.c holds both against
 * protobuf-c.
 */
#pragma once

#include "common/cursor.h"
#include "common/err.h"
#include "common/flow.h"

/* No packed flow with its tag and length is longer: the two-byte length's limit. */
enum {
    FLOW_PACKED_MAX = 3 + 16383
};

enum {
    FLOW_SINGLE_MAX = 2 + 1 + 16, /* a packed number or address, with its tag */
    FLOW_PREFIX_STEP = 32         /* the prefix is copied in whole vectors */
};

/* Keeps the packed fixed fields of the current series. Zero it before the first use. */
struct flow_packer {
    uint64_t series;
    const struct flow *flow;     /* whose series it is; never followed */
    uint64_t packed[FLOW_WORDS]; /* the fixed fields that are in the prefix */
    size_t prefix_size;
    bool has_bmi2; /* as the CPU says */
    /* Told of the first flow of each series before it is packed; NULL: nobody wants to know. */
    void (*series_begun)(void *context, const struct flow *flow);
    void *context;
    uint8_t prefix[FLOW_FIELD_COUNT * FLOW_SINGLE_MAX + FLOW_PREFIX_STEP];
};

/*
 * Appends one flow to a FlowBatch at `out`, which must have FLOW_PACKED_MAX bytes of room.
 * Returns the bytes written.
 */
size_t flow_pack(struct flow_packer *packer, const struct flow *flow, uint8_t *out);

/* The bare FlowMessage, without tag and length; same room. */
size_t flow_pack_message(const struct flow *flow, uint8_t *out);

/* The FlowMessage after its length as a varint, as in streams of messages; same room. */
size_t flow_pack_delimited(const struct flow *flow, uint8_t *out);

/*
 * Takes the next flow from a FlowBatch. ERR_END: none left. ERR_CORRUPT: not a FlowBatch; unknown
 * fields are skipped, as protobuf asks.
 */
MUST_CHECK enum err flow_unpack(struct flow *flow, struct cursor *batch);

/* Parses one bare FlowMessage that fills the cursor. ERR_CORRUPT. */
MUST_CHECK enum err flow_unpack_message(struct flow *flow, struct cursor *message);
