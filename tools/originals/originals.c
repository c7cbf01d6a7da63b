/* SPDX-License-Identifier: BSD-3-Clause -- goflow-ingest under the original's own flags. */
#include "tools/originals/originals.h"

#include "common/option_checks.h"
#include "ingest/ingest_program.h"

#include <stdlib.h>
#include <string.h>

enum {
    EXIT_SETTINGS = 2,
    PORT_MAX = 65535
};

struct original_settings {
    struct ingest_settings ingest;
    bool wants_kafka;
    const struct option_program *program; /* to refuse in its name */
};

#define MEMBER(member)        .offset = offsetof(struct original_settings, member)
#define INGEST_MEMBER(member) MEMBER(ingest.member)

static const struct option OPTIONS[] = {
    {"port", OPTION_NUMBER, NULL, .max = PORT_MAX, INGEST_MEMBER(nf.port),
        .help = "UDP port; 0: the system chooses."},
    {"addr", OPTION_TEXT, NULL, INGEST_MEMBER(nf.host),
        .help = "IP address to listen on; empty: all, IPv6 and IPv4."},
    {"reuse", OPTION_BOOL, "false", INGEST_MEMBER(nf.is_shared),
        .help = "Shares the port with other processes."},
    {"workers", OPTION_NUMBER, "1", .min = 1, .max = 64, INGEST_MEMBER(workers),
        .help = "Threads that receive and decode; an exporter always belongs to one of them."},
    {"udp.rcvbuf", OPTION_SIZE, "32MiB", .min = 4096, .max = UINT64_C(1) << 30,
        INGEST_MEMBER(receive_buffer_bytes), .help = "Kernel buffer of each socket."},
    {"format", OPTION_CHOICE, "text", .choices = "text|json|protobuf", INGEST_MEMBER(format),
        .help = "One line a flow, or length-delimited FlowMessages."},
    {"proto.fixedlen", OPTION_BOOL, "false", INGEST_MEMBER(is_length_prefixed),
        .help = "Accepted for old command lines; protobuf is always length-delimited."},
    {"kafka", OPTION_BOOL, "false", MEMBER(wants_kafka),
        .help = "Accepted as -kafka=false for old command lines; there is no Kafka."},
    {"loglevel", OPTION_CHOICE, "info", .choices = "error|warning|info|debug",
        INGEST_MEMBER(log_level), .help = "What is logged, on standard error."},
    {"logfmt", OPTION_CHOICE, "normal", .choices = "normal|json", INGEST_MEMBER(log_format),
        .help = "Format of the log."},
    {"metrics.addr", OPTION_TEXT, "127.0.0.1:8080", INGEST_MEMBER(metrics_address),
        .help = "Address of the HTTP server; empty: none."},
    {"metrics.path", OPTION_TEXT, "/metrics", INGEST_MEMBER(metrics_path),
        .help = "Path of the metrics."},
    {"templates.path", OPTION_TEXT, "/templates", INGEST_MEMBER(templates_path),
        .help = "Path of the templates in force, as JSON."},
};

enum {
    OPTION_PORT = 0, /* its default is the program's */
    OPTION_COUNT = sizeof OPTIONS / sizeof OPTIONS[0]
};

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
    enum err err = option_check_host(program, "addr", settings->ingest.nf.host);
    if (err == ERR_OK) {
        err = option_check_path(program, "metrics.path", settings->ingest.metrics_path);
    }
    if (err == ERR_OK) {
        err = option_check_path(program, "templates.path", settings->ingest.templates_path);
    }
    return err;
}

int original_main(const struct original *original, int argc, char **argv)
{
    struct option list[OPTION_COUNT];
    memcpy(list, OPTIONS, sizeof list);
    list[OPTION_PORT].fallback = original->port;
    const struct option_program program = {.name = original->name,
        .summary = original->summary,
        .options = list,
        .option_count = OPTION_COUNT};
    struct original_settings settings = {.program = &program};
    struct option_request request = {
        .program = &program, .argc = argc, .argv = argv, .validate = validate};
    struct options *defaults = NULL;
    struct options *options = NULL;
    enum option_action action;
    if (read_defaults(&defaults, &settings.ingest, argv) != ERR_OK ||
        options_read(&options, &settings, &action, &request) != ERR_OK) {
        options_destroy(&defaults);
        return EXIT_SETTINGS;
    }
    enum err err = ERR_OK;
    if (action == OPTION_RUN) {
        complete(&settings.ingest);
        ingest_settings_apply_log(&settings.ingest);
        err = ingest_program_run(&settings.ingest);
    }
    options_destroy(&options);
    options_destroy(&defaults);
    return err == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
