/*
 * tap_settings.h -- the flags of goflow-tap.
 */
#pragma once

#include "common/options.h"

struct tap_settings {
    struct option_list connect;
    const char *format; /* text, json or protobuf */
    uint64_t flows;     /* 0: no limit */
    uint64_t duration_ms;
};

extern const struct option_program TAP_PROGRAM;
