/* SPDX-License-Identifier: BSD-3-Clause -- from settings to what a process may still reach. */
#include "common/confine.h"

#include "common/confine_reach.h"
#include "common/landlock.h"
#include "common/log.h"
#include "common/privileges.h"
#include "common/syscall_filter.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum err confine_check_user(const struct option_program *program, const char *user)
{
    if (privileges_check_user(user) != ERR_OK) {
        options_refuse(program, "user",
            "\"%s\" is not a user (or USER:GROUP) of this system; useradd --system makes one",
            user);
        return ERR_INVALID;
    }
    return ERR_OK;
}

static enum err confine_files(const struct confine_request *request, const char **word_p)
{
    struct landlock *landlock;
    enum err err = landlock_new(&landlock);
    *word_p = "unsupported";
    if (err == ERR_UNSUPPORTED) {
        return ERR_OK;
    }
    if (err != ERR_OK) {
        return err;
    }
    confine_reach(landlock, request);
    *word_p = landlock_has_network(landlock) ? "files,tcp" : "files";
    err = landlock_enforce(landlock);
    if (err != ERR_OK) {
        log_error("confine", "the kernel refuses the Landlock rules; -confine=off does without",
            "error=\"%s\"", strerror(errno));
    }
    landlock_destroy(&landlock);
    return err;
}

static enum err confine_calls(const char **word_p)
{
    enum err err = syscall_filter_install();
    *word_p = err == ERR_OK ? "on" : syscall_filter_is_built() ? "unsupported" : "not-built";
    return err == ERR_UNSUPPORTED ? ERR_OK : err;
}

/*
 * /proc/PID/environ shows the strings that the program was started with. Secrets stand there, ours
 * and others', so variables move to memory of their own, and nothing is left in their place.
 */
static enum err hide_environment(void)
{
    for (char **variable = environ; *variable != NULL; variable++) {
        char *copy = strdup(*variable);
        if (copy == NULL) {
            return ERR_MEMORY;
        }
        explicit_bzero(*variable, strlen(*variable));
        *variable = copy;
    }
    return ERR_OK;
}

enum err confine(const struct confine_request *request, struct confine_state *state_p)
{
    *state_p =
        (struct confine_state){.user = privileges_user(), .landlock = "off", .seccomp = "off"};
    if (strcmp(request->flags->mode, "off") == 0) {
        return ERR_OK;
    }
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* no core: passwords and keys would be in it */
    enum err err = hide_environment();
    if (err == ERR_OK) {
        err = privileges_drop();
    }
    if (err == ERR_OK) {
        err = confine_files(request, &state_p->landlock);
    }
    return err == ERR_OK ? confine_calls(&state_p->seccomp) : err;
}

void confine_add_start(const struct confine_state *state, struct start_line *line)
{
    start_line_add(line, "user", "%s", state->user);
    start_line_add(line, "landlock", "%s", state->landlock);
    start_line_add(line, "seccomp", "%s", state->seccomp);
}
