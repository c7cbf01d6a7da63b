/*
 * options_state.h -- what the sources of options share while they fill the settings.
 *
 * Private to common/options*.c. Each source walks its own syntax and ends in options_assign();
 * a later source replaces what an earlier one set.
 */
#pragma once

#include "common/options.h"

enum option_source {
    OPTION_FROM_DEFAULT,
    OPTION_FROM_FILE,
    OPTION_FROM_ENVIRONMENT,
    OPTION_FROM_COMMAND_LINE
};

/* The flags every program has. */
struct option_builtins {
    bool wants_help;
    bool wants_version;
    bool wants_check;
    bool wants_print;
    const char *config;
    const char *manual;
};

extern const struct option OPTION_BUILTINS[];
extern const size_t OPTION_BUILTIN_COUNT;

struct options {
    const struct option_program *program;
    void *settings;
    struct option_builtins builtins;
    enum option_source *sources; /* of each value: lists grow within a source, not across */
    char **texts;
    size_t text_count;
    size_t text_room;
};

/* Where a value stands, for the line that refuses it. */
struct option_place {
    enum option_source source;
    const char *file;
    unsigned line;
};

/* Finds by name of `length` bytes; NULL. */
const struct option *options_find(
    const struct option *options, size_t count, const char *name, size_t length);

/* The name of the environment variable: GOFLOW_NF_PORT for nf.port. */
enum {
    OPTION_ENVIRONMENT_SIZE = 128
};
void options_environment_name(const struct option *option, char out[OPTION_ENVIRONMENT_SIZE]);

/* A copy of `size` bytes and a closing zero that lives as long as the options; NULL: no memory. */
char *options_keep(struct options *options, const char *text, size_t size);

/* Starts the line "goflow-ingest: PLACE" on stderr; the caller ends it. */
void options_say_place(
    const struct options *options, const char *name, const struct option_place *place);

/* Sets a program's option; `text` is copied. On failure one line is on stderr. */
MUST_CHECK enum err options_assign(struct options *options, const struct option *option,
    const char *text, const struct option_place *place);

/* Says that no option has this name, and which one is close. Returns ERR_INVALID. */
enum err options_unknown(
    const struct options *options, const char *name, const struct option_place *place);

/*
 * Walks the command line. First only the built-in flags (`is_first`), then the program's: the file
 * that -config names stands below the flags. Secrets are wiped from argv in the second walk.
 */
MUST_CHECK enum err options_flags_read(
    struct options *options, const struct option_request *request, bool is_first);

MUST_CHECK enum err options_file_read(struct options *options, const char *path);

void options_print(const struct options *options, FILE *out);
void options_manual(const struct option_program *program, const char *format, FILE *out);
