/* SPDX-License-Identifier: BSD-3-Clause -- dropped flows, once a minute. */
#include "common/drop_report.h"

#include "common/clock.h"
#include "common/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#define PERIOD_NS (60 * NS_PER_S)

static const struct {
    const char *label;
    const char *unit;
    const char *words;
} REASONS[DROP_REASON_COUNT] = {
#define DROP_REASON_TEXT(code, label, unit, words) [code] = {label, unit, words},
    DROP_REASONS(DROP_REASON_TEXT)
#undef DROP_REASON_TEXT
};

struct drop_report {
    struct drop_report_options options;
    pthread_mutex_t mutex;
    bool is_dropping;          /* a line reported drops, and none has reported their end */
    uint64_t due_ns;           /* no line before */
    struct drop_counts before; /* as of the line before the last */
    struct drop_counts logged; /* as of the last line */
    struct drop_counts now;
};

enum err drop_report_new(struct drop_report **report_p, const struct drop_report_options *options)
{
    struct drop_report *report = calloc(1, sizeof *report);
    *report_p = report;
    if (report == NULL) {
        return ERR_MEMORY;
    }
    report->options = *options;
    (void)pthread_mutex_init(&report->mutex, NULL); /* of the default kind: cannot fail */
    return ERR_OK;
}

void drop_report_destroy(struct drop_report **report_p)
{
    if (*report_p != NULL) {
        (void)pthread_mutex_destroy(&(*report_p)->mutex);
        free(*report_p);
        *report_p = NULL;
    }
}

/* The kernel's counter has 32 bits and wraps. */
static uint64_t growth(
    const struct drop_counts *now, const struct drop_counts *before, enum drop_reason reason)
{
    uint64_t value = now->values[reason];
    return value >= before->values[reason] ? value - before->values[reason] : value;
}

static bool has_grown(const struct drop_report *report)
{
    for (int i = 0; i < DROP_REASON_COUNT; i++) {
        if (growth(&report->now, &report->logged, (enum drop_reason)i) > 0) {
            return true;
        }
    }
    return false;
}

/* " flows=120 reason=window cause="..."", once for each reason. */
static void log_drops(const struct drop_report *report)
{
    struct buffer pairs = {0};
    for (int i = 0; i < DROP_REASON_COUNT; i++) {
        uint64_t count = growth(&report->now, &report->logged, (enum drop_reason)i);
        if (count > 0) {
            buffer_format(&pairs, "%s%s=%" PRIu64 " reason=%s cause=\"%s\"",
                pairs.size > 0 ? " " : "", REASONS[i].unit, count, REASONS[i].label,
                REASONS[i].words);
        }
    }
    log_warning(report->options.component, "dropped", "%s", buffer_text(&pairs));
    buffer_clear(&pairs);
}

/* The first line comes at once, the next ones a minute apart. */
static void log_if_due(struct drop_report *report, uint64_t now_ns)
{
    if (now_ns < report->due_ns) {
        return;
    }
    if (has_grown(report)) {
        log_drops(report);
        report->is_dropping = true;
        report->before = report->logged;
        report->logged = report->now;
        report->due_ns = now_ns + PERIOD_NS;
    } else if (report->is_dropping) {
        log_notice(report->options.component, "nothing was dropped in the last minute", "%s", "");
        report->is_dropping = false;
        report->before = report->logged;
    }
}

void drop_report_tick(struct drop_report *report, uint64_t now_ns)
{
    struct drop_counts counts = {0};
    report->options.count(report->options.context, &counts);
    (void)pthread_mutex_lock(&report->mutex);
    report->now = counts;
    log_if_due(report, now_ns);
    (void)pthread_mutex_unlock(&report->mutex);
}

void drop_report_print(struct drop_report *report, struct buffer *out)
{
    (void)pthread_mutex_lock(&report->mutex);
    for (int i = 0; i < DROP_REASON_COUNT; i++) {
        uint64_t count = growth(&report->now, &report->before, (enum drop_reason)i);
        if (count > 0) {
            buffer_format(out, "dropped %" PRIu64 " %s, reason %s: %s\n", count, REASONS[i].unit,
                REASONS[i].label, REASONS[i].words);
        }
    }
    (void)pthread_mutex_unlock(&report->mutex);
}
