/* SPDX-License-Identifier: BSD-3-Clause -- the flags of goflow-tap. */
#include "tools/tap/tap_settings.h"

#define MEMBER(member) .offset = offsetof(struct tap_settings, member)

static const struct option OPTIONS[] = {
    {"connect", OPTION_LIST, "tcp://127.0.0.1:5559", MEMBER(connect),
        .help = "Tap endpoints of goflow-ingest to listen to."},
    {"format", OPTION_CHOICE, "text", .choices = "text|json|protobuf", MEMBER(format),
        .help = "One line a flow, or length-delimited FlowMessages."},
    {"n", OPTION_NUMBER, "0", MEMBER(flows), .help = "Ends after so many flows; 0: no limit."},
    {"duration", OPTION_DURATION, "0", MEMBER(duration_ms),
        .help = "Ends after so long; 0: no limit."},
};

const struct option_program TAP_PROGRAM = {.name = "goflow-tap",
    .summary = "prints flows as a goflow-ingest sees them",
    .options = OPTIONS,
    .option_count = sizeof OPTIONS / sizeof OPTIONS[0]};
