/* SPDX-License-Identifier: BSD-3-Clause -- samples from all collectors, merged and printed. */
#include "common/metrics.h"

#include "common/array.h"
#include "common/metrics_process.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    COLLECTORS_MAX = 64
};

struct collector {
    metrics_collect_fn *collect;
    void *context;
};

struct metrics {
    size_t count;
    struct collector collectors[COLLECTORS_MAX];
};

/* Texts are offsets into the page's buffer, which moves while it grows. */
struct sample {
    const struct metric_family *family;
    const char *suffix; /* NULL: the family is only declared */
    size_t labels;
    double value;
    size_t order; /* of arrival: keeps what belongs together in the order it was added */
};

struct metrics_page {
    struct sample *samples;
    size_t count;
    size_t room;
    struct buffer labels;
    bool failed;
};

enum err metrics_new(struct metrics **metrics_p)
{
    *metrics_p = calloc(1, sizeof **metrics_p);
    if (*metrics_p == NULL) {
        return ERR_MEMORY;
    }
    return metrics_register(*metrics_p, metrics_process_collect, NULL);
}

void metrics_destroy(struct metrics **metrics_p)
{
    free(*metrics_p);
    *metrics_p = NULL;
}

enum err metrics_register(struct metrics *metrics, metrics_collect_fn *collect, void *context)
{
    if (metrics->count == COLLECTORS_MAX) {
        return ERR_FULL;
    }
    metrics->collectors[metrics->count++] = (struct collector){collect, context};
    return ERR_OK;
}

/* The next free sample, or NULL when memory is out. */
static struct sample *add_sample(struct metrics_page *page)
{
    struct sample *samples = array_grow(page->samples, page->count, &page->room, sizeof *samples);
    if (samples == NULL) {
        page->failed = true;
        return NULL;
    }
    page->samples = samples;
    struct sample *sample = &page->samples[page->count];
    sample->order = page->count++;
    return sample;
}

/* Appends the labels with their closing zero; returns where they start. */
static size_t add_labels(struct metrics_page *page, const char *labels, va_list arguments)
{
    char text[1024];
    int length = vsnprintf(text, sizeof text, labels, arguments);
    if (length < 0 || (size_t)length >= sizeof text) {
        page->failed = true;
        length = 0;
        text[0] = '\0';
    }
    size_t start = page->labels.size;
    buffer_append(&page->labels, text, (size_t)length + 1);
    return start;
}

static void add_part(
    struct metrics_page *page, const struct sample *part, va_list arguments, const char *labels)
{
    size_t start = add_labels(page, labels, arguments);
    struct sample *sample = add_sample(page);
    if (sample != NULL) {
        size_t order = sample->order;
        *sample = *part;
        sample->labels = start;
        sample->order = order;
    }
}

void metrics_page_declare(struct metrics_page *page, const struct metric_family *family)
{
    struct sample *sample = add_sample(page);
    if (sample != NULL) {
        size_t order = sample->order;
        *sample = (struct sample){.family = family, .order = order};
    }
}

void metrics_page_add(struct metrics_page *page, const struct metric_family *family, double value,
    const char *labels, ...)
{
    va_list arguments;
    va_start(arguments, labels);
    const struct sample part = {.family = family, .suffix = "", .value = value};
    add_part(page, &part, arguments, labels);
    va_end(arguments);
}

void metrics_page_add_counter(
    struct metrics_page *page, const struct metric_family *family, const struct counter *counter)
{
    metrics_page_add(page, family, (double)counter_get(counter), "%s", "");
}

void metrics_page_add_part(struct metrics_page *page, const struct metric_family *family,
    const char *suffix, double value, const char *labels, ...)
{
    va_list arguments;
    va_start(arguments, labels);
    const struct sample part = {.family = family, .suffix = suffix, .value = value};
    add_part(page, &part, arguments, labels);
    va_end(arguments);
}

static int compare_order(const struct sample *a, const struct sample *b)
{
    return a->order < b->order ? -1 : a->order > b->order;
}

/* Declarations first, then equal suffix and labels side by side. */
static int compare_identity(const void *left, const void *right, void *context)
{
    const struct sample *a = left;
    const struct sample *b = right;
    const char *labels = context;
    int order = strcmp(a->family->name, b->family->name);
    if (order != 0) {
        return order;
    }
    if (a->suffix == NULL || b->suffix == NULL) {
        return (a->suffix != NULL) - (b->suffix != NULL);
    }
    order = strcmp(a->suffix, b->suffix);
    if (order == 0) {
        order = strcmp(labels + a->labels, labels + b->labels);
    }
    return order != 0 ? order : compare_order(a, b);
}

