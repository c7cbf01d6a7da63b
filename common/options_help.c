/* SPDX-License-Identifier: BSD-3-Clause -- help, reference and -print, all from the table. */
#include "common/option_value.h"
#include "common/options_state.h"

#include <string.h>

/* nf.port belongs to the group nf, and so does the flag nf. */
static size_t group_length(const struct option *option)
{
    return strcspn(option->name, ".");
}

static bool is_same_group(const struct option *a, const struct option *b)
{
    size_t length = group_length(a);
    return length == group_length(b) && memcmp(a->name, b->name, length) == 0;
}

static size_t group_size(const struct option_program *program, const struct option *option)
{
    size_t size = 0;
    for (size_t i = 0; i < program->option_count; i++) {
        size += is_same_group(option, &program->options[i]);
    }
    return size;
}

static bool is_first_of_group(const struct option_program *program, const struct option *option)
{
    for (const struct option *other = program->options; other < option; other++) {
        if (is_same_group(option, other)) {
            return false;
        }
    }
    return true;
}

typedef void print_option_fn(const struct option *option, void *context);
typedef void print_group_fn(const char *name, size_t length, void *context);

struct printer {
    print_group_fn *print_group;
    print_option_fn *print_option;
    void *context;
};

static void print_loners(const struct option_program *program, const struct printer *printer)
{
    bool is_first = true;
    for (size_t i = 0; i < program->option_count; i++) {
        const struct option *option = &program->options[i];
        if (group_size(program, option) > 1) {
            continue;
        }
        if (is_first) {
            printer->print_group("general", strlen("general"), printer->context);
        }
        is_first = false;
        printer->print_option(option, printer->context);
    }
}

static void print_group(
    const struct option_program *program, const struct option *first, const struct printer *printer)
{
    printer->print_group(first->name, group_length(first), printer->context);
    for (size_t i = 0; i < program->option_count; i++) {
        if (is_same_group(first, &program->options[i])) {
            printer->print_option(&program->options[i], printer->context);
        }
    }
}

/* Groups in the order of the table; flags that stand alone come first, together. */
static void print_groups(const struct option_program *program, const struct printer *printer)
{
    print_loners(program, printer);
    for (size_t i = 0; i < program->option_count; i++) {
        const struct option *option = &program->options[i];
        if (group_size(program, option) > 1 && is_first_of_group(program, option)) {
            print_group(program, option, printer);
        }
    }
}

static const char *value_word(const struct option *option)
{
    static const char *const WORDS[] = {
        [OPTION_BOOL] = "",
        [OPTION_NUMBER] = "NUMBER",
        [OPTION_SIZE] = "SIZE",
        [OPTION_DURATION] = "DURATION",
        [OPTION_TEXT] = "TEXT",
        [OPTION_LIST] = "LIST",
    };
    return option->type == OPTION_CHOICE ? option->choices : WORDS[option->type];
}

static bool has_default(const struct option *option)
{
    return option->fallback != NULL && option->fallback[0] != '\0' && !option->is_secret;
}

static void help_group(const char *name, size_t length, void *context)
{
    (void)fprintf(context, "\n%.*s\n", (int)length, name);
}

static void help_option(const struct option *option, void *context)
{
    const char *word = value_word(option);
    (void)fprintf(context, "  -%s%s%s", option->name, word[0] != '\0' ? " " : "", word);
    if (has_default(option)) {
        (void)fprintf(context, " (default %s)", option->fallback);
    }
    (void)fprintf(context, "\n        %s\n", option->help);
}

void options_help(const struct option_program *program, FILE *out)
{
    (void)fprintf(out,
        "%s %s: %s\n\n%s"
        "Flags are written -flag=value or -flag value; booleans -flag or -flag=false. Each may "
        "also\n"
        "come from the environment (-nf.port: GOFLOW_NF_PORT) or from a file of key = value lines\n"
        "(-config). The command line is strongest, then the environment, then the file.\n",
        program->name, GOFLOW_VERSION, program->summary,
        program->usage != NULL ? program->usage : "");
    help_group("every program", strlen("every program"), out);
    for (size_t i = 0; i < OPTION_BUILTIN_COUNT; i++) {
        help_option(&OPTION_BUILTINS[i], out);
    }
    print_groups(program, &(struct printer){help_group, help_option, out});
}

/* A sentence behind the help, where not every value of the type will do. */
static void append_allowed(const struct option *option, struct buffer *out)
{
    if (option->min != 0 || option->max != 0) {
        buffer_text_append(out, " Must be ");
        option_value_allowed(option, out);
        buffer_text_append(out, ".");
    }
}

static void markdown_group(const char *name, size_t length, void *context)
{
    (void)fprintf(context,
        "\n### %.*s\n\n| flag | default | environment | meaning |\n|---|---|---|---|\n",
        (int)length, name);
}

