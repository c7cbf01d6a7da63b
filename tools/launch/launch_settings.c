/* SPDX-License-Identifier: BSD-3-Clause -- one option table out of three. */
#include "tools/launch/launch_settings.h"

#include "common/log.h"
#include "ingest/ingest_settings.h"
#include "store/store_settings.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Room for the value of any type: the table is laid out in slots of one size. */
union value_slot {
    bool flag;
    uint64_t number;
    const char *text;
    struct option_list list;
};

static const struct option OWN[] = {
    {.name = "stores",
        .type = OPTION_NUMBER,
        .fallback = "1",
        .min = 1,
        .max = 64,
        .help = "How many goflow-store processes to run."},
    {.name = "store.metrics.addr",
        .type = OPTION_TEXT,
        .fallback = "127.0.0.1:8081",
        .help = "Where the first store serves its metrics; each further one takes the next port."},
};

enum {
    OWN_COUNT = sizeof OWN / sizeof OWN[0]
};

struct launch_settings {
    struct option_program program;
    struct option *table;
    union value_slot *values;
    struct options *options;
};

static const struct option_program *program_of(enum launch_program program)
{
    return program == LAUNCH_INGEST ? &INGEST_PROGRAM : &STORE_PROGRAM;
}

static bool has_option(const struct launch_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->program.option_count; i++) {
        if (strcmp(settings->table[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A name that both programs have is one flag here, and reaches both. */
static void add_options(
    struct launch_settings *settings, const struct option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!has_option(settings, options[i].name)) {
            size_t index = settings->program.option_count++;
            settings->table[index] = options[i];
            settings->table[index].offset = index * sizeof(union value_slot);
        }
    }
}

static enum err build_table(struct launch_settings *settings)
{
    size_t room = OWN_COUNT + INGEST_PROGRAM.option_count + STORE_PROGRAM.option_count;
    settings->table = calloc(room, sizeof *settings->table);
    settings->values = calloc(room, sizeof *settings->values);
    if (settings->table == NULL || settings->values == NULL) {
        return ERR_MEMORY;
    }
    settings->program = (struct option_program){
        .name = "goflow",
        .summary = "Runs one goflow-ingest and its goflow-store processes on this host.",
        .options = settings->table,
    };
    add_options(settings, OWN, OWN_COUNT);
    add_options(settings, INGEST_PROGRAM.options, INGEST_PROGRAM.option_count);
    add_options(settings, STORE_PROGRAM.options, STORE_PROGRAM.option_count);
    return ERR_OK;
}

static const union value_slot *value_of(const struct launch_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->program.option_count; i++) {
        if (strcmp(settings->table[i].name, name) == 0) {
            return &settings->values[i];
        }
    }
    assert(!"an option that no program declares");
    return NULL;
}

enum err launch_settings_read(
    struct launch_settings **settings_p, enum option_action *action_p, int argc, char **argv)
{
    struct launch_settings *settings = calloc(1, sizeof *settings);
    *settings_p = settings;
    enum err err = settings != NULL ? build_table(settings) : ERR_MEMORY;
    if (err == ERR_OK) {
        const struct option_request request = {
            .program = &settings->program, .argc = argc, .argv = argv, .checks_itself = true};
        err = options_read(&settings->options, settings->values, action_p, &request);
    }
    if (err != ERR_OK) {
        launch_settings_destroy(settings_p);
        return err;
    }
    if (*action_p == OPTION_RUN) { /* -h and -v read no values */
        log_setup(value_of(settings, "loglevel")->text, value_of(settings, "logfmt")->text);
    }
    return ERR_OK;
}

void launch_settings_destroy(struct launch_settings **settings_p)
{
    struct launch_settings *settings = *settings_p;
    if (settings == NULL) {
        return;
    }
    options_destroy(&settings->options);
    free(settings->values);
    free(settings->table);
    free(settings);
    *settings_p = NULL;
}

uint32_t launch_settings_stores(const struct launch_settings *settings)
{
    if (strcmp(value_of(settings, "transport")->text, "zmq") != 0) {
        return 0;
    }
    return (uint32_t)value_of(settings, "stores")->number;
}

bool launch_settings_is_embedded(const struct launch_settings *settings)
{
    const struct option_list *addresses = &value_of(settings, "ch.addr")->list;
    return addresses->count == 0 || strcmp(addresses->values[0], "embedded") == 0;
}

const char *launch_settings_store_metrics(const struct launch_settings *settings)
{
    return value_of(settings, "store.metrics.addr")->text;
}

const char *launch_settings_serve(const struct launch_settings *settings)
{
    return value_of(settings, "ch.serve")->text;
}

const char *launch_settings_serve_socket(const struct launch_settings *settings)
{
    return value_of(settings, "ch.serve.socket")->text;
}

const char *launch_settings_user(const struct launch_settings *settings)
{
    return value_of(settings, "user")->text;
}

bool launch_settings_is_confined(const struct launch_settings *settings)
{
    return strcmp(value_of(settings, "confine")->text, "off") != 0;
}

const struct option_list *launch_settings_bind(const struct launch_settings *settings)
{
    return &value_of(settings, "zmq.bind")->list;
}

bool launch_settings_has_files(const struct launch_settings *settings, enum launch_program program)
{
    bool has_sampling = value_of(settings, "sampling.map")->text[0] != '\0';
    bool has_mapping = value_of(settings, "mapping")->text[0] != '\0';
    bool has_users =
        value_of(settings, "metrics.users")->text[0] != '\0' ||
        (program == LAUNCH_STORE && value_of(settings, "ch.serve.users")->text[0] != '\0');
    bool has_keys = value_of(settings, "zmq.keys")->text[0] != '\0';
    return has_users || has_keys || has_mapping || (has_sampling && program == LAUNCH_INGEST);
}

void launch_settings_write(
    const struct launch_settings *settings, enum launch_program program, struct buffer *out)
{
    options_write_set(settings->options, program_of(program), out);
}
