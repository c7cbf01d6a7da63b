/* SPDX-License-Identifier: BSD-3-Clause -- the stages of goflow-ingest. */
#include "ingest/ingest_program.h"

#include "common/clock.h"
#include "common/confine.h"
#include "common/daemon.h"
#include "common/drop_report.h"
#include "common/http.h"
#include "common/link_guard.h"
#include "common/mapping_file.h"
#include "common/metrics.h"
#include "common/privileges.h"
#include "common/start_line.h"
#include "ingest/allow_file.h"
#include "ingest/batch_outlet.h"
#include "ingest/console.h"
#include "ingest/ingest_http.h"
#include "ingest/ingest_plan.h"
#include "ingest/publish/identity_folder.h"
#include "ingest/publish/publish.h"
#include "ingest/read_capture.h"
#include "ingest/receive/receiver.h"
#include "ingest/sampling_file.h"
#include "ingest/template_file.h"

#include <czmq.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>

/* What is learnt between two saves is lost when the process is killed. */
enum {
    SAVE_PERIOD_S = 60,
    TICK_MS = 1000
};

struct ingest_program {
    const struct ingest_settings *settings;
    struct metrics *metrics;
    struct link_guard *guard;    /* NULL likewise */
    struct publisher *publisher; /* NULL unless -transport=zmq */
    struct receiver *receiver;   /* NULL with -read */
    struct template_file *templates;
    struct sampling_map *sampling; /* NULL without -sampling.map */
    struct mapping *mapping;       /* NULL without -mapping */
    struct allow_list *allowed;    /* NULL without -exporters.allow */
    struct drop_report *drops;
    struct ingest_http *http;
    struct confine_state confined;
};

static enum err open_publisher(struct ingest_program *program)
{
    const struct ingest_settings *settings = program->settings;
    if (strcmp(settings->transport, "zmq") != 0) {
        return ERR_OK;
    }
    enum err err = link_guard_new(&program->guard, &settings->protection);
    if (err == ERR_OK) {
        err = metrics_register(program->metrics, link_guard_collect, program->guard);
    }
    if (err != ERR_OK) {
        return err;
    }
    struct ingest_plan plan;
    ingest_plan_init(&plan, settings, link_guard_keyring(program->guard));
    err = publisher_new(&program->publisher, &plan.publisher);
    if (err != ERR_OK) {
        return err;
    }
    return metrics_register(program->metrics, publisher_collect, program->publisher);
}

static enum err make_outlet(void *context, struct outlet *outlet_p)
{
    const struct ingest_program *program = context;
    const struct ingest_settings *settings = program->settings;
    if (strcmp(settings->transport, "console") == 0) {
        enum console_format format;
        enum err err = console_format_parse(&format, settings->format);
        return err == ERR_OK ? console_new(outlet_p, format) : err;
    }
    struct batch_outlet_options options = {
        .max_bytes = (uint32_t)settings->batch_bytes,
        .max_flows = (uint32_t)settings->batch_flows,
        .max_age_ms = (uint32_t)settings->batch_age_ms,
        .takes_records = settings->sends_records,
        .publisher = program->publisher,
        .patient_bytes = settings->read_path[0] != '\0' ? settings->window_bytes / 2 : 0,
    };
    return batch_outlet_new(outlet_p, &options);
}

/* Workers share nothing, so each gets its part of the memory. */
static struct decoder_options decoder_options_of(
    const struct ingest_program *program, uint64_t workers)
{
    const struct decode_settings *decode = &program->settings->decode;
    return (struct decoder_options){
        .max_exporters = (uint32_t)decode->max_exporters,
        .max_templates_per_exporter = (uint32_t)decode->max_templates,
        .template_lifetime_s = (uint32_t)((decode->template_lifetime_ms + 999) / 1000),
        .max_template_bytes = decode->template_bytes / workers,
        .max_held_bytes = decode->held_bytes / workers,
        .max_held_age_s = (uint32_t)(decode->held_age_ms / 1000),
        .snapshot = template_file_snapshot(program->templates),
        .sampling = program->sampling,
        .prefers_inner = strcmp(decode->preferred_header, "inner") == 0,
        .uses_original_exporter = decode->uses_original_exporter,
        .takes_extra = decode->takes_extra,
        .mapping = program->mapping,
    };
}

/* Before the process gives up the rights that it may take to bind them. */
static enum err open_ports(struct ingest_program *program)
{
    const struct ingest_settings *settings = program->settings;
    struct ingest_plan plan;
    ingest_plan_init(&plan, settings, NULL);
    return receiver_new(&program->receiver, &plan.receiver);
}

static enum err start_receiver(struct ingest_program *program)
{
    const struct ingest_settings *settings = program->settings;
    struct receiver_options options = {
        .has_remote_ports = settings->has_remote_ports,
        .decoder = decoder_options_of(program, settings->workers),
        .allowed = program->allowed,
        .make_outlet = make_outlet,
        .context = program,
    };
    enum err err = receiver_start(program->receiver, &options);
    if (err != ERR_OK) {
        return err;
    }
    return metrics_register(program->metrics, receiver_collect, program->receiver);
}

