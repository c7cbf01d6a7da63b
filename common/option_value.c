/* SPDX-License-Identifier: BSD-3-Clause -- the grammar of option values. */
#include "common/option_value.h"

#include <ctype.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t factor;
};

/* Largest first, so that printing finds the shortest text. */
static const struct unit SIZE_UNITS[] = {
    {"TiB", UINT64_C(1) << 40},
    {"TB", UINT64_C(1000000000000)},
    {"GiB", UINT64_C(1) << 30},
    {"GB", UINT64_C(1000000000)},
    {"MiB", UINT64_C(1) << 20},
    {"MB", UINT64_C(1000000)},
    {"KiB", UINT64_C(1) << 10},
    {"KB", UINT64_C(1000)},
    {"B", 1},
    {NULL, 0},
};

static const struct unit DURATION_UNITS[] = {
    {"w", UINT64_C(604800000)},
    {"d", UINT64_C(86400000)},
    {"h", UINT64_C(3600000)},
    {"m", UINT64_C(60000)},
    {"s", UINT64_C(1000)},
    {"ms", 1},
    {NULL, 0},
};

/* Reads digits; *text_p moves behind them. */
static enum err parse_digits(const char **text_p, uint64_t *value_p)
{
    const char *p = *text_p;
    uint64_t value = 0;
    while (isdigit((unsigned char)*p)) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value)) {
            return ERR_INVALID;
        }
        p++;
    }
    if (p == *text_p) {
        return ERR_INVALID;
    }
    *text_p = p;
    *value_p = value;
    return ERR_OK;
}

static enum err parse_number(const char *text, uint64_t *value_p)
{
    enum err err = parse_digits(&text, value_p);
    return err == ERR_OK && *text == '\0' ? ERR_OK : ERR_INVALID;
}

static const struct unit *find_unit(const struct unit *units, const char *name, size_t length)
{
    for (const struct unit *unit = units; unit->name != NULL; unit++) {
        if (strlen(unit->name) == length && memcmp(unit->name, name, length) == 0) {
            return unit;
        }
    }
    return NULL;
}

/* One or more of digits + unit, added up: 64MiB, 1h30m. */
static enum err parse_units(const char *text, const struct unit *units, uint64_t *value_p)
{
    uint64_t sum = 0;
    do {
        uint64_t part = 0;
        enum err err = parse_digits(&text, &part);
        size_t length = strspn(text, "BKMGTbikmgtdhsw");
        const struct unit *unit = find_unit(units, text, length);
        if (err != ERR_OK || unit == NULL || __builtin_mul_overflow(part, unit->factor, &part) ||
            __builtin_add_overflow(sum, part, &sum)) {
            return ERR_INVALID;
        }
        text += length;
    } while (*text != '\0');
    *value_p = sum;
    return ERR_OK;
}

/* A plain number of bytes needs no unit. */
static enum err parse_size(const char *text, uint64_t *value_p)
{
    enum err err = parse_number(text, value_p);
    return err == ERR_OK ? ERR_OK : parse_units(text, SIZE_UNITS, value_p);
}

/* A plain number is refused: nobody can tell its unit. Only 0 is the same in all of them. */
static enum err parse_duration(const char *text, uint64_t *value_p)
{
    if (strcmp(text, "0") == 0) {
        *value_p = 0;
        return ERR_OK;
    }
    return parse_units(text, DURATION_UNITS, value_p);
}

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
    enum err err = option->type == OPTION_NUMBER ? parse_number(text, &value)
                   : option->type == OPTION_SIZE ? parse_size(text, &value)
                                                 : parse_duration(text, &value);
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

/* In the largest unit that divides the value. */
static void print_units(const struct unit *units, uint64_t value, struct buffer *out)
{
    const struct unit *unit = units;
    while (value == 0 ? unit->factor != 1 : value % unit->factor != 0) {
        unit++;
    }
    buffer_format(out, "%llu%s", (unsigned long long)(value / unit->factor), unit->name);
}

static void print_number(const struct option *option, uint64_t value, struct buffer *out)
{
    if (option->type == OPTION_SIZE) {
        print_units(SIZE_UNITS, value, out);
    } else if (option->type == OPTION_DURATION) {
        print_units(DURATION_UNITS, value, out);
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
