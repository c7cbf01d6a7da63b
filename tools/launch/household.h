/*
 * household.h -- from the launcher's settings to the children and the flags each one gets.
 *
 * The ingest binds an ipc endpoint in a private folder, beside what -zmq.bind names; the stores
 * connect to it. With the embedded engine the first store owns it and serves the others. Owns every
 * text that the children borrow.
 */
#pragma once

#include "tools/launch/launch_settings.h"
#include "tools/launch/supervise.h"

struct household_plan;

/* On failure one line is logged; else *plan_p is the caller's: household_plan_destroy() it. */
MUST_CHECK enum err household_plan_new(
    struct household_plan **plan_p, const struct launch_settings *settings);
/* Removes the private folder. */
void household_plan_destroy(struct household_plan **plan_p);

/* Lent as long as the plan lives. */
struct household *household_plan_children(struct household_plan *plan);
