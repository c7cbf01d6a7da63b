/* SPDX-License-Identifier: BSD-3-Clause -- settings from defaults, file, environment and flags. */
#include "common/options.h"

#include "common/options_state.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void options_refuse(const struct option_program *program, const char *name, const char *reason, ...)
{
    va_list arguments;
    va_start(arguments, reason);
    (void)fprintf(stderr, "%s: -%s: ", program->name, name);
    (void)vfprintf(stderr, reason, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
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

static enum err read_environment(struct options *options)
{
    const struct option_place place = {.source = OPTION_FROM_ENVIRONMENT};
    const struct option_program *program = options->program;
    enum err err = ERR_OK;
    for (size_t i = 0; i < program->option_count && err == ERR_OK; i++) {
        char name[OPTION_ENVIRONMENT_SIZE];
        options_environment_name(&program->options[i], name);
        char *text = getenv(name);
        if (text != NULL) {
            err = options_assign(options, &program->options[i], text, &place);
        }
        if (text != NULL && program->options[i].is_secret) {
            explicit_bzero(text, strlen(text)); /* out of /proc/PID/environ */
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
        err = read_environment(options);
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
    if ((*options_p)->builtins.wants_check && request->checks_itself) {
        *action_p = OPTION_CHECK;
    } else if (!answer_with_settings(*options_p)) {
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
