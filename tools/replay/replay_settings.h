/*
 * replay_settings.h -- the flags of goflow-replay.
 */
#pragma once

#include "common/options.h"
#include "tools/replay/replay.h"

struct replay_settings {
    const char *target;
    const char *write_path;
    const char *synthetic;
    uint64_t exporters;
    uint64_t seed;
    uint64_t sampling_rate;
    uint64_t first_number;
    uint64_t rate_pps;
    uint64_t count;
    uint64_t duration_ms;
    const char *format;
    struct option_list files;
};

extern const struct option_program REPLAY_PROGRAM;

/* Says on stderr what is wrong. */
enum err replay_settings_validate(const void *settings);

/* From valid settings. ERR_INVALID, said on stderr: neither one capture nor -synthetic is given. */
MUST_CHECK enum err replay_settings_translate(const struct replay_settings *settings,
    struct replay_options *options_p, struct output_target *target_p);
