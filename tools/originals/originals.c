/* SPDX-License-Identifier: BSD-3-Clause -- goflow-ingest under the original's own flags. */
#include "tools/originals/originals.h"

#include "common/option_checks.h"
#include "ingest/ingest_check.h"
#include "ingest/ingest_program.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct original_settings {
    struct ingest_settings ingest;
    bool wants_kafka;
    const struct option_program *program; /* to refuse in its name */
};

#define MEMBER(member)        .offset = offsetof(struct original_settings, member)
#define INGEST_MEMBER(member) MEMBER(ingest.member)

static const struct option OWN[] = {
    {"port", OPTION_NUMBER, NULL, .max = OPTION_PORT_MAX, INGEST_MEMBER(nf.port),
        .help = "UDP port; 0: the system chooses."},
    {"addr", OPTION_TEXT, NULL, INGEST_MEMBER(nf.host),
        .help = "IP address to listen on; empty: all, IPv6 and IPv4."},
    {"reuse", OPTION_BOOL, "false", INGEST_MEMBER(nf.is_shared),
        .help = "Shares the port with other processes."},
    {"kafka", OPTION_BOOL, "false", MEMBER(wants_kafka),
        .help = "Accepted as -kafka=false for old command lines; there is no Kafka."},
    {"loglevel", OPTION_CHOICE, "info", .choices = "error|warning|info|debug",
        INGEST_MEMBER(log_level), .help = "What is logged, on standard error."},
    {"logfmt", OPTION_CHOICE, "normal", .choices = "normal|json", INGEST_MEMBER(log_format),
        .help = "Format of the log."},
};

/* Flags that are goflow-ingest's. */
static const char *const SHARED[] = {"workers", "udp.rcvbuf", "format", "proto.fixedlen",
    "metrics.addr", "metrics.path", "templates.path"};

enum {
    OWN_PORT = 0, /* its default is the program's */
    OWN_COUNT = sizeof OWN / sizeof OWN[0],
    SHARED_COUNT = sizeof SHARED / sizeof SHARED[0],
    OPTION_COUNT = OWN_COUNT + SHARED_COUNT
};

static struct option shared_option(const char *name)
{
    size_t i = 0;
    while (strcmp(INGEST_PROGRAM.options[i].name, name) != 0) {
        i++;
        assert(i < INGEST_PROGRAM.option_count);
    }
    struct option shared = INGEST_PROGRAM.options[i];
    shared.offset += offsetof(struct original_settings, ingest);
    return shared;
}

static void list_options(struct option list[OPTION_COUNT], const struct original *original)
{
    memcpy(list, OWN, sizeof OWN);
    list[OWN_PORT].fallback = original->port;
    for (size_t i = 0; i < SHARED_COUNT; i++) {
        list[OWN_COUNT + i] = shared_option(SHARED[i]);
    }
}

/* For all that the tools have no flag for: goflow-ingest's own, from its table and environment. */
static enum err read_defaults(
    struct options **options_p, struct ingest_settings *settings, char **argv)
{
    enum option_action action;
    struct option_request request = {.program = &INGEST_PROGRAM, .argc = 1, .argv = argv};
    return options_read(options_p, settings, &action, &request);
}

/* One port, and standard output. */
static void complete(struct ingest_settings *settings)
{
    settings->has_short_flags = true;
    settings->nf.is_on = true;
    settings->nfl.is_on = false;
    settings->sflow.is_on = false;
    settings->transport = "console";
    settings->read_path = "";
}

static enum err validate(const void *context)
{
    const struct original_settings *settings = context;
    const struct option_program *program = settings->program;
    if (settings->wants_kafka) {
        options_refuse(program, "kafka", "there is no Kafka: flows go to standard output");
        return ERR_INVALID;
    }
    const struct ingest_settings *ingest = &settings->ingest;
    bool is_valid = option_check_host(program, "addr", ingest->nf.host) == ERR_OK &&
                    option_check_path(program, "metrics.path", ingest->metrics_path) == ERR_OK &&
                    option_check_path(program, "templates.path", ingest->templates_path) == ERR_OK;
    return is_valid ? ERR_OK : ERR_INVALID;
}

int original_main(const struct original *original, int argc, char **argv)
{
    struct option list[OPTION_COUNT];
    list_options(list, original);
    const struct option_program program = {.name = original->name,
        .summary = original->summary,
        .options = list,
        .option_count = OPTION_COUNT};
    struct original_settings settings = {.program = &program};
    struct option_request request = {.program = &program,
        .argc = argc,
        .argv = argv,
        .validate = validate,
        .checks_itself = true};
    struct options *defaults = NULL;
    struct options *options = NULL;
    enum option_action action;
    if (read_defaults(&defaults, &settings.ingest, argv) != ERR_OK ||
        options_read(&options, &settings, &action, &request) != ERR_OK) {
        options_destroy(&defaults);
        return OPTION_EXIT_REFUSED;
    }
    enum err err = ERR_OK;
    if (action != OPTION_EXIT) {
        complete(&settings.ingest);
        ingest_settings_apply_log(&settings.ingest);
        err = action == OPTION_RUN ? ingest_program_run(&settings.ingest)
                                   : ingest_check(&settings.ingest);
    }
    if (action == OPTION_CHECK && err == ERR_OK) {
        (void)puts("ok");
    }
    options_destroy(&options);
    options_destroy(&defaults);
    return err == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
