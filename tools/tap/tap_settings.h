/*
 * tap_settings.h -- the flags of goflow-tap.
 */
#pragma once

#include "common/link_guard.h"
#include "common/options.h"

struct tap_settings {
    struct option_list connect;
    struct link_protection protection;
    const char *format; /* text, json or protobuf */
    const char *filter; /* "": every flow */
    bool is_top;
    const char *top_key; /* src, dst or exporter */
    uint64_t flows;      /* 0: no limit */
    uint64_t duration_ms;
};

extern const struct option_program TAP_PROGRAM;

/* For options_read(): says on stderr what is wrong. */
enum err tap_settings_validate(const void *settings);
