/*
 * confine_reach.h -- the files and ports that settings name, as rules.
 *
 * Internal to common/confine*.c.
 */
#pragma once

#include "common/confine.h"
#include "common/landlock.h"

/* Makes missing folders that the settings name, as the stages would. */
void confine_reach(struct landlock *landlock, const struct confine_request *request);

/* Where an endpoint, a URL or an address leads. */
struct confine_target {
    bool is_tcp;   /* else ipc, or inside the process */
    bool has_name; /* the host has to be looked up */
    bool has_port;
    uint16_t port;
    const char *path; /* of a socket in the file system, lent; NULL */
};
struct confine_target confine_target_of(const char *text);
