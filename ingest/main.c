/* SPDX-License-Identifier: BSD-3-Clause -- goflow-ingest: exports in, batches of flows out. */
#include "ingest/ingest_check.h"
#include "ingest/ingest_program.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    struct option_request request = {
        .program = &INGEST_PROGRAM,
        .argc = argc,
        .argv = argv,
        .validate = ingest_settings_validate,
        .checks_itself = true,
    };
    struct ingest_settings settings = {0};
    struct options *options;
    enum option_action action;
    if (options_read(&options, &settings, &action, &request) != ERR_OK) {
        return OPTION_EXIT_REFUSED;
    }
    enum err err = ERR_OK;
    if (action != OPTION_EXIT) {
        ingest_settings_complete(&settings);
        ingest_settings_apply_log(&settings);
        err = action == OPTION_RUN ? ingest_program_run(&settings) : ingest_check(&settings);
    }
    if (action == OPTION_CHECK && err == ERR_OK) {
        (void)puts("ok");
    }
    options_destroy(&options);
    return err == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
