/* SPDX-License-Identifier: BSD-3-Clause -- goflow-keys: key pairs, and who is let in. */
#include "tools/keys/keys_command.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    struct option_list words = {0};
    struct option_request request = {
        .program = &KEYS_PROGRAM, .argc = argc, .argv = argv, .words = &words};
    struct options *options;
    enum option_action action;
    int unused = 0;
    if (options_read(&options, &unused, &action, &request) != ERR_OK) {
        return OPTION_EXIT_REFUSED;
    }
    enum err err = action == OPTION_RUN ? keys_command_run(&words) : ERR_OK;
    options_destroy(&options);
    if (err == ERR_INVALID) {
        return OPTION_EXIT_REFUSED;
    }
    return err == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
