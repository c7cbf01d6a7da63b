/* SPDX-License-Identifier: BSD-3-Clause -- the file of -config. */
/*
 * One `key = value` a line. A # at the start of a line or after a blank starts a comment. A value
 * may stand in double quotes, where \" \\ and \n are escapes; without quotes it ends at the comment
 * or the line, less the blanks around it. A list may be repeated.
 */
#include "common/decimal.h"
#include "common/options_state.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum err refuse_line(
    const struct options *options, const struct option_place *place, const char *reason)
{
    (void)fprintf(
        stderr, "%s: %s:%u: %s\n", options->program->name, place->file, place->line, reason);
    return ERR_INVALID;
}

static char *skip_blanks(char *text)
{
    return text + strspn(text, " \t");
}

static bool is_end_or_comment(const char *text)
{
    return *text == '\0' || *text == '#';
}

/* Unquotes in place: `text` starts behind the opening quote. NULL: the quote never ends, or more
 * than a comment follows it. */
static char *unquote(char *text)
{
    char *out = text;
    char *in = text;
    while (*in != '"') {
        if (*in == '\\' && in[1] != '\0') {
            in++;
            *out++ = (char)(*in == 'n' ? '\n' : *in);
        } else if (*in != '\0') {
            *out++ = *in;
        } else {
            return NULL;
        }
        in++;
    }
    bool is_last = is_end_or_comment(skip_blanks(in + 1));
    *out = '\0';
    return is_last ? text : NULL;
}

static void trim_end(char *start, char *end)
{
    while (end > start && isspace((unsigned char)end[-1])) {
        end--;
    }
    *end = '\0';
}

/* Cuts the comment and the blanks around an unquoted value, in place. */
static char *bare_value(char *text)
{
    char *end = text;
    while (*end != '\0' && !(*end == '#' && (end == text || isblank((unsigned char)end[-1])))) {
        end++;
    }
    trim_end(text, end);
    return text;
}

static enum err read_line(struct options *options, char *line, const struct option_place *place)
{
    char *key = skip_blanks(line);
    trim_end(key, key + strlen(key));
    if (is_end_or_comment(key)) {
        return ERR_OK;
    }
    char *equals = strchr(key, '=');
    if (equals == NULL || equals == key) {
        return refuse_line(options, place, "not of the form key = value");
    }
    trim_end(key, equals);
    char *value = skip_blanks(equals + 1);
    value = *value == '"' ? unquote(value + 1) : bare_value(value);
    if (value == NULL) {
        return refuse_line(options, place, "the quotes do not match");
    }
    const struct option_program *program = options->program;
    const struct option *option =
        options_find(program->options, program->option_count, key, strlen(key));
    if (option == NULL) {
        return options_unknown(options, key, place);
    }
    return options_assign(options, option, value, place);
}

static enum err read_lines(struct options *options, FILE *file, const char *path)
{
    struct option_place place = {.source = OPTION_FROM_FILE, .file = path};
    char *line = NULL;
    size_t room = 0;
    enum err err = ERR_OK;
    ssize_t length = 0;
    while (err == ERR_OK && (length = getline(&line, &room, file)) >= 0) {
        place.line++;
        if (strlen(line) != (size_t)length) {
            err = refuse_line(options, &place, "a zero byte");
        } else {
            err = read_line(options, line, &place);
        }
    }
    free(line);
    if (err == ERR_OK && ferror(file)) {
        (void)fprintf(stderr, "%s: %s: %s\n", options->program->name, path, strerror(errno));
        return ERR_IO;
    }
    return err;
}

/*
 * A file that was handed over open, as the launcher does and a shell with <(...), may have secrets
 * in it. Nothing shall find them there once they are read.
 */
static void close_handed_over(const char *path)
{
    static const char *const FOLDERS[] = {"/proc/self/fd/", "/dev/fd/"};
    for (size_t i = 0; i < sizeof FOLDERS / sizeof FOLDERS[0]; i++) {
        size_t length = strlen(FOLDERS[i]);
        uint64_t fd;
        if (strncmp(path, FOLDERS[i], length) == 0 &&
            decimal_parse(path + length, INT_MAX, &fd) == ERR_OK && fd > STDERR_FILENO) {
            (void)close((int)fd);
        }
    }
}

enum err options_file_read(struct options *options, const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        (void)fprintf(
            stderr, "%s: -config: %s: %s\n", options->program->name, path, strerror(errno));
        return ERR_NOT_FOUND;
    }
    enum err err = read_lines(options, file, path);
    (void)fclose(file);
    close_handed_over(path);
    return err;
}
