/*
 * exporter_counters.h -- what one exporter has sent; one writer, any reader.
 */
#pragma once

#include "common/address.h"
#include "common/counter.h"
#include "common/flow.h"
#include "ingest/decode/sequence.h"
#include "ingest/decode/sflow_counters.h"

/* NetFlow 9 and IPFIX are counted apart. */
enum exporter_version {
    EXPORTER_NETFLOW9,
    EXPORTER_IPFIX,
    EXPORTER_VERSION_COUNT
};

enum exporter_set {
    EXPORTER_SET_TEMPLATE,
    EXPORTER_SET_OPTIONS_TEMPLATE,
    EXPORTER_SET_OPTIONS_DATA,
    EXPORTER_SET_DATA,
    EXPORTER_SET_COUNT
};

struct exporter_version_counters {
    struct counter datagrams;
    struct counter sets[EXPORTER_SET_COUNT];
    struct counter records[EXPORTER_SET_COUNT]; /* templates, or data records */
};

struct exporter_counters {
    struct exporter_version_counters versions[EXPORTER_VERSION_COUNT];
    struct sflow_counters sflow;
    struct sequence_counters sequences[FLOW_TYPE_COUNT]; /* by enum flow_type */
    struct counter other_datagrams;                      /* NetFlow 1, 5, 7 and sFlow */
    struct counter flows;
    struct counter missing_templates; /* data sets without one */
    struct counter reserved_sets;     /* NetFlow datagrams with a set id that means nothing */
    struct counter errors;            /* NetFlow datagrams with any other fault */
};

/* Called for each exporter; both pointers are lent for the call. */
typedef void exporter_visit(
    void *context, const struct address *address, const struct exporter_counters *counters);
