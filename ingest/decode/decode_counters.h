/*
 * decode_counters.h -- what one decoder has seen and dropped; one writer, any reader.
 */
#pragma once

#include "common/counter.h"
#include "common/flow.h"
#include "ingest/decode/decode_status.h"
#include "ingest/decode/sflow_skipped.h"

struct decode_counters {
    struct counter datagrams[FLOW_TYPE_COUNT];   /* by enum flow_type; 0: no protocol of ours */
    struct counter flows;                        /* handed to the sink */
    struct counter dropped[DECODE_STATUS_COUNT]; /* things dropped, by reason */
    struct counter counter_samples;              /* sFlow counter samples seen */
    struct counter skipped_samples;              /* sFlow samples of formats not read */
    struct counter skipped_records;              /* sFlow records of formats not read */
    struct sflow_skipped skipped_formats;        /* the same, by format */
    struct counter options_records;              /* options data records read */
    struct counter options_dropped;              /* values over the limit of a datagram */
    struct counter extra_dropped;                /* entries that Extra had no room for */
    struct counter lists_unread;                 /* inside records (RFC 6313) */
    struct counter held_sets;                    /* waiting for their template now */
    struct counter misfit_sets;                  /* whose length did not fit their template */
    struct counter templates;                    /* templates learnt or renewed */
};
