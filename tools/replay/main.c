/* SPDX-License-Identifier: BSD-3-Clause -- goflow-replay: exports for demos, tests and load. */
#include "common/daemon.h"
#include "tools/replay/replay_settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_summary(const struct replay_summary *summary, bool is_json)
{
    const char *format = is_json ? "{\"datagrams\":%" PRIu64 ",\"flows\":%" PRIu64
                                   ",\"bytes\":%" PRIu64 ",\"packets\":%" PRIu64
                                   ",\"payload_bytes\":%" PRIu64 ",\"milliseconds\":%" PRIu64 "}\n"
                                 : "datagrams=%" PRIu64 " flows=%" PRIu64 " bytes=%" PRIu64
                                   " packets=%" PRIu64 " payload_bytes=%" PRIu64
                                   " milliseconds=%" PRIu64 "\n";
    (void)printf(format, summary->datagrams, summary->sums.flows, summary->sums.bytes,
        summary->sums.packets, summary->payload_bytes, summary->duration_ms);
}

static enum err open_output(struct output **output_p, const struct replay_settings *settings,
    const struct output_target *target)
{
    if (settings->write_path[0] != '\0') {
        return output_open_file(output_p, settings->write_path, target);
    }
    return output_open_udp(output_p, target);
}

static enum err run(const struct replay_settings *settings)
{
    struct replay_options options;
    struct output_target target;
    enum err err = replay_settings_translate(settings, &options, &target);
    if (err != ERR_OK) {
        return err;
    }
    err = daemon_setup();
    if (err != ERR_OK) {
        return err;
    }
    struct output *output;
    err = open_output(&output, settings, &target);
    if (err != ERR_OK) {
        return err;
    }
    struct replay_summary summary;
    err = replay_run(&options, output, &summary);
    enum err close_err = output_close(&output);
    if (err == ERR_OK || summary.datagrams > 0) {
        print_summary(&summary, strcmp(settings->format, "json") == 0);
    }
    return err != ERR_OK ? err : close_err;
}

int main(int argc, char **argv)
{
    struct replay_settings settings = {0};
    struct option_request request = {
        .program = &REPLAY_PROGRAM,
        .argc = argc,
        .argv = argv,
        .validate = replay_settings_validate,
        .words = &settings.files,
    };
    struct options *options;
    enum option_action action;
    if (options_read(&options, &settings, &action, &request) != ERR_OK) {
        return OPTION_EXIT_REFUSED;
    }
    enum err err = action == OPTION_RUN ? run(&settings) : ERR_OK;
    options_destroy(&options);
    if (err == ERR_INVALID) {
        return OPTION_EXIT_REFUSED;
    }
    return err == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
