/*
 * decode_context.h -- what the protocol decoders share while one datagram is decoded.
 *
 * Internal to ingest/decode. decoder.c fills it for each datagram, looks the exporter up, and calls
 * the protocol's entry with a cursor over the whole datagram.
 */
#pragma once

#include "common/cursor.h"
#include "common/device_counters.h"
#include "common/record.h"
#include "ingest/decode/decode.h"
#include "ingest/decode/decode_counters.h"
#include "ingest/decode/flow_inner.h"
#include "ingest/decode/sampling.h"

struct exporter;
struct stream;
struct sampling_map;
struct template_census;

struct decode_context {
    const struct datagram *datagram;
    struct exporter *exporter;           /* state of the datagram's source */
    struct sampling_rule rule;           /* the operator's word on who sampled */
    const struct sampling_map *sampling; /* whose word it is; NULL: nobody's */
    struct decoder *decoder;
    struct decode_counters *counters;
    struct template_census *census;
    const struct flow_sink *sink;
    const struct record_sink *records; /* NULL: rows beside flows are not wanted */
    bool prefers_inner;                /* tunnelled packets: the inner one in the plain fields */
    bool uses_original_exporter;       /* records name the exporter behind a mediator */
    bool takes_extra;                  /* sFlow records without a field go to Extra */
    uint32_t option_rows;              /* given for this datagram */
    uint32_t option_fields;            /* looked at for them */
    struct stream *stream;             /* whose datagram it is, once the header is read */
    struct flow *flow;                 /* scratch record, reused for all flows of this decoder */
    enum decode_status status;         /* the first drop of this datagram */
    uint32_t options_records;          /* of these, options data */
    uint32_t data_records;             /* of NetFlow 9 or IPFIX, read so far or put to wait */
    uint32_t withdrawals;              /* of all templates, heeded in this datagram */
    bool has_unread_records;           /* sets without a template hold further ones */
    bool is_truncated;                 /* the datagram ends before what it announces */
};

/* Counts a drop and remembers the first. */
static inline void decode_drop(struct decode_context *context, enum decode_status reason)
{
    counter_add(&context->counters->dropped[reason], 1);
    if (context->status == DECODE_OK) {
        context->status = reason;
    }
}

/* The same where the datagram ends before what it announces: it was cut on its way, or lies. */
static inline void decode_truncated(struct decode_context *context, enum decode_status reason)
{
    context->is_truncated = true;
    decode_drop(context, reason);
}

/* Hands the scratch record on. */
static inline void decode_emit(struct decode_context *context)
{
    counter_add(&context->counters->flows, 1);
    if (__builtin_expect(context->prefers_inner, 0)) {
        flow_swap_inner(context->flow);
        context->sink->take(context->sink->context, context->flow);
        flow_swap_inner(context->flow); /* the record may go on with the flow of the answer */
        return;
    }
    context->sink->take(context->sink->context, context->flow);
}

/* The entries; the cursor covers the datagram from its version field on. */
void netflow1_decode(struct decode_context *context, struct cursor cursor);
void netflow5_decode(struct decode_context *context, struct cursor cursor);
void netflow7_decode(struct decode_context *context, struct cursor cursor);
void netflow9_decode(struct decode_context *context, struct cursor cursor);
void ipfix_decode(struct decode_context *context, struct cursor cursor);
void sflow_decode(struct decode_context *context, struct cursor cursor);
