/* SPDX-License-Identifier: BSD-3-Clause -- the prefixes of the exporters that may send. */
#include "ingest/receive/allow_list.h"

#include "common/array.h"

#include <stdlib.h>

struct allow_list {
    size_t count;
    size_t room;
    struct prefix *prefixes; /* by address; none contains another */
};

static enum err append(struct allow_list *list, const struct prefix *prefix)
{
    struct prefix *prefixes =
        array_grow(list->prefixes, list->count, &list->room, sizeof *prefixes);
    if (prefixes == NULL) {
        return ERR_MEMORY;
    }
    list->prefixes = prefixes;
    list->prefixes[list->count++] = *prefix;
    return ERR_OK;
}

/* NULL, or what is wrong. */
static const char *read_line(
    struct prefix *prefix, const struct allow_list *list, const struct text_line *line)
{
    if (line->count != 1) {
        return "more than one prefix in a line";
    }
    if (list->count == ALLOW_LIST_MAX) {
        return "more than 65536 prefixes";
    }
    const char *reason;
    return prefix_parse(prefix, line->words[0], &reason) == ERR_OK ? NULL : reason;
}

static enum err read_lines(struct allow_list *list, const char *text, struct text_fault *fault)
{
    struct text_line line = {.number = 0};
    struct prefix prefix;
    enum err err;
    while ((err = text_line_next(&line, &text)) == ERR_OK) {
        *fault = (struct text_fault){line.number, read_line(&prefix, list, &line)};
        err = fault->reason != NULL ? ERR_INVALID : append(list, &prefix);
        if (err != ERR_OK) {
            return err;
        }
    }
    if (err == ERR_FULL) {
        *fault = (struct text_fault){line.number, "the line is too long"};
        return ERR_INVALID;
    }
    if (list->count == 0) {
        *fault = (struct text_fault){line.number, "no prefix: the list would allow nobody"};
        return ERR_INVALID;
    }
    return ERR_OK;
}

/* Clears the bits behind the length, so that prefixes are in order by their first address. */
static void cut(struct prefix *prefix)
{
    for (uint32_t bit = prefix->bits; bit < 128; bit++) {
        prefix->address.bytes[bit / 8] &= (uint8_t) ~(0x80U >> bit % 8);
    }
}

/* By the first address, the shorter prefix first. */
static int compare(const void *a, const void *b)
{
    const struct prefix *left = a;
    const struct prefix *right = b;
    int order = memcmp(&left->address, &right->address, sizeof left->address);
    return order != 0 ? order : (int)left->bits - (int)right->bits;
}

/* Sorts the prefixes and removes those that another contains. */
static void put_in_order(struct allow_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        cut(&list->prefixes[i]);
    }
    qsort(list->prefixes, list->count, sizeof *list->prefixes, compare);
    size_t kept = 1;
    for (size_t i = 1; i < list->count; i++) {
        if (!prefix_has(&list->prefixes[kept - 1], &list->prefixes[i].address)) {
            list->prefixes[kept++] = list->prefixes[i];
        }
    }
    list->count = kept;
}

enum err allow_list_parse(struct allow_list **list_p, const char *text, struct text_fault *fault_p)
{
    *fault_p = (struct text_fault){.line = 0};
    *list_p = calloc(1, sizeof **list_p);
    if (*list_p == NULL) {
        return ERR_MEMORY;
    }
    enum err err = read_lines(*list_p, text, fault_p);
    if (err != ERR_OK) {
        allow_list_destroy(list_p);
        return err;
    }
    put_in_order(*list_p);
    return ERR_OK;
}

void allow_list_destroy(struct allow_list **list_p)
{
    if (*list_p == NULL) {
        return;
    }
    free((*list_p)->prefixes);
    free(*list_p);
    *list_p = NULL;
}

bool allow_list_has(const struct allow_list *list, const struct address *exporter)
{
    if (list == NULL) {
        return true;
    }
    size_t low = 0; /* the prefixes before this begin at or before the exporter */
    size_t high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct prefix *prefix = &list->prefixes[middle];
        if (memcmp(&prefix->address, exporter, sizeof *exporter) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && prefix_has(&list->prefixes[low - 1], exporter);
}
