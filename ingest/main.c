/* SPDX-License-Identifier: BSD-3-Clause -- goflow-ingest: exports in, batches of flows out. */
#include "ingest/ingest_program.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    struct option_request request = {
        .program = &INGEST_PROGRAM,
        .argc = argc,
        .argv = argv,
        .validate = ingest_settings_validate,
    };
    struct ingest_settings settings = {0};
    struct options *options;
    enum option_action action;
    if (options_read(&options, &settings, &action, &request) != ERR_OK) {
        return OPTION_EXIT_REFUSED;
    }
    enum err err = ERR_OK;
    if (action == OPTION_RUN) {
        ingest_settings_complete(&settings);
        ingest_settings_apply_log(&settings);
        err = ingest_program_run(&settings);
    }
    options_destroy(&options);
    return err == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
