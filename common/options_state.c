/* SPDX-License-Identifier: BSD-3-Clause -- what every source of settings does with a value. */
#include "common/options_state.h"

#include "common/array.h"
#include "common/option_value.h"

#include <stdlib.h>
#include <string.h>

enum {
    NAME_MAX_LENGTH = 64
};

#define MEMBER(member) .offset = offsetof(struct option_builtins, member)

const struct option OPTION_BUILTINS[] = {
    {"h", OPTION_BOOL, MEMBER(wants_help), .help = "Prints this help and exits."},
    {"help", OPTION_BOOL, MEMBER(wants_help), .help = "The same as -h."},
    {"v", OPTION_BOOL, MEMBER(wants_version), .help = "Prints the version and exits."},
    {"config", OPTION_TEXT, MEMBER(config),
        .help = "A file of key = value lines, weaker than all else."},
    {"check", OPTION_BOOL, MEMBER(wants_check),
        .help = "Checks the settings, and opens what a start would open; prints ok and exits."},
    {"print", OPTION_BOOL, MEMBER(wants_print),
        .help = "Prints the settings in force, as a file for -config, and exits."},
    {"manual", OPTION_CHOICE, MEMBER(manual), .choices = "markdown|man",
        .help = "Prints the reference of all flags and exits."},
};
const size_t OPTION_BUILTIN_COUNT = sizeof OPTION_BUILTINS / sizeof OPTION_BUILTINS[0];

const struct option *options_find(
    const struct option *options, size_t count, const char *name, size_t length)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

static char environment_byte(char byte)
{
    if (byte == '.') {
        return '_';
    }
    bool is_lower = byte >= 'a' && byte <= 'z';
    return (char)(is_lower ? byte - 'a' + 'A' : byte);
}

void options_environment_name(const struct option *option, char out[OPTION_ENVIRONMENT_SIZE])
{
    int length = snprintf(out, OPTION_ENVIRONMENT_SIZE, "GOFLOW_%s", option->name);
    for (int i = 0; i < length && i < OPTION_ENVIRONMENT_SIZE - 1; i++) {
        out[i] = environment_byte(out[i]);
    }
}

char *options_keep(struct options *options, const char *text, size_t size)
{
    char **texts =
        array_grow(options->texts, options->text_count, &options->text_room, sizeof *texts);
    if (texts == NULL) {
        return NULL;
    }
    options->texts = texts;
    char *copy = malloc(size + 1);
    if (copy != NULL) {
        memcpy(copy, text, size);
        copy[size] = '\0';
        options->texts[options->text_count++] = copy;
    }
    return copy;
}

void options_say_place(
    const struct options *options, const char *name, const struct option_place *place)
{
    const char *program = options->program->name;
    char variable[OPTION_ENVIRONMENT_SIZE];
    switch (place->source) {
    case OPTION_FROM_FILE:
        (void)fprintf(stderr, "%s: %s:%u: %s: ", program, place->file, place->line, name);
        return;
    case OPTION_FROM_ENVIRONMENT:
        options_environment_name(&(struct option){.name = name}, variable);
        (void)fprintf(stderr, "%s: environment: %s: ", program, variable);
        return;
    case OPTION_FROM_COMMAND_LINE:
        (void)fprintf(stderr, "%s: command line: -%s: ", program, name);
        return;
    case OPTION_FROM_DEFAULT:
        (void)fprintf(stderr, "%s: default: -%s: ", program, name);
        return;
    }
}

static enum err refuse_value(const struct options *options, const struct option *option,
    const char *text, const struct option_place *place)
{
    struct buffer allowed = {0};
    option_value_allowed(option, &allowed);
    options_say_place(options, option->name, place);
    (void)fprintf(stderr, "'%s' is refused: must be %s\n", option->is_secret ? "..." : text,
        buffer_text(&allowed));
    buffer_clear(&allowed);
    return ERR_INVALID;
}

enum err options_assign(struct options *options, const struct option *option, const char *text,
    const struct option_place *place)
{
    char *copy = options_keep(options, text, strlen(text));
    if (copy == NULL) {
        return ERR_MEMORY;
    }
    enum option_source *source = &options->sources[option - options->program->options];
    bool appends = place->source != OPTION_FROM_DEFAULT && *source == place->source;
    enum err err = option_value_set(option, copy, appends, options->settings);
    if (err != ERR_OK) {
        return refuse_value(options, option, text, place);
    }
    *source = place->source;
    return ERR_OK;
}

static unsigned edit_distance(const char *a, const char *b)
{
    size_t b_length = strlen(b);
    unsigned row[NAME_MAX_LENGTH + 1];
    if (b_length > NAME_MAX_LENGTH) {
        return NAME_MAX_LENGTH;
    }
    for (size_t j = 0; j <= b_length; j++) {
        row[j] = (unsigned)j;
    }
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned above = row[j];
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            best = above + 1 < best ? above + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = above;
            row[j] = best;
        }
    }
    return row[b_length];
}

/* The closest name, when it is close enough to be what was meant. */
static const char *suggest(const struct option_program *program, const char *name)
{
    const char *closest = NULL;
    unsigned least = (unsigned)strlen(name) / 3 + 1;
    for (size_t i = 0; i < program->option_count; i++) {
        unsigned distance = edit_distance(name, program->options[i].name);
        if (distance <= least) {
            closest = program->options[i].name;
            least = distance > 0 ? distance - 1 : 0;
        }
    }
    return closest;
}

enum err options_unknown(
    const struct options *options, const char *name, const struct option_place *place)
{
    const char *meant = suggest(options->program, name);
    options_say_place(options, name, place);
    if (meant != NULL) {
        (void)fprintf(stderr, "no such setting; did you mean %s?\n", meant);
    } else {
        (void)fprintf(stderr, "no such setting; %s -h lists all\n", options->program->name);
    }
    return ERR_INVALID;
}
