/*
 * metrics.h -- counters of every thread, printed in Prometheus' text format.
 *
 * A thread counts in slots of its own (struct counter: one writer, any reader, no lock). Modules
 * register a collector that reads slots and adds samples to a page; collectors run on the HTTP
 * thread at each scrape. Samples of one family with the same labels are added up, so each worker
 * may report its own share; of quantiles the largest is kept, so merge sketches first.
 */
#pragma once

#include "common/buffer.h"
#include "common/counter.h"
#include "common/err.h"

enum metric_type {
    METRIC_COUNTER,
    METRIC_GAUGE,
    METRIC_SUMMARY
};

/* Declared once, static, beside what it counts. */
struct metric_family {
    const char *name;
    enum metric_type type;
    const char *help; /* with the unit, where the name does not say it */
};

/* METRIC_FAMILY(DATAGRAMS, COUNTER, "goflow_receive_datagrams_total", "Datagrams received."); */
#define METRIC_FAMILY(variable, kind, family_name, text)                                           \
    static const struct metric_family variable = {family_name, METRIC_##kind, text}

struct metrics;
struct metrics_page;

MUST_CHECK enum err metrics_new(struct metrics **metrics_p);
void metrics_destroy(struct metrics **metrics_p);

/* Before the HTTP server starts; `context` is borrowed until metrics_destroy(). */
typedef void metrics_collect_fn(void *context, struct metrics_page *page);
MUST_CHECK enum err metrics_register(
    struct metrics *metrics, metrics_collect_fn *collect, void *context);

/* Families that are reported even without a sample, so that dashboards find them. */
void metrics_page_declare(struct metrics_page *page, const struct metric_family *family);

/*
 * Adds a sample. `labels` is printf text of label pairs without braces, e.g. "router=\"%s\"", or
 * "" for none; no value may hold a quote, a backslash or a line break.
 */
void metrics_page_add(struct metrics_page *page, const struct metric_family *family, double value,
    const char *labels, ...) __attribute__((format(printf, 4, 5)));

/* A sample without labels: the counter as it stands. */
void metrics_page_add_counter(
    struct metrics_page *page, const struct metric_family *family, const struct counter *counter);

/* For summaries: `suffix` is "", "_sum" or "_count". */
void metrics_page_add_part(struct metrics_page *page, const struct metric_family *family,
    const char *suffix, double value, const char *labels, ...)
    __attribute__((format(printf, 5, 6)));

/* Runs every collector and prints the page; families in name order. */
MUST_CHECK enum err metrics_print(struct metrics *metrics, struct buffer *out);
