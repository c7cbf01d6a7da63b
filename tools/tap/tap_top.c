/* SPDX-License-Identifier: BSD-3-Clause -- a table of talkers, drawn over again each second. */
#include "common/clock.h"
#include "tools/tap/talkers.h"
#include "tools/tap/tap_output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ECMA-48 sequences, and xterm's second screen: what was on the terminal comes back at the end. */
#define SCREEN_OPEN  "\033[?1049h\033[?25l"
#define SCREEN_CLOSE "\033[?25h\033[?1049l"
#define SCREEN_HOME  "\033[H"
#define LINE_END     "\033[K\n"
#define SCREEN_REST  "\033[J"

enum {
    ROWS_DEFAULT = 20,
    ROWS_MAX = 200,
    ROWS_OF_HEADER = 3,
    AMOUNT_SIZE = 16
};

struct tap_top {
    FILE *file;
    bool is_terminal;
    enum flow_field key;
    struct talkers *talkers;
    uint64_t drawn_ns;
    uint64_t drawn_bytes; /* of all talkers, when last drawn */
};

static enum flow_field key_of(const char *name)
{
    if (strcmp(name, "dst") == 0) {
        return FLOW_DST_ADDR;
    }
    return strcmp(name, "exporter") == 0 ? FLOW_SAMPLER_ADDRESS : FLOW_SRC_ADDR;
}

static const struct address *address_of(const struct flow *flow, enum flow_field field)
{
    static const struct address NONE;
    const uint8_t *at = (const uint8_t *)flow + FLOW_FIELDS[field].offset;
    return flow_has(flow, field) ? (const struct address *)at : &NONE;
}

/* Scaled by the sampling rate where it is known. */
static enum err take(void *context, const struct flow *flow)
{
    struct tap_top *top = context;
    uint64_t rate = flow_number(flow, FLOW_SAMPLING_RATE);
    uint64_t scale = rate > 0 ? rate : 1;
    const struct talker sums = {
        .address = *address_of(flow, top->key),
        .bytes = flow_number(flow, FLOW_BYTES) * scale,
        .packets = flow_number(flow, FLOW_PACKETS) * scale,
        .flows = 1,
    };
    talkers_add(top->talkers, &sums);
    return ERR_OK;
}

static enum err flush(void *context)
{
    (void)context;
    return ERR_OK;
}

/* Rows of the table that fit. */
static size_t rows_that_fit(const struct tap_top *top)
{
    struct winsize window;
    if (!top->is_terminal || ioctl(fileno(top->file), TIOCGWINSZ, &window) != 0 ||
        window.ws_row <= ROWS_OF_HEADER) {
        return ROWS_DEFAULT;
    }
    size_t rows = window.ws_row - ROWS_OF_HEADER;
    return rows < ROWS_MAX ? rows : ROWS_MAX;
}

/* 1536000 as "1.5 M". */
static const char *amount(char text[AMOUNT_SIZE], double value)
{
    static const char UNITS[] = " kMGTPE";
    size_t unit = 0;
    while (value >= 1000 && UNITS[unit + 1] != '\0') {
        value /= 1000;
        unit++;
    }
    (void)snprintf(text, AMOUNT_SIZE, unit == 0 ? "%.0f %c" : "%.1f %c", value, UNITS[unit]);
    return text;
}

static void print_row(
    const struct tap_top *top, const char *name, const struct talker *sums, const char *end)
{
    char bytes[AMOUNT_SIZE];
    char packets[AMOUNT_SIZE];
    char flows[AMOUNT_SIZE];
    (void)fprintf(top->file, "%-40s %10s %10s %10s%s", name, amount(bytes, (double)sums->bytes),
        amount(packets, (double)sums->packets), amount(flows, (double)sums->flows), end);
}

static void print_header(struct tap_top *top, const struct talker *total, const char *end)
{
    uint64_t now_ns = clock_monotonic_ns();
    double seconds = (double)(now_ns - top->drawn_ns) / (double)NS_PER_S;
    double rate = (double)(total->bytes - top->drawn_bytes) * 8 / seconds;
    char text[AMOUNT_SIZE];
    (void)fprintf(top->file, "%zu talkers, %" PRIu64 " flows, now %sbit/s%s",
        talkers_count(top->talkers), total->flows, amount(text, rate), end);
    (void)fprintf(top->file, "%-40s %10s %10s %10s%s", FLOW_FIELDS[top->key].name, "bytes",
        "packets", "flows", end);
    top->drawn_ns = now_ns;
    top->drawn_bytes = total->bytes;
}

static enum err refresh(void *context)
{
    struct tap_top *top = context;
    const char *end = top->is_terminal ? LINE_END : "\n";
    struct talker rows[ROWS_MAX];
    struct talker total = talkers_total(top->talkers);
    size_t count = talkers_top(top->talkers, rows, rows_that_fit(top));
    (void)fputs(top->is_terminal ? SCREEN_HOME : "", top->file);
    print_header(top, &total, end);
    for (size_t i = 0; i < count; i++) {
        char name[ADDRESS_TEXT_SIZE];
        (void)address_format(&rows[i].address, name);
        print_row(top, address_is_unspecified(&rows[i].address) ? "other" : name, &rows[i], end);
    }
    (void)fputs(top->is_terminal ? SCREEN_REST : "\n", top->file);
    return fflush(top->file) == 0 ? ERR_OK : ERR_END;
}

static void destroy(void *context)
{
    struct tap_top *top = context;
    if (top->is_terminal) {
        (void)fputs(SCREEN_CLOSE, top->file);
        (void)fflush(top->file);
    }
    talkers_destroy(&top->talkers);
    free(top);
}

enum err tap_top_new(struct tap_output *output_p, const char *key, FILE *file)
{
    struct tap_top *top = calloc(1, sizeof *top);
    if (top == NULL) {
        return ERR_MEMORY;
    }
    if (talkers_new(&top->talkers) != ERR_OK) {
        free(top);
        return ERR_MEMORY;
    }
    top->file = file;
    top->key = key_of(key);
    top->is_terminal = isatty(fileno(file));
    top->drawn_ns = clock_monotonic_ns();
    if (top->is_terminal) {
        (void)fputs(SCREEN_OPEN, file);
    }
    *output_p = (struct tap_output){
        .context = top, .take = take, .flush = flush, .refresh = refresh, .destroy = destroy};
    return ERR_OK;
}
