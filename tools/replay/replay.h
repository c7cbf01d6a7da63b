/*
 * replay.h -- sends a capture's datagrams, or synthetic ones, and sums up what it sent.
 */
#pragma once

#include "tools/replay/output.h"
#include "tools/replay/synthetic.h"

struct replay_options {
    const char *capture_path; /* NULL: synthetic */
    struct synthetic_options synthetic;
    uint64_t rate_pps;    /* 0: as fast as possible */
    uint64_t count;       /* datagrams; 0: no limit */
    uint64_t duration_ms; /* 0: no limit */
    bool is_file;         /* written, not sent: times are counted up from a fixed one */
};

struct replay_summary {
    uint64_t datagrams;
    uint64_t payload_bytes;
    uint64_t duration_ms;
    struct flow_sums sums;
};

/* Until the capture ends, a limit is reached, or the process is asked to stop. */
MUST_CHECK enum err replay_run(
    const struct replay_options *options, struct output *output, struct replay_summary *summary_p);
