/*
 * sflow_counters.h -- what one exporter sent by sFlow; one writer, any reader.
 *
 * For the metrics flow_process_sf_*, whose labels are router, agent and type.
 */
#pragma once

#include "ingest/decode/sflow_sources.h"

/* The order is that of the sample formats, so that a format is an index; 0 is every other. */
enum sflow_sample_type {
    SFLOW_SAMPLE_OTHER,
    SFLOW_SAMPLE_FLOW,
    SFLOW_SAMPLE_COUNTER,
    SFLOW_SAMPLE_FLOW_EXPANDED,
    SFLOW_SAMPLE_COUNTER_EXPANDED,
    SFLOW_SAMPLE_DISCARDED,
    SFLOW_SAMPLE_TYPE_COUNT
};

enum sflow_error {
    SFLOW_ERROR_ADDRESS, /* an agent address of unknown type */
    SFLOW_ERROR_DECODING,
    SFLOW_ERROR_FORMAT, /* no fault: a sample or record of a format that is not read */
    SFLOW_ERROR_COUNT
};

struct sflow_counters {
    struct counter datagrams;
    struct counter samples[SFLOW_SAMPLE_TYPE_COUNT];
    struct counter records[SFLOW_SAMPLE_TYPE_COUNT]; /* found in those samples */
    struct counter errors[SFLOW_ERROR_COUNT];        /* datagrams, by the first fault */
    struct sflow_source_counters sources[SFLOW_SOURCE_KIND_COUNT];
    struct counter agent[2]; /* address of the agent heard last, its two halves as in memory */
};
