/* SPDX-License-Identifier: BSD-3-Clause -- goflow: one ingest and its stores on this host. */
#include "common/daemon.h"
#include "common/privileges.h"
#include "tools/launch/household.h"
#include "tools/launch/launch_settings.h"
#include "tools/launch/supervise.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

/*
 * The ingest, which this process may have to start again, still needs what binds its ports. The
 * settings of the children are in memory here, so no core of it is written either.
 */
static enum err become_user(const struct launch_settings *settings)
{
    if (launch_settings_is_confined(settings)) {
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
    return privileges_become(launch_settings_user(settings), true);
}

int main(int argc, char **argv)
{
    struct launch_settings *settings = NULL;
    struct household_plan *plan = NULL;
    enum option_action action = OPTION_RUN;
    int status = EXIT_FAILURE;

    if (launch_settings_read(&settings, &action, argc, argv) != ERR_OK) {
        return OPTION_EXIT_REFUSED;
    }
    if (action == OPTION_EXIT) {
        status = EXIT_SUCCESS;
    } else if (daemon_setup() == ERR_OK && become_user(settings) == ERR_OK &&
               household_plan_new(&plan, settings) == ERR_OK) {
        status = supervise_check(household_plan_children(plan));
        if (status == EXIT_SUCCESS && action == OPTION_CHECK) {
            (void)puts("ok");
        } else if (status == EXIT_SUCCESS) {
            status = supervise(household_plan_children(plan));
        }
    }
    household_plan_destroy(&plan);
    launch_settings_destroy(&settings);
    return status;
}
