/* SPDX-License-Identifier: BSD-3-Clause -- goflow-tap: prints flows as an ingest sees them. */
#include "common/daemon.h"
#include "tools/tap/tap.h"

#include <stdlib.h>

static enum err run(const struct tap_settings *settings)
{
    struct tap *tap = NULL;
    enum err err = daemon_setup();
    if (err == ERR_OK) {
        err = tap_open(&tap, settings, stdout);
    }
    if (err == ERR_OK) {
        err = tap_run(tap);
    }
    tap_close(&tap);
    return err;
}

int main(int argc, char **argv)
{
    struct tap_settings settings = {0};
    struct options *options = NULL;
    enum option_action action = OPTION_RUN;
    struct option_request request = {
        .program = &TAP_PROGRAM, .argc = argc, .argv = argv, .validate = tap_settings_validate};
    if (options_read(&options, &settings, &action, &request) != ERR_OK) {
        return OPTION_EXIT_REFUSED;
    }
    enum err err = action == OPTION_RUN ? run(&settings) : ERR_OK;
    options_destroy(&options);
    return err == ERR_OK || err == ERR_END ? EXIT_SUCCESS : EXIT_FAILURE;
}
