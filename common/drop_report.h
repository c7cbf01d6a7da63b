/*
 * drop_report.h -- reports dropped flows in the log, at most once a minute, and in /healthz.
 *
 * The data plane only counts. Main calls drop_report_tick() about once a second: it reads the drop
 * counters of all stages, and logs one line when they have grown. The HTTP thread prints the same
 * reasons; a mutex guards what both need.
 */
#pragma once

#include "common/buffer.h"
#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

/* X(code, label as in the metrics, what is counted, cause and remedy) */
#define DROP_REASONS(X)                                                                            \
    X(DROP_KERNEL, "kernel", "datagrams",                                                          \
        "the socket buffers are full: raise -workers or -udp.rcvbuf")                              \
    X(DROP_EXPORTERS, "exporter_limit", "datagrams",                                               \
        "the table of exporters is full: raise -exporters.max")                                    \
    X(DROP_TEMPLATE, "template_missing", "sets",                                                   \
        "exporters send data without a template: they must announce it again")                     \
    X(DROP_MALFORMED, "malformed", "records",                                                      \
        "exporters send what cannot be decoded: goflow_decode_dropped_total has the reasons")      \
    X(DROP_FULL, "full", "flows", "the publisher does not keep up with the workers")               \
    X(DROP_WINDOW, "window", "flows",                                                              \
        "the window is full because no store takes its batches: raise -window.bytes or use "       \
        "-spool.dir")                                                                              \
    X(DROP_SPOOL, "spool", "flows", "the spool is full: raise -spool.bytes")                       \
    X(DROP_DAMAGED, "damaged", "flows", "batches in the spool are damaged")                        \
    X(DROP_REFUSED, "refused", "flows", "the stores refuse the batches: see their logs")           \
    X(DROP_CORRUPT, "corrupt", "flows", "the ingest sends batches that cannot be read")            \
    X(DROP_MEMORY, "memory", "flows", "out of memory")

#define DROP_REASON_ENUM(code, label, unit, words) code,
enum drop_reason {
    DROP_REASONS(DROP_REASON_ENUM) DROP_REASON_COUNT
};
#undef DROP_REASON_ENUM

/* Totals since the start. */
struct drop_counts {
    uint64_t values[DROP_REASON_COUNT];
};

struct drop_report;

struct drop_report_options {
    const char *component; /* for the log */
    /* Adds the counters of every stage; called by the thread that ticks. */
    void (*count)(void *context, struct drop_counts *counts);
    void *context;
};

MUST_CHECK enum err drop_report_new(
    struct drop_report **report_p, const struct drop_report_options *options);
void drop_report_destroy(struct drop_report **report_p);

/* Reads the counters and logs what is due. */
void drop_report_tick(struct drop_report *report, uint64_t now_ns);

/* Appends one line for each reason of the last minute or two; nothing when nothing is dropped. */
void drop_report_print(struct drop_report *report, struct buffer *out);
