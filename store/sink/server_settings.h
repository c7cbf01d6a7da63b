/*
 * server_settings.h -- the settings that each request to a server carries.
 *
 * A profile may hold anything: a limit of 100 rows cuts INSERTs short, a query cache refuses system
 * tables. So requests name the settings on which they depend (settings.def). A server refuses a
 * setting that it does not know, so it is asked first which of them it has and lets us change. A
 * value; zeroes are settings that are not known yet.
 */
#pragma once

#include "common/buffer.h"
#include "common/err.h"

enum setting_use {
    SETTING_QUERY = 1,
    SETTING_INSERT = 2,
    SETTING_ALL = SETTING_QUERY | SETTING_INSERT
};

struct server_settings {
    bool is_known;
    struct buffer query;  /* "&limit=0&offset=0": arguments of a URL */
    struct buffer insert; /* the same for INSERTs */
};

void server_settings_clear(struct server_settings *settings);

/*
 * Appends the SELECT for the names. An old server does not say which settings may be changed:
 * without `asks_for_rights` the statement suits it.
 */
void server_settings_question(struct buffer *sql, bool asks_for_rights);

/*
 * Arguments to ask with, since the question itself may meet a profile: 0 suits today's servers;
 * each further step has fewer of them, the last none. False: there is no such step.
 */
bool server_settings_step(size_t step, const char **arguments_p, bool *asks_for_rights_p);

/* Takes the answer: names, each with a comma behind it. ERR_MEMORY; ERR_CORRUPT: no names. */
MUST_CHECK enum err server_settings_read(struct server_settings *settings, const char *answer);