/* A bar would end the table's cell. */
static void print_cell(const char *text, FILE *out)
{
    for (const char *p = text; *p != '\0'; p++) {
        (void)fprintf(out, *p == '|' ? "\\%c" : "%c", *p);
    }
}

static void markdown_option(const struct option *option, void *context)
{
    FILE *out = context;
    char variable[OPTION_ENVIRONMENT_SIZE];
    options_environment_name(option, variable);
    const char *word = value_word(option);
    (void)fprintf(out, "| `-%s%s", option->name, word[0] != '\0' ? " " : "");
    print_cell(word, out);
    (void)fprintf(out, "` | ");
    if (has_default(option)) {
        (void)fprintf(out, "`%s`", option->fallback);
    }
    (void)fprintf(out, " | `%s` | ", variable);
    print_cell(option->help, out);
    struct buffer allowed = {0};
    append_allowed(option, &allowed);
    (void)fprintf(out, "%s |\n", buffer_text(&allowed));
    buffer_clear(&allowed);
}

/* A hyphen would become a typographic one; a dot or quote at a line's start a request. */
static void print_roff(const char *text, FILE *out)
{
    if (text[0] == '.' || text[0] == '\'') {
        (void)fputs("\\&", out);
    }
    for (const char *p = text; *p != '\0'; p++) {
        (void)fprintf(out, *p == '-' ? "\\%c" : *p == '\\' ? "%ce" : "%c", *p);
    }
}

static void man_group(const char *name, size_t length, void *context)
{
    (void)fprintf(context, ".SS %.*s\n", (int)length, name);
}

static void man_option(const struct option *option, void *context)
{
    FILE *out = context;
    (void)fputs(".TP\n\\fB\\-", out);
    print_roff(option->name, out);
    (void)fputs("\\fR", out);
    if (value_word(option)[0] != '\0') {
        (void)fputs(" \\fI", out);
        print_roff(value_word(option), out);
        (void)fputs("\\fR", out);
    }
    (void)fputc('\n', out);
    print_roff(option->help, out);
    struct buffer more = {0};
    append_allowed(option, &more);
    if (has_default(option)) {
        buffer_format(&more, " Default: %s.", option->fallback);
    }
    print_roff(buffer_text(&more), out);
    buffer_clear(&more);
    (void)fputc('\n', out);
}

/* The section OPTIONS alone: the rest of a page is written by hand, in docs/man. */
static void print_man(const struct option_program *program, FILE *out)
{
    (void)fputs(".SH OPTIONS\n"
                "Written \\fB\\-flag=value\\fR or \\fB\\-flag value\\fR, with one dash or two;\n"
                "booleans \\fB\\-flag\\fR or \\fB\\-flag=false\\fR.\n"
                "Each may also come from the environment (\\fB\\-nf.port\\fR is GOFLOW_NF_PORT)\n"
                "or from the file of \\fB\\-config\\fR (or of GOFLOW_CONFIG), a setting a line:\n"
                "\\fBnf.port = 2055\\fR.\n"
                "The command line is strongest, then the environment, then the file.\n",
        out);
    man_group("every program", strlen("every program"), out);
    for (size_t i = 0; i < OPTION_BUILTIN_COUNT; i++) {
        man_option(&OPTION_BUILTINS[i], out);
    }
    print_groups(program, &(struct printer){man_group, man_option, out});
}

void options_manual(const struct option_program *program, const char *format, FILE *out)
{
    if (strcmp(format, "man") == 0) {
        print_man(program, out);
        return;
    }
    (void)fprintf(out, "## %s\n\n%s\n", program->name, program->summary);
    print_groups(program, &(struct printer){markdown_group, markdown_option, out});
}

/* Without a word about sources, so that printing what was printed gives the same file again. */
static void print_setting(const struct options *options, const struct option *option, FILE *out)
{
    if (option->is_secret) {
        (void)fprintf(out, "# %s is not shown\n", option->name);
        return;
    }
    struct buffer value = {0};
    option_value_print(option, options->settings, &value);
    (void)fprintf(out, "%s = %s\n", option->name, buffer_text(&value));
    buffer_clear(&value);
}

void options_print(const struct options *options, FILE *out)
{
    const struct option_program *program = options->program;
    (void)fprintf(out, "# %s %s: the settings in force\n", program->name, GOFLOW_VERSION);
    for (size_t i = 0; i < program->option_count; i++) {
        print_setting(options, &program->options[i], out);
    }
}

void options_write_set(
    const struct options *options, const struct option_program *program, struct buffer *out)
{
    for (size_t i = 0; i < options->program->option_count; i++) {
        const struct option *option = &options->program->options[i];
        size_t length = strlen(option->name);
        if (options->sources[i] == OPTION_FROM_DEFAULT ||
            options_find(program->options, program->option_count, option->name, length) == NULL) {
            continue;
        }
        buffer_format(out, "%s = ", option->name);
        option_value_print(option, options->settings, out);
        buffer_text_append(out, "\n");
    }
}
