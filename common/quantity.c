/* SPDX-License-Identifier: BSD-3-Clause -- sizes and durations from text and to text. */
#include "common/quantity.h"

#include "common/decimal.h"

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
        enum err err = decimal_take(&text, UINT64_MAX, &part);
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

enum err quantity_parse_size(const char *text, uint64_t *bytes_p)
{
    enum err err = decimal_parse(text, UINT64_MAX, bytes_p);
    return err == ERR_OK ? ERR_OK : parse_units(text, SIZE_UNITS, bytes_p);
}

enum err quantity_parse_duration(const char *text, uint64_t *ms_p)
{
    if (strcmp(text, "0") == 0) {
        *ms_p = 0;
        return ERR_OK;
    }
    return parse_units(text, DURATION_UNITS, ms_p);
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

void quantity_print_size(uint64_t bytes, struct buffer *out)
{
    print_units(SIZE_UNITS, bytes, out);
}

void quantity_print_duration(uint64_t ms, struct buffer *out)
{
    print_units(DURATION_UNITS, ms, out);
}