static enum err confine_program(struct ingest_program *program)
{
    const struct ingest_settings *settings = program->settings;
    enum err err = privileges_become(settings->confinement.user, false);
    if (err != ERR_OK) {
        return err;
    }
    struct ingest_plan plan;
    ingest_plan_init(&plan, settings, NULL);
    struct confine_request request = {
        .flags = &settings->confinement, .program = &INGEST_PROGRAM, .settings = settings};
    /* Where no flag names a folder for the id, it is the user's own; else the table has it. */
    if (plan.publisher.state_dir == plan.state_folder && strcmp(settings->transport, "zmq") == 0) {
        request.folders = (struct option_list){.count = 1, .values = {plan.state_folder}};
        err = identity_folder_make(plan.state_folder);
        (void)err; /* the publisher says why it cannot be made */
    }
    return confine(&request, &program->confined);
}

/* The files that SIGHUP reads again. */
static enum err open_files(struct ingest_program *program)
{
    const struct decode_settings *decode = &program->settings->decode;
    enum err err = ERR_OK;
    if (decode->sampling_map[0] != '\0') {
        err = sampling_file_read(&program->sampling, decode->sampling_map);
    }
    if (err == ERR_OK && decode->mapping[0] != '\0') {
        err = mapping_file_read(&program->mapping, decode->mapping);
    }
    if (err == ERR_OK && decode->allow_list[0] != '\0') {
        err = allow_file_read(&program->allowed, decode->allow_list);
    }
    return err;
}

/* The map in force stays where the new one is wrong. */
static void reload_sampling_map(struct ingest_program *program)
{
    struct sampling_map *map;
    const char *path = program->settings->decode.sampling_map;
    if (path[0] != '\0' && sampling_file_read(&map, path) == ERR_OK) {
        receiver_use_sampling_map(program->receiver, map);
        sampling_map_destroy(&program->sampling);
        program->sampling = map;
    }
}

static void reload_mapping(struct ingest_program *program)
{
    struct mapping *mapping;
    const char *path = program->settings->decode.mapping;
    if (path[0] != '\0' && mapping_file_read(&mapping, path) == ERR_OK) {
        receiver_use_mapping(program->receiver, mapping);
        mapping_destroy(&program->mapping);
        program->mapping = mapping;
    }
}

static void reload_allow_list(struct ingest_program *program)
{
    struct allow_list *list;
    const char *path = program->settings->decode.allow_list;
    if (path[0] != '\0' && allow_file_read(&list, path) == ERR_OK) {
        receiver_use_allow_list(program->receiver, list);
        allow_list_destroy(&program->allowed);
        program->allowed = list;
    }
}

static void reload_files(struct ingest_program *program)
{
    const struct decode_settings *decode = &program->settings->decode;
    bool has_keys = program->settings->protection.keys_folder[0] != '\0';
    if (decode->sampling_map[0] == '\0' && decode->mapping[0] == '\0' &&
        decode->allow_list[0] == '\0' && !has_keys &&
        program->settings->metrics_protection.users[0] == '\0') {
        log_warning("ingest", "nothing to read again",
            "set=\"none of -sampling.map, -mapping, -exporters.allow, -zmq.keys and "
            "-metrics.users\"");
    }
    if (program->guard != NULL) {
        link_guard_reload(program->guard);
    }
    ingest_http_reload(program->http);
    reload_sampling_map(program);
    reload_mapping(program);
    reload_allow_list(program);
}

static void count_drops(void *context, struct drop_counts *counts)
{
    const struct ingest_program *program = context;
    if (program->publisher != NULL) {
        publisher_count_drops(program->publisher, counts);
    }
    receiver_count_drops(program->receiver, counts);
}

static void print_obstacles(void *context, struct buffer *out)
{
    const struct ingest_program *program = context;
    if (program->publisher != NULL) {
        publisher_print_obstacles(program->publisher, out);
    }
}

static enum err open_reports(struct ingest_program *program)
{
    const struct ingest_settings *settings = program->settings;
    const struct drop_report_options drops = {
        .component = "ingest", .count = count_drops, .context = program};
    enum err err = drop_report_new(&program->drops, &drops);
    if (err != ERR_OK || settings->metrics_address[0] == '\0') {
        return err;
    }
    const struct http_pages pages = {.metrics_path = settings->metrics_path,
        .metrics = program->metrics,
        .drops = program->drops,
        .print_obstacles = print_obstacles,
        .context = program};
    return ingest_http_open(&program->http, settings, &pages, program->receiver);
}

static enum err open_live(struct ingest_program *program)
{
    enum err err = daemon_catch_reload();
    if (err == ERR_OK) {
        err = start_receiver(program);
    }
    return err == ERR_OK ? open_reports(program) : err;
}

