/*
 * launch_settings.h -- the flags of goflow: all of goflow-ingest's, all of goflow-store's, its own.
 *
 * The table is put together from the programs' own at start, so that a flag of theirs needs no
 * second line here. Each value is checked by its type here, and as a whole by the program that
 * owns it. Main thread only.
 */
#pragma once

#include "common/options.h"

struct launch_settings;

enum launch_program {
    LAUNCH_INGEST,
    LAUNCH_STORE
};

/* As options_read(). On success *settings_p is the caller's: launch_settings_destroy() it. */
MUST_CHECK enum err launch_settings_read(
    struct launch_settings **settings_p, enum option_action *action_p, int argc, char **argv);
void launch_settings_destroy(struct launch_settings **settings_p);

/* How many stores; 0 when ingest writes to the console and needs none. */
uint32_t launch_settings_stores(const struct launch_settings *settings);

/* True when no database is named: one store runs the engine, and serves the others. */
bool launch_settings_is_embedded(const struct launch_settings *settings);

/* Texts of flags, lent; "" when not set. */
const char *launch_settings_store_metrics(const struct launch_settings *settings);
const char *launch_settings_serve(const struct launch_settings *settings);
const char *launch_settings_serve_socket(const struct launch_settings *settings);
const char *launch_settings_user(const struct launch_settings *settings);
bool launch_settings_is_confined(const struct launch_settings *settings);
const struct option_list *launch_settings_bind(const struct launch_settings *settings);

/* True when the program has a file that SIGHUP makes it read again. */
bool launch_settings_has_files(const struct launch_settings *settings, enum launch_program program);

/* Appends the settings of one program that were set, as a file for -config. */
void launch_settings_write(
    const struct launch_settings *settings, enum launch_program program, struct buffer *out);
