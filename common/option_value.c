/* SPDX-License-Identifier: BSD-3-Clause -- the grammar of option values. */
#include "common/option_value.h"

#include "common/decimal.h"
#include "common/quantity.h"

#include <ctype.h>
#include <string.h>

/* The words Go's strconv.ParseBool takes. */
static enum err parse_bool(const char *text, bool *value_p)
{
    static const struct {
        const char *text;
        bool value;
    } WORDS[] = {
        {"true", true},
        {"1", true},
        {"t", true},
        {"T", true},
        {"TRUE", true},
        {"True", true},
        {"false", false},
        {"0", false},
        {"f", false},
        {"F", false},
        {"FALSE", false},
        {"False", false},
    };
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (strcmp(WORDS[i].text, text) == 0) {
            *value_p = WORDS[i].value;
            return ERR_OK;
        }
    }
    return ERR_INVALID;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t length = strlen(text);
    for (const char *p = choices;;) {
        size_t span = strcspn(p, "|");
        if (span == length && memcmp(p, text, length) == 0) {
            return true;
        }
        if (p[span] == '\0') {
            return false;
        }
        p += span + 1;
    }
}

/* Cuts `text` at its commas; blanks around items and empty items fall away. */
static enum err split_list(struct option_list *list, char *text)
{
    char *rest = NULL;
    for (char *item = strtok_r(text, ",", &rest); item != NULL; item = strtok_r(NULL, ",", &rest)) {
        item += strspn(item, " \t");
        size_t length = strlen(item);
        while (length > 0 && isspace((unsigned char)item[length - 1])) {
            item[--length] = '\0';
        }
        if (length == 0) {
            continue;
        }
        if (list->count == OPTION_LIST_MAX) {
            return ERR_INVALID;
        }
        list->values[list->count++] = item;
    }
    return ERR_OK;
}

static enum err set_list(const struct option *option, char *text, bool appends, void *settings)
{
    struct option_list list = {0};
    if (appends) {
        memcpy(&list, (char *)settings + option->offset, sizeof list);
    }
    enum err err = split_list(&list, text);
    if (err == ERR_OK) {
        memcpy((char *)settings + option->offset, &list, sizeof list);
    }
    return err;
}

static enum err set_number(const struct option *option, const char *text, void *settings)
{
    uint64_t value = 0;
    enum err err = option->type == OPTION_NUMBER ? decimal_parse(text, UINT64_MAX, &value)
                   : option->type == OPTION_SIZE ? quantity_parse_size(text, &value)
                                                 : quantity_parse_duration(text, &value);
    if (err != ERR_OK || value < option->min || (option->max != 0 && value > option->max)) {
        return ERR_INVALID;
    }
    memcpy((char *)settings + option->offset, &value, sizeof value);
    return ERR_OK;
}

enum err option_value_set(const struct option *option, char *text, bool appends, void *settings)
{
    char *member = (char *)settings + option->offset;
    bool is_on = false;
    switch (option->type) {
    case OPTION_BOOL:
        if (parse_bool(text, &is_on) != ERR_OK) {
            return ERR_INVALID;
        }
        memcpy(member, &is_on, sizeof is_on);
        return ERR_OK;
    case OPTION_NUMBER:
    case OPTION_SIZE:
    case OPTION_DURATION:
        return set_number(option, text, settings);
    case OPTION_CHOICE:
        if (!is_choice(option->choices, text)) {
            return ERR_INVALID;
        }
        memcpy(member, &text, sizeof text);
        return ERR_OK;
    case OPTION_TEXT:
        memcpy(member, &text, sizeof text);
        return ERR_OK;
    case OPTION_LIST:
        return set_list(option, text, appends, settings);
    }
    return ERR_INVALID;
}

static void print_number(const struct option *option, uint64_t value, struct buffer *out)
{
    if (option->type == OPTION_SIZE) {
        quantity_print_size(value, out);
    } else if (option->type == OPTION_DURATION) {
        quantity_print_duration(value, out);
    } else {
        buffer_format(out, "%llu", (unsigned long long)value);
    }
}

static void allow_number(const struct option *option, const char *what, struct buffer *out)
{
    buffer_text_append(out, what);
    if (option->max != 0) {
        buffer_text_append(out, " from ");
        print_number(option, option->min, out);
        buffer_text_append(out, " to ");
        print_number(option, option->max, out);
    } else if (option->min != 0) {
        buffer_text_append(out, " of at least ");
        print_number(option, option->min, out);
    }
}

static void allow_choices(const char *choices, struct buffer *out)
{
    for (const char *p = choices; *p != '\0'; p++) {
        if (*p == '|') {
            buffer_text_append(out, strchr(p + 1, '|') != NULL ? ", " : " or ");
        } else {
            buffer_append(out, p, 1);
        }
    }
}

void option_value_allowed(const struct option *option, struct buffer *out)
{
    switch (option->type) {
    case OPTION_BOOL:
        buffer_text_append(out, "true or false");
        return;
    case OPTION_NUMBER:
        allow_number(option, "a number", out);
        return;
    case OPTION_SIZE:
        allow_number(option, "a size like 64MiB or 1GB", out);
        return;
    case OPTION_DURATION:
        allow_number(option, "a duration like 500ms, 5s, 10m, 18h, 7d or 2w", out);
        return;
    case OPTION_CHOICE:
        allow_choices(option->choices, out);
        return;
    case OPTION_TEXT:
        buffer_text_append(out, "text");
        return;
    case OPTION_LIST:
        buffer_format(out, "a list of at most %d, separated by commas", OPTION_LIST_MAX);
        return;
    }
}

static void print_quoted(const char *text, struct buffer *out)
{
    bool is_plain = text[0] != '\0' && strpbrk(text, " \t\r\n\"\\#") == NULL;
    if (is_plain) {
        buffer_text_append(out, text);
        return;
    }
    buffer_append(out, "\"", 1);
    for (const char *p = text; *p != '\0'; p++) {
        switch (*p) {
        case '\n':
            buffer_text_append(out, "\\n");
            break;
        case '"':
        case '\\':
            buffer_append(out, "\\", 1);
            buffer_append(out, p, 1);
            break;
        default:
            buffer_append(out, p, 1);
        }
    }
    buffer_append(out, "\"", 1);
}

static void print_list(const struct option_list *list, struct buffer *out)
{
    struct buffer joined = {0};
    for (size_t i = 0; i < list->count; i++) {
        buffer_format(&joined, "%s%s", i > 0 ? "," : "", list->values[i]);
    }
    print_quoted(buffer_text(&joined), out);
    buffer_clear(&joined);
}

void option_value_print(const struct option *option, const void *settings, struct buffer *out)
{
    const char *member = (const char *)settings + option->offset;
    bool is_on = false;
    uint64_t number = 0;
    const char *text = NULL;
    struct option_list list;
    switch (option->type) {
    case OPTION_BOOL:
        memcpy(&is_on, member, sizeof is_on);
        buffer_text_append(out, is_on ? "true" : "false");
        return;
    case OPTION_NUMBER:
    case OPTION_SIZE:
    case OPTION_DURATION:
        memcpy(&number, member, sizeof number);
        print_number(option, number, out);
        return;
    case OPTION_TEXT:
    case OPTION_CHOICE:
        memcpy(&text, member, sizeof text);
        print_quoted(text != NULL ? text : "", out);
        return;
    case OPTION_LIST:
        memcpy(&list, member, sizeof list);
        print_list(&list, out);
        return;
    }
}
