/* SPDX-License-Identifier: BSD-3-Clause -- goflow-store: batches in, rows in ClickHouse. */
#include "common/privileges.h"
#include "store/ask.h"
#include "store/shelved.h"
#include "store/store_check.h"
#include "store/store_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int status_of(enum err err)
{
    return err == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A question of a kind that there is not is as wrong as a flag that there is not. */
static int answer(const struct store_settings *settings, const struct option_list *words)
{
    enum err err = ask(settings, words);
    return err == ERR_INVALID ? OPTION_EXIT_REFUSED : status_of(err);
}

/* Returns unless a query in the engine does not end: then nothing may be torn down under it. */
static enum err run_program(const struct store_settings *settings)
{
    enum err err = store_program_run(settings);
    if (err == ERR_TIMEOUT) {
        _exit(EXIT_FAILURE);
    }
    return err;
}

/* Returns the exit status. */
static int run(const struct store_settings *settings, const struct option_list *words)
{
    bool is_daemon = words->count == 0 && !settings->replays_deadletter;
    if (!is_daemon && privileges_become(settings->confinement.user, false) != ERR_OK) {
        return EXIT_FAILURE; /* what root puts into the engine's folder, the store could not read */
    }
    if (words->count > 0) {
        return answer(settings, words);
    }
    if (settings->replays_deadletter) {
        return status_of(shelved_replay(settings));
    }
    return status_of(run_program(settings));
}

/* A question opens less than a store, and says itself what is wrong. */
static int check(const struct store_settings *settings, const struct option_list *words)
{
    bool is_store = words->count == 0 && !settings->replays_deadletter;
    enum err err = is_store ? store_check(settings) : ERR_OK;
    if (err == ERR_OK) {
        (void)puts("ok");
    }
    return status_of(err);
}

int main(int argc, char **argv)
{
    struct option_list words = {0};
    struct option_request request = {
        .program = &STORE_PROGRAM,
        .argc = argc,
        .argv = argv,
        .validate = store_settings_validate,
        .checks_itself = true,
        .words = &words,
    };
    struct store_settings settings = {0};
    struct options *options;
    enum option_action action;
    if (options_read(&options, &settings, &action, &request) != ERR_OK) {
        return OPTION_EXIT_REFUSED;
    }
    int status = EXIT_SUCCESS;
    if (action != OPTION_EXIT) {
        store_settings_complete(&settings);
        store_settings_apply_log(&settings);
        status = action == OPTION_RUN ? run(&settings, &words) : check(&settings, &words);
    }
    options_destroy(&options);
    return status;
}
