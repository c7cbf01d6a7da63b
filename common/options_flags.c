/* SPDX-License-Identifier: BSD-3-Clause -- the command line, in the syntax of Go's package flag. */
#include "common/option_value.h"
#include "common/options_state.h"

#include <string.h>

static const struct option_place PLACE = {.source = OPTION_FROM_COMMAND_LINE};

/* One flag as it stands on the command line; `value` points into argv, NULL when there is none. */
struct flag {
    const char *name;
    size_t name_length;
    char *value;
};

/* -x, --x, -x=v. A lone dash and whatever has no dash is a word. */
static bool split_flag(struct flag *flag, char *word)
{
    if (word[0] != '-' || word[1] == '\0') {
        return false;
    }
    flag->name = word + (word[1] == '-' ? 2 : 1);
    flag->name_length = strcspn(flag->name, "=");
    char *rest = (char *)flag->name + flag->name_length;
    flag->value = *rest == '=' ? rest + 1 : NULL;
    return true;
}

/* Built-in flags are few and typed alike; only the first walk sets them. */
static enum err take_builtin(
    struct options *options, const struct option *option, char *value, bool is_first)
{
    if (!is_first || option_value_set(option, value, false, &options->builtins) == ERR_OK) {
        return ERR_OK;
    }
    options_say_place(options, option->name, &PLACE);
    (void)fprintf(stderr, "'%s' is refused\n", value);
    return ERR_INVALID;
}

static enum err take_program_flag(
    struct options *options, const struct option *option, char *value, bool is_first)
{
    if (is_first) {
        return ERR_OK;
    }
    enum err err = options_assign(options, option, value, &PLACE);
    if (option->is_secret) {
        explicit_bzero(value, strlen(value)); /* out of the sight of ps */
    }
    return err;
}

static enum err take_word(struct options *options, const struct option_request *request, char *word)
{
    struct option_list *words = request->words;
    if (words == NULL) {
        (void)fprintf(stderr, "%s: command line: '%s' is no flag; a boolean is written -flag=%s\n",
            options->program->name, word, strcmp(word, "true") == 0 ? "true" : "false");
        return ERR_INVALID;
    }
    if (words->count == OPTION_LIST_MAX) {
        (void)fprintf(stderr, "%s: command line: more than %d words\n", options->program->name,
            OPTION_LIST_MAX);
        return ERR_INVALID;
    }
    words->values[words->count++] = word;
    return ERR_OK;
}

/* Takes the flag at argv[*index_p]; moves on to the next word where that is its value. */
static enum err take_flag(struct options *options, const struct option_request *request,
    struct flag *flag, int *index_p, bool is_first)
{
    static char is_true[] = "true";
    const struct option_program *program = options->program;
    const struct option *builtin =
        options_find(OPTION_BUILTINS, OPTION_BUILTIN_COUNT, flag->name, flag->name_length);
    const struct option *option = builtin;
    if (option == NULL) {
        option =
            options_find(program->options, program->option_count, flag->name, flag->name_length);
    }
    if (option == NULL) {
        char *name = options_keep(options, flag->name, flag->name_length);
        return name != NULL ? options_unknown(options, name, &PLACE) : ERR_MEMORY;
    }
    char *value = flag->value;
    if (value == NULL && option->type == OPTION_BOOL) {
        value = is_true;
    } else if (value == NULL && *index_p + 1 < request->argc) {
        value = request->argv[++*index_p];
    }
    if (value == NULL) {
        options_say_place(options, option->name, &PLACE);
        (void)fprintf(stderr, "a value is missing\n");
        return ERR_INVALID;
    }
    return builtin != NULL ? take_builtin(options, option, value, is_first)
                           : take_program_flag(options, option, value, is_first);
}

enum err options_flags_read(
    struct options *options, const struct option_request *request, bool is_first)
{
    bool has_flags = true;
    enum err err = ERR_OK;
    for (int i = 1; i < request->argc && err == ERR_OK; i++) {
        char *word = request->argv[i];
        struct flag flag;
        if (has_flags && strcmp(word, "--") == 0) {
            has_flags = false;
        } else if (has_flags && split_flag(&flag, word)) {
            err = take_flag(options, request, &flag, &i, is_first);
        } else if (!is_first) {
            err = take_word(options, request, word);
        }
        if (options->builtins.wants_help || options->builtins.wants_version) {
            return err; /* as Go does: what follows -h is not looked at */
        }
    }
    return err;
}