static enum err open_stages(struct ingest_program *program)
{
    const struct ingest_settings *settings = program->settings;
    bool is_live = settings->read_path[0] == '\0';
    enum err err = is_live ? open_ports(program) : ERR_OK;
    if (err == ERR_OK) {
        err = confine_program(program);
    }
    if (err == ERR_OK) {
        err = metrics_new(&program->metrics);
    }
    if (err == ERR_OK) {
        err = open_publisher(program);
    }
    if (err == ERR_OK) {
        err = template_file_open(&program->templates, settings->decode.template_file);
    }
    if (err == ERR_OK) {
        err = open_files(program);
    }
    return err == ERR_OK && is_live ? open_live(program) : err;
}

static void add_ports(struct start_line *line, const struct receiver *receiver)
{
    size_t count;
    const struct udp_bound *ports = receiver_ports(receiver, &count);
    for (size_t i = 0; i < count; i++) {
        bool is_ipv6 = strchr(ports[i].host, ':') != NULL;
        start_line_add(line, "udp", "%s%s%s:%u", is_ipv6 ? "[" : "", ports[i].host,
            is_ipv6 ? "]" : "", ports[i].port);
    }
}

static void log_start(const struct ingest_program *program)
{
    const struct ingest_settings *settings = program->settings;
    struct start_line line = {0};
    if (program->publisher != NULL) {
        start_line_add(&line, "id", "%" PRIu64, publisher_ingest_id(program->publisher));
    }
    add_ports(&line, program->receiver);
    if (program->publisher != NULL) {
        start_line_list(&line, "stores_connect_to", &settings->link.bind);
        start_line_list(&line, "connects_to", &settings->link.connect);
        start_line_add(&line, "tap", "%s", settings->tap_endpoint);
        start_line_add(
            &line, "spool", "%s", settings->spool_dir[0] != '\0' ? settings->spool_dir : "none");
    } else {
        start_line_add(&line, "transport", "%s", settings->transport);
    }
    start_line_add(&line, "http", "%s", settings->metrics_address);
    confine_add_start(&program->confined, &line);
    start_line_log(&line, "ingest");
}

static enum err run_file(struct ingest_program *program)
{
    struct outlet outlet;
    enum err err = make_outlet(program, &outlet);
    if (err == ERR_OK) {
        struct decoder_options options = decoder_options_of(program, 1);
        err = read_capture(program->settings->read_path, &outlet, &options);
        outlet.destroy(outlet.context);
    }
    return err;
}

/* The workers do the work; this thread saves what they learn, reads files again, and reports. */
static void run_live(struct ingest_program *program)
{
    log_start(program);
    template_file_save(program->templates, program->receiver); /* tells now whether it can */
    uint64_t save_ns = clock_monotonic_ns() + SAVE_PERIOD_S * NS_PER_S;
    while (!daemon_is_stopping()) {
        struct pollfd waits[] = {{.fd = daemon_stop_fd(), .events = POLLIN},
            {.fd = daemon_reload_fd(), .events = POLLIN}};
        (void)poll(waits, sizeof waits / sizeof waits[0], TICK_MS);
        uint64_t now_ns = clock_monotonic_ns();
        drop_report_tick(program->drops, now_ns);
        receiver_report_refused(program->receiver, now_ns);
        if (program->guard != NULL) {
            link_guard_tick(program->guard, now_ns);
        }
        if (now_ns >= save_ns) {
            template_file_save(program->templates, program->receiver);
            save_ns = now_ns + SAVE_PERIOD_S * NS_PER_S;
        }
        if (daemon_take_reload()) {
            reload_files(program);
        }
    }
}

/* Nothing new comes in; what was accepted is stored, spooled, or said to be lost. */
static enum err stop_stages(struct ingest_program *program)
{
    ingest_http_close(&program->http);
    if (program->receiver != NULL && program->templates != NULL) {
        receiver_stop(program->receiver);
        template_file_save(program->templates, program->receiver);
    }
    return program->publisher != NULL ? publisher_stop(program->publisher) : ERR_OK;
}

static void close_stages(struct ingest_program *program)
{
    drop_report_destroy(&program->drops);
    receiver_destroy(&program->receiver);
    publisher_destroy(&program->publisher);
    link_guard_destroy(&program->guard);
    template_file_close(&program->templates);
    sampling_map_destroy(&program->sampling);
    mapping_destroy(&program->mapping);
    allow_list_destroy(&program->allowed);
    metrics_destroy(&program->metrics);
}

enum err ingest_program_run(const struct ingest_settings *settings)
{
    zsys_handler_set(NULL); /* signals are daemon.h's */
    enum err err = daemon_setup();
    if (err != ERR_OK) {
        return err;
    }
    struct ingest_program program = {.settings = settings};
    err = open_stages(&program);
    if (err == ERR_OK && program.receiver != NULL) {
        run_live(&program);
    } else if (err == ERR_OK) {
        err = run_file(&program);
    }
    enum err stop_err = stop_stages(&program);
    close_stages(&program);
    return err != ERR_OK ? err : stop_err;
}
