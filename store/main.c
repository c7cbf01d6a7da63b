/* SPDX-License-Identifier: BSD-3-Clause -- goflow-store: batches in, rows in ClickHouse. */
#include "common/daemon.h"
#include "store/ask.h"
#include "store/shelved.h"
#include "store/store_program.h"

#include <stdlib.h>

enum {
    EXIT_USAGE = 2
};

int main(int argc, char **argv)
{
    struct store_settings settings = {0};
    struct options *options = NULL;
    enum option_action action;
    struct option_list words = {0};
    struct option_request request = {.program = &STORE_PROGRAM,
        .argc = argc,
        .argv = argv,
        .validate = store_settings_validate,
        .words = &words};
    if (options_read(&options, &settings, &action, &request) != ERR_OK) {
        return EXIT_USAGE;
    }
    if (action == OPTION_EXIT) {
        options_destroy(&options);
        return EXIT_SUCCESS;
    }
    store_settings_complete(&settings);
    store_settings_apply_log(&settings);

    if (words.count > 0) {
        enum err err = ask(&settings, &words);
        options_destroy(&options);
        return err == ERR_OK ? EXIT_SUCCESS : err == ERR_INVALID ? EXIT_USAGE : EXIT_FAILURE;
    }

    if (settings.replays_deadletter) {
        enum err err = shelved_replay(&settings);
        options_destroy(&options);
        return err == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
    }

    struct store_program *program = NULL;
    enum err err = daemon_setup();
    if (err == ERR_OK) {
        err = store_program_open(&program, &settings);
    }
    if (err == ERR_OK) {
        store_program_run(program);
    }
    store_program_close(&program);
    options_destroy(&options);
    return err == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
