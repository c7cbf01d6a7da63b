/* SPDX-License-Identifier: BSD-3-Clause -- the stages of goflow-store. */
#include "store/store_program.h"

#include "common/clock.h"
#include "common/confine.h"
#include "common/daemon.h"
#include "common/drop_report.h"
#include "common/link_guard.h"
#include "common/log.h"
#include "common/mapping_file.h"
#include "common/metrics.h"
#include "common/privileges.h"
#include "common/start_line.h"
#include "store/pull/pull.h"
#include "store/sink/engine.h"
#include "store/sink/serve.h"
#include "store/sink/sink_address.h"
#include "store/store_database.h"
#include "store/store_http.h"
#include "store/write/write.h"

#include <inttypes.h>
#include <limits.h>
#include <poll.h>

enum {
    RETRY_MIN_MS = 100,
    RETRY_MAX_MS = 4000, /* rows are to flow 5 s after the database can take them */
    TICK_MS = 1000
};

struct store_program {
    const struct store_settings *settings;
    struct store_database database;
    struct metrics *metrics;
    struct writer *writer;
    struct serve *serve; /* NULL without -ch.serve */
    struct link_guard *guard;
    struct puller *puller;
    struct drop_report *drops;
    struct store_http *http;
    struct confine_state confined;
};

static enum err open_writer(struct store_program *program)
{
    const struct store_settings *settings = program->settings;
    struct writer_options options = {
        .sink = program->database.sink,
        .deadletter_dir = settings->deadletter_dir,
        .blocks_max = (uint32_t)settings->inflight,
        .retry_min_ms = RETRY_MIN_MS,
        .retry_max_ms = RETRY_MAX_MS,
        /* The puller has waited for the writer already; what is left has no one to thank it. */
        .stop_timeout_ms = 0,
    };
    enum err err = ERR_OK;
    if (settings->mapping[0] != '\0') {
        err = mapping_file_read(&options.mapping, settings->mapping);
    }
    if (err != ERR_OK) {
        return err;
    }
    err = writer_new(&program->writer, &options);
    if (err != ERR_OK) {
        mapping_destroy(&options.mapping);
        return err;
    }
    err = metrics_register(program->metrics, writer_collect, program->writer);
    struct engine *engine = sink_engine(writer_sink(program->writer));
    if (err == ERR_OK && engine != NULL) {
        err = metrics_register(program->metrics, engine_collect, engine);
    }
    return err;
}

/* The columns in force stay where the file is wrong. */
static void read_mapping_again(struct store_program *program)
{
    struct mapping *mapping;
    const char *path = program->settings->mapping;
    if (path[0] == '\0') {
        const struct store_settings *settings = program->settings;
        bool has_other = settings->protection.keys_folder[0] != '\0' ||
                         settings->metrics_protection.users[0] != '\0' ||
                         settings->serve_protection.users[0] != '\0';
        if (!has_other) {
            log_warning("store", "nothing to read again",
                "set=\"none of -mapping, -zmq.keys, -metrics.users and -ch.serve.users\"");
        }
    } else if (mapping_file_read(&mapping, path) == ERR_OK) {
        writer_use_mapping(program->writer, mapping);
    }
}

static enum err open_serve(struct store_program *program)
{
    const struct store_settings *settings = program->settings;
    if (settings->serve_address[0] == '\0' && settings->serve_socket[0] == '\0') {
        if (sink_engine(writer_sink(program->writer)) != NULL) {
            store_database_forget_serving(settings); /* a killed store has left it */
        }
        return ERR_OK;
    }
    /* four blocks of our own: other stores that write through this one may have larger ones */
    struct serve_options options = {.address = settings->serve_address,
        .socket = settings->serve_socket,
        .username = settings->username,
        .password = program->database.password,
        .max_body_bytes = 4 * settings->block_bytes,
        .hosts = settings->serve_hosts,
        .origins = settings->serve_origins,
        .protection = &settings->serve_protection};
    enum err err = serve_open(&program->serve, sink_engine(writer_sink(program->writer)), &options);
    if (err != ERR_OK) {
        return err;
    }
    store_database_note_serving(settings, serve_port(program->serve));
    return metrics_register(program->metrics, serve_collect, program->serve);
}

static enum err submit(void *writer, struct block *block)
{
    return writer_submit(writer, block);
}

static struct block *finished(void *writer)
{
    return writer_finished(writer);
}

static enum err open_puller(struct store_program *program)
{
    const struct store_settings *settings = program->settings;
    enum err err = link_guard_new(&program->guard, &settings->protection);
    if (err == ERR_OK) {
        err = metrics_register(program->metrics, link_guard_collect, program->guard);
    }
    if (err != ERR_OK) {
        return err;
    }
    struct puller_options options = {
        .endpoints = settings->link,
        .exchange = {.socket = writer_socket(program->writer),
            .submit = submit,
            .finished = finished,
            .context = program->writer},
        .max_rows = (uint32_t)settings->block_rows,
        .max_bytes = settings->block_bytes,
        .max_age_ms = (uint32_t)settings->block_age_ms,
        .max_inflight = (uint32_t)settings->inflight,
        .stop_timeout_ms = (uint32_t)settings->stop_timeout_ms,
    };
    options.endpoints.keyring = link_guard_keyring(program->guard);
    options.endpoints.peer = LINK_PEER_INGEST;
    err = puller_new(&program->puller, &options);
    if (err != ERR_OK) {
        return err;
    }
    return metrics_register(program->metrics, puller_collect, program->puller);
}

