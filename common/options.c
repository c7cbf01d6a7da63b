/* SPDX-License-Identifier: BSD-3-Clause -- settings from defaults, file, environment and flags. */
#include "common/options.h"

#include "common/array.h"
#include "common/option_value.h"
#include "common/options_state.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MEMBER(member) .offset = offsetof(struct option_builtins, member)

const struct option OPTION_BUILTINS[] = {
    {"h", OPTION_BOOL, MEMBER(wants_help), .help = "Prints this help and exits."},
    {"help", OPTION_BOOL, MEMBER(wants_help), .help = "The same as -h."},
    {"v", OPTION_BOOL, MEMBER(wants_version), .help = "Prints the version and exits."},
    {"config", OPTION_TEXT, MEMBER(config),
        .help = "A file of key = value lines, weaker than all else."},
    {"check", OPTION_BOOL, MEMBER(wants_check), .help = "Checks the settings, says ok and exits."},
    {"print", OPTION_BOOL, MEMBER(wants_print),
        .help = "Prints the settings in force, as a file for -config, and exits."},
    {"manual", OPTION_CHOICE, MEMBER(manual), .choices = "markdown|man",
        .help = "Prints the reference of all flags and exits."},
};
const size_t OPTION_BUILTIN_COUNT = sizeof OPTION_BUILTINS / sizeof OPTION_BUILTINS[0];

void options_refuse(const struct option_program *program, const char *name, const char *reason, ...)
{
    va_list arguments;
    va_start(arguments, reason);
    (void)fprintf(stderr, "%s: -%s: ", program->name, name);
    (void)vfprintf(stderr, reason, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
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

static const char *default_text(const struct option *option)
{
    if (option->fallback != NULL) {
        return option->fallback;
    }
    switch (option->type) {
    case OPTION_BOOL:
        return "false";
    case OPTION_NUMBER:
    case OPTION_SIZE:
    case OPTION_DURATION:
        return "0";
    default:
        return "";
    }
}

static enum err set_defaults(struct options *options)
{
    const struct option_place place = {.source = OPTION_FROM_DEFAULT};
    const struct option_program *program = options->program;
    enum err err = ERR_OK;
    for (size_t i = 0; i < program->option_count && err == ERR_OK; i++) {
        const struct option *option = &program->options[i];
        err = options_assign(options, option, default_text(option), &place);
    }
    return err;
}

enum err options_environment_read(struct options *options)
{
    const struct option_place place = {.source = OPTION_FROM_ENVIRONMENT};
    const struct option_program *program = options->program;
    enum err err = ERR_OK;
    for (size_t i = 0; i < program->option_count && err == ERR_OK; i++) {
        char name[OPTION_ENVIRONMENT_SIZE];
        options_environment_name(&program->options[i], name);
        const char *text = getenv(name);
        if (text != NULL) {
            err = options_assign(options, &program->options[i], text, &place);
        }
    }
    return err;
}

static enum err read_sources(struct options *options, const struct option_request *request)
{
    enum err err = set_defaults(options);
    const char *file = options->builtins.config;
    if (file == NULL) {
        file = getenv("GOFLOW_CONFIG");
    }
    if (err == ERR_OK && file != NULL) {
        err = options_file_read(options, file);
    }
    if (err == ERR_OK) {
        err = options_environment_read(options);
    }
    if (err == ERR_OK) {
        err = options_flags_read(options, request, false);
    }
    if (err == ERR_OK && request->validate != NULL) {
        err = request->validate(options->settings);
    }
    return err;
}

/* Does what -h, -v and -manual ask for, which need no settings. */
static bool answer_without_settings(const struct options *options)
{
    const struct option_builtins *builtins = &options->builtins;
    if (builtins->wants_help) {
        options_help(options->program, stdout);
    } else if (builtins->wants_version) {
        (void)printf("%s %s\n", options->program->name, GOFLOW_VERSION);
    } else if (builtins->manual != NULL) {
        options_manual(options->program, builtins->manual, stdout);
    } else {
        return false;
    }
    return true;
}

static bool answer_with_settings(const struct options *options)
{
    if (options->builtins.wants_print) {
        options_print(options, stdout);
    } else if (options->builtins.wants_check) {
        (void)puts("ok");
    } else {
        return false;
    }
    return true;
}

static enum err options_new(
    struct options **options_p, const struct option_program *program, void *settings)
{
    struct options *options = calloc(1, sizeof *options);
    *options_p = options;
    if (options == NULL) {
        return ERR_MEMORY;
    }
    options->program = program;
    options->settings = settings;
    options->sources = calloc(program->option_count + 1, sizeof *options->sources);
    return options->sources != NULL ? ERR_OK : ERR_MEMORY;
}

enum err options_read(struct options **options_p, void *settings, enum option_action *action_p,
    const struct option_request *request)
{
    *action_p = OPTION_EXIT;
    enum err err = options_new(options_p, request->program, settings);
    if (err == ERR_OK) {
        err = options_flags_read(*options_p, request, true);
    }
    if (err != ERR_OK) {
        goto fail;
    }
    if (answer_without_settings(*options_p)) {
        return ERR_OK;
    }
    err = read_sources(*options_p, request);
    if (err != ERR_OK) {
        goto fail;
    }
    if (!answer_with_settings(*options_p)) {
        *action_p = OPTION_RUN;
    }
    return ERR_OK;
fail:
    if (err == ERR_MEMORY) {
        (void)fprintf(stderr, "%s: %s\n", request->program->name, err_text(err));
    }
    options_destroy(options_p);
    return err;
}

void options_destroy(struct options **options_p)
{
    struct options *options = *options_p;
    if (options == NULL) {
        return;
    }
    for (size_t i = 0; i < options->text_count; i++) {
        free(options->texts[i]);
    }
    free(options->texts);
    free(options->sources);
    free(options);
    *options_p = NULL;
}
