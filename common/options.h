/*
 * options.h -- one option table a program; flags, environment, file and help all come from it.
 *
 * Go's flag syntax: -x=v, -x v, --x=v; booleans -x and -x=false. Sources, weakest first: the
 * table's defaults, the file of -config, the environment (-nf.port is GOFLOW_NF_PORT), the command
 * line. Strict: an unknown key, trailing characters or a value out of range is refused with one
 * line on stderr that names the source, the key and what is allowed. Main thread, at start only.
 */
#pragma once

#include "common/buffer.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_type {
    OPTION_BOOL,     /* bool */
    OPTION_NUMBER,   /* uint64_t within min..max */
    OPTION_SIZE,     /* uint64_t bytes within min..max: 64MiB, 1GB, 4096 */
    OPTION_DURATION, /* uint64_t milliseconds within min..max: 500ms, 5s, 10m, 18h, 7d, 2w */
    OPTION_TEXT,     /* const char *, owned by the options */
    OPTION_CHOICE,   /* const char *, one of `choices` ("zmq|console") */
    OPTION_LIST      /* struct option_list: may be repeated; commas separate */
};

enum {
    OPTION_LIST_MAX = 32,
    OPTION_PORT_MAX = 65535, /* of a number that is a port */
    OPTION_EXIT_REFUSED = 2  /* status of a program that refuses its settings */
};

struct option_list {
    size_t count;
    const char *values[OPTION_LIST_MAX];
};

/* What the process has to reach because of an option's value: confine.h allows that alone. */
enum option_reach {
    OPTION_REACHES_NOTHING,
    OPTION_READS_FILE, /* at start and on SIGHUP, also one that has replaced it: its folder */
    OPTION_READS_FOLDER,
    OPTION_WRITES_FILE,   /* likewise its folder */
    OPTION_WRITES_FOLDER, /* made when missing */
    OPTION_BINDS,         /* an address, or endpoints of the link */
    OPTION_CONNECTS
};

struct option {
    const char *name; /* without the dash: "nf.port" */
    enum option_type type;
    const char *fallback; /* default, as it would be written; NULL: "" or empty list */
    uint64_t min;
    uint64_t max;            /* 0: no limit */
    const char *choices;     /* for OPTION_CHOICE */
    size_t offset;           /* of the member in the program's settings struct */
    const char *help;        /* one sentence; units and meaning */
    bool is_secret;          /* never printed */
    enum option_reach reach; /* of a text or list */
};

struct option_program {
    const char *name;    /* "goflow-ingest" */
    const char *summary; /* one line for help and man page */
    const struct option *options;
    size_t option_count;
    const char *usage; /* lines for help, where there are words that are not flags; or NULL */
};

struct options; /* owns every text that settings point to */

/* What the command line asks of main. */
enum option_action {
    OPTION_RUN,
    OPTION_CHECK, /* only where request.checks_itself: main checks more, and prints "ok" */
    OPTION_EXIT   /* -h, -v, -print or -check did their work: exit status 0 */
};

struct option_request {
    const struct option_program *program;
    int argc;
    char **argv;
    /* Gets the filled settings; returns ERR_INVALID after having said why on stderr. May be NULL.
     */
    enum err (*validate)(const void *settings);
    bool checks_itself;        /* -check is OPTION_CHECK */
    struct option_list *words; /* takes what is no flag; NULL: that is refused */
};

/*
 * Fills `settings` (the program's struct, at the offsets of the table) from all sources. The flags
 * -h, -v, -config FILE, -check and -print belong to every program. On failure one line is on
 * stderr. *options_p owns the texts: options_destroy() it after the last use.
 */
MUST_CHECK enum err options_read(struct options **options_p, void *settings,
    enum option_action *action_p, const struct option_request *request);

/* The text to refuse a value with: "goflow-ingest: -nf.port: ..." on stderr; for validate. */
void options_refuse(const struct option_program *program, const char *name, const char *reason, ...)
    __attribute__((format(printf, 3, 4)));

void options_help(const struct option_program *program, FILE *out);

/*
 * For a program that starts another one: appends, in the syntax of a file for -config, the settings
 * that some source has set and that `program` has too. Secrets are written out.
 */
void options_write_set(
    const struct options *options, const struct option_program *program, struct buffer *out);

void options_destroy(struct options **options_p);