static int compare_arrival(const void *left, const void *right)
{
    const struct sample *a = left;
    const struct sample *b = right;
    int order = strcmp(a->family->name, b->family->name);
    return order != 0 ? order : compare_order(a, b);
}

static bool is_same_series(
    const struct metrics_page *page, const struct sample *a, const struct sample *b)
{
    const char *labels = page->labels.bytes;
    if (strcmp(a->family->name, b->family->name) != 0 ||
        (a->suffix == NULL) != (b->suffix == NULL)) {
        return false;
    }
    return a->suffix == NULL || (strcmp(a->suffix, b->suffix) == 0 &&
                                    strcmp(labels + a->labels, labels + b->labels) == 0);
}

/* Shares of one series are added up; of quantiles, which have no sum, the largest stays. */
static void merge_into(struct sample *kept, const struct sample *share)
{
    bool is_quantile =
        kept->family->type == METRIC_SUMMARY && kept->suffix != NULL && kept->suffix[0] == '\0';
    if (is_quantile) {
        kept->value = fmax(kept->value, share->value);
    } else {
        kept->value += share->value;
    }
}

static void merge_samples(struct metrics_page *page)
{
    if (page->count == 0) {
        return;
    }
    qsort_r(
        page->samples, page->count, sizeof *page->samples, compare_identity, page->labels.bytes);
    size_t kept = 0;
    for (size_t i = 1; i < page->count; i++) {
        if (is_same_series(page, &page->samples[kept], &page->samples[i])) {
            merge_into(&page->samples[kept], &page->samples[i]);
        } else {
            page->samples[++kept] = page->samples[i];
        }
    }
    page->count = kept + 1;
    qsort(page->samples, page->count, sizeof *page->samples, compare_arrival);
}

static void print_help(const struct metric_family *family, struct buffer *out)
{
    static const char *const TYPES[] = {"counter", "gauge", "summary"};
    buffer_format(out, "# HELP %s ", family->name);
    for (const char *p = family->help; *p != '\0'; p++) {
        if (*p == '\\' || *p == '\n') {
            buffer_text_append(out, *p == '\n' ? "\\n" : "\\\\");
        } else {
            buffer_append(out, p, 1);
        }
    }
    buffer_format(out, "\n# TYPE %s %s\n", family->name, TYPES[family->type]);
}

/* Counters as whole numbers; anything else in the fewest digits that read back the same. */
static void print_value(double value, struct buffer *out)
{
    static const double EXACT = 9007199254740992.0; /* 2^53 */
    if (isnan(value)) {
        buffer_text_append(out, "NaN");
    } else if (isinf(value)) {
        buffer_text_append(out, value > 0 ? "+Inf" : "-Inf");
    } else if (value == floor(value) && fabs(value) < EXACT) {
        buffer_format(out, "%.0f", value);
    } else {
        char text[40];
        int digits = 15;
        do {
            (void)snprintf(text, sizeof text, "%.*g", digits, value);
        } while (strtod(text, NULL) != value && digits++ < 17);
        buffer_text_append(out, text);
    }
}

static void print_sample(
    const struct metrics_page *page, const struct sample *sample, struct buffer *out)
{
    const char *labels = page->labels.bytes + sample->labels;
    buffer_format(out, "%s%s", sample->family->name, sample->suffix);
    if (labels[0] != '\0') {
        buffer_format(out, "{%s}", labels);
    }
    buffer_append(out, " ", 1);
    print_value(sample->value, out);
    buffer_append(out, "\n", 1);
}

static void print_page(const struct metrics_page *page, struct buffer *out)
{
    const char *name = "";
    for (size_t i = 0; i < page->count; i++) {
        const struct sample *sample = &page->samples[i];
        if (strcmp(name, sample->family->name) != 0) {
            name = sample->family->name;
            print_help(sample->family, out);
        }
        if (sample->suffix != NULL) {
            print_sample(page, sample, out);
        }
    }
}

enum err metrics_print(struct metrics *metrics, struct buffer *out)
{
    struct metrics_page page = {0};
    for (size_t i = 0; i < metrics->count; i++) {
        metrics->collectors[i].collect(metrics->collectors[i].context, &page);
    }
    bool failed = page.failed || buffer_check(&page.labels) != ERR_OK;
    if (!failed) {
        merge_samples(&page);
        print_page(&page, out);
    }
    free(page.samples);
    buffer_clear(&page.labels);
    return failed ? ERR_MEMORY : buffer_check(out);
}