static void count_drops(void *context, struct drop_counts *counts)
{
    const struct store_program *program = context;
    puller_count_drops(program->puller, counts);
}

static void print_obstacles(void *context, struct buffer *out)
{
    const struct store_program *program = context;
    writer_print_obstacles(program->writer, out);
    puller_print_obstacles(program->puller, out);
}

static enum err open_reports(struct store_program *program)
{
    const struct store_settings *settings = program->settings;
    const struct drop_report_options drops = {
        .component = "store", .count = count_drops, .context = program};
    enum err err = drop_report_new(&program->drops, &drops);
    if (err != ERR_OK || settings->metrics_address[0] == '\0') {
        return err;
    }
    const struct http_pages pages = {.metrics_path = settings->metrics_path,
        .metrics = program->metrics,
        .drops = program->drops,
        .print_obstacles = print_obstacles,
        .context = program};
    return store_http_open(&program->http, settings, &pages);
}

static enum err confine_program(struct store_program *program)
{
    const struct store_settings *settings = program->settings;
    char library[PATH_MAX];
    char urls[OPTION_LIST_MAX][SINK_ADDRESS_SIZE];
    struct confine_request request = {
        .flags = &settings->confinement, .program = &STORE_PROGRAM, .settings = settings};
    enum err err = privileges_become(settings->confinement.user, false);
    if (err != ERR_OK) {
        return err;
    }
    if (sink_address_is_embedded(settings->addresses.values[0])) {
        err = engine_make_folder(settings->path);
        request.folders = (struct option_list){.count = 1, .values = {settings->path}};
        request.reads.count = engine_find(settings->library, library) == ERR_OK;
        request.reads.values[0] = library;
        return err == ERR_OK ? confine(&request, &program->confined) : err;
    }
    for (size_t i = 0; i < settings->addresses.count; i++) {
        if (sink_address_url(settings->addresses.values[i], (uint16_t)settings->port, urls[i]) ==
            ERR_OK) {
            request.urls.values[request.urls.count++] = urls[i];
        }
    }
    return confine(&request, &program->confined);
}

static enum err open_stages(struct store_program *program)
{
    /* The file of the password may be root's alone. */
    enum err err = store_database_init(&program->database, program->settings);
    if (err == ERR_OK) {
        err = confine_program(program);
    }
    if (err == ERR_OK) {
        err = metrics_new(&program->metrics);
    }
    if (err == ERR_OK) {
        err = open_writer(program);
    }
    if (err == ERR_OK) {
        err = daemon_catch_reload();
    }
    if (err == ERR_OK) {
        err = open_serve(program);
    }
    if (err == ERR_OK) {
        err = open_puller(program);
    }
    return err == ERR_OK ? open_reports(program) : err;
}

static void log_start(const struct store_program *program)
{
    const struct store_settings *settings = program->settings;
    struct start_line line = {0};
    start_line_add(&line, "id", "%" PRIu64, puller_store_id(program->puller));
    start_line_list(&line, "connects_to", &settings->link.connect);
    start_line_list(&line, "ingests_connect_to", &settings->link.bind);
    start_line_list(&line, "database", &settings->addresses);
    if (sink_address_is_embedded(settings->addresses.values[0])) {
        start_line_add(&line, "path", "%s", settings->path);
    }
    start_line_add(&line, "table", "%s.%s", settings->database, settings->table);
    start_line_add(&line, "serves", "%s", settings->serve_address);
    start_line_add(&line, "serves_on", "%s", settings->serve_socket);
    start_line_add(&line, "http", "%s", settings->metrics_address);
    confine_add_start(&program->confined, &line);
    start_line_log(&line, "store");
}

static void wait_for_stop(struct store_program *program)
{
    while (!daemon_is_stopping()) {
        struct pollfd waits[] = {{.fd = daemon_stop_fd(), .events = POLLIN},
            {.fd = daemon_reload_fd(), .events = POLLIN}};
        (void)poll(waits, sizeof waits / sizeof waits[0], TICK_MS);
        drop_report_tick(program->drops, clock_monotonic_ns());
        link_guard_tick(program->guard, clock_monotonic_ns());
        if (daemon_take_reload()) {
            read_mapping_again(program);
            link_guard_reload(program->guard);
            store_http_reload(program->http);
            serve_reload(program->serve);
        }
    }
}

/*
 * Also of what was opened only in part. ERR_TIMEOUT: a query in the engine does not end, so the
 * rest stays open.
 */
static enum err close_stages(struct store_program *program)
{
    uint64_t end_ns = clock_monotonic_ns() + program->settings->stop_timeout_ms * NS_PER_MS;
    store_http_close(&program->http);
    drop_report_destroy(&program->drops);
    puller_destroy(&program->puller);
    link_guard_destroy(&program->guard);
    if (program->serve != NULL) {
        store_database_forget_serving(program->settings);
    }
    enum err err = serve_close(&program->serve, end_ns);
    if (err != ERR_OK) {
        return err;
    }
    writer_destroy(&program->writer);
    metrics_destroy(&program->metrics);
    store_database_clear(&program->database);
    return ERR_OK;
}

enum err store_program_run(const struct store_settings *settings)
{
    enum err err = daemon_setup();
    if (err != ERR_OK) {
        return err;
    }
    struct store_program program = {.settings = settings};
    err = open_stages(&program);
    if (err == ERR_OK) {
        log_start(&program);
        wait_for_stop(&program);
    }
    enum err closed = close_stages(&program);
    return err != ERR_OK ? err : closed;
}
