/* SPDX-License-Identifier: BSD-3-Clause -- the outlet to standard output. */
#include "ingest/console.h"

#include "common/daemon.h"
#include "common/flow_codec.h"
#include "common/flow_text.h"
#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

METRIC_FAMILY(FLOWS, COUNTER, "goflow_console_flows_total", "Flows written to standard output.");
METRIC_FAMILY(DROPPED, COUNTER, "goflow_console_flows_dropped_total",
    "Flows that could not be written to standard output.");

enum {
    FLUSH_BYTES = 1 << 16,
    ROOM = FLUSH_BYTES + FLOW_TEXT_MAX
};
_Static_assert((int)FLOW_PACKED_MAX <= (int)FLOW_TEXT_MAX, "a packed flow fits like a line");

struct console {
    enum console_format format;
    bool is_broken;
    uint32_t pending_flows;
    size_t size;
    struct counter flows;
    struct counter dropped;
    char bytes[ROOM];
};

enum err console_format_parse(enum console_format *format_p, const char *text)
{
    static const char *const NAMES[] = {"text", "json", "protobuf"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strcmp(NAMES[i], text) == 0) {
            *format_p = (enum console_format)i;
            return ERR_OK;
        }
    }
    return ERR_INVALID;
}

static void flush(struct console *console)
{
    if (console->size == 0) {
        return;
    }
    bool is_written = !console->is_broken &&
                      fwrite(console->bytes, 1, console->size, stdout) == console->size &&
                      fflush(stdout) == 0;
    if (!is_written && !console->is_broken) {
        log_error("console", "cannot write", "error=\"%s\"", strerror(errno));
        console->is_broken = true;
        daemon_stop();
    }
    counter_add(is_written ? &console->flows : &console->dropped, console->pending_flows);
    console->pending_flows = 0;
    console->size = 0;
}

static size_t print(const struct console *console, const struct flow *flow, char *out)
{
    switch (console->format) {
    case CONSOLE_JSON:
        return flow_print_json(flow, out);
    case CONSOLE_PROTOBUF:
        return flow_pack_delimited(flow, (uint8_t *)out);
    default:
        return flow_print_text(flow, out);
    }
}

static void take(void *context, const struct flow *flow)
{
    struct console *console = context;
    console->size += print(console, flow, console->bytes + console->size);
    console->pending_flows++;
    if (console->size >= FLUSH_BYTES) {
        flush(console);
    }
}

static int tick(void *context, uint64_t now_ns)
{
    (void)now_ns;
    flush(context);
    return -1;
}

static void finish(void *context)
{
    flush(context);
}

static void collect(void *context, struct metrics_page *page)
{
    const struct console *console = context;
    metrics_page_add(page, &FLOWS, (double)counter_get(&console->flows), "");
    metrics_page_add(page, &DROPPED, (double)counter_get(&console->dropped), "");
}

enum err console_new(struct outlet *outlet_p, enum console_format format)
{
    struct console *console = calloc(1, sizeof *console);
    if (console == NULL) {
        return ERR_MEMORY;
    }
    console->format = format;
    *outlet_p = (struct outlet){.context = console,
        .take = take,
        .tick = tick,
        .finish = finish,
        .collect = collect,
        .destroy = free};
    return ERR_OK;
}
