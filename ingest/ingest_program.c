/* SPDX-License-Identifier: BSD-3-Clause -- the stages of goflow-ingest. */
#include "ingest/ingest_program.h"

#include "common/daemon.h"
#include "common/http.h"
#include "common/metrics.h"
#include "ingest/batch_outlet.h"
#include "ingest/console.h"
#include "ingest/ingest_http.h"
#include "ingest/publish/publish.h"
#include "ingest/read_capture.h"
#include "ingest/receive/receiver.h"
#include "ingest/sampling_file.h"
#include "ingest/template_file.h"

#include <czmq.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* What is learnt in it is lost when the process is killed. */
enum {
    SAVE_PERIOD_MS = 60000
};

struct ingest_program {
    const struct ingest_settings *settings;
    struct metrics *metrics;
    struct publisher *publisher; /* NULL unless -transport=zmq */
    struct receiver *receiver;   /* NULL with -read */
    struct template_file *templates;
    struct sampling_map *sampling; /* NULL without -sampling.map */
    struct ingest_http *http;
};

static enum err open_publisher(struct ingest_program *program)
{
    const struct ingest_settings *settings = program->settings;
    if (strcmp(settings->transport, "zmq") != 0) {
        return ERR_OK;
    }
    struct publisher_options options = {
        .endpoints = settings->link,
        .tap_endpoint = settings->tap_endpoint,
        .ingest_id = settings->ingest_id,
        .window_bytes = settings->window_bytes,
        .spool_dir = settings->spool_dir,
        .spool_bytes = settings->spool_bytes,
        .spool_sync_ms = (uint32_t)settings->spool_sync_ms,
        .ack_timeout_ms = (uint32_t)settings->ack_timeout_ms,
        .stop_timeout_ms = (uint32_t)settings->stop_timeout_ms,
        .compress = strcmp(settings->compression, "zstd") == 0,
    };
    enum err err = publisher_new(&program->publisher, &options);
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
    };
}

static enum err open_receiver(struct ingest_program *program)
{
    const struct ingest_settings *settings = program->settings;
    const struct listener_settings *listeners[] = {&settings->nf, &settings->nfl, &settings->sflow};
    struct udp_options ports[sizeof listeners / sizeof listeners[0]];
    size_t count = 0;
    for (size_t i = 0; i < sizeof listeners / sizeof listeners[0]; i++) {
        if (listeners[i]->is_on) {
            ports[count++] = (struct udp_options){
                .host = listeners[i]->host,
                .port = (uint16_t)listeners[i]->port,
                .is_shared = listeners[i]->is_shared,
                .buffer_bytes = settings->receive_buffer_bytes,
            };
        }
    }
    struct receiver_options options = {
        .ports = ports,
        .port_count = count,
        .worker_count = (uint32_t)settings->workers,
        .has_remote_ports = settings->has_remote_ports,
        .decoder = decoder_options_of(program, settings->workers),
        .make_outlet = make_outlet,
        .context = program,
    };
    enum err err = receiver_new(&program->receiver, &options);
    if (err != ERR_OK) {
        return err;
    }
    return metrics_register(program->metrics, receiver_collect, program->receiver);
}

static enum err open_sampling_map(struct ingest_program *program)
{
    const char *path = program->settings->decode.sampling_map;
    if (path[0] == '\0') {
        return ERR_OK;
    }
    enum err err = sampling_file_read(&program->sampling, path);
    return err != ERR_OK ? err : daemon_catch_reload();
}

/* The map in force stays where the new one is wrong. */
static void reload_sampling_map(struct ingest_program *program)
{
    struct sampling_map *map;
    if (sampling_file_read(&map, program->settings->decode.sampling_map) == ERR_OK) {
        receiver_use_sampling_map(program->receiver, map);
        sampling_map_destroy(&program->sampling);
        program->sampling = map;
    }
}

enum err ingest_program_open(
    struct ingest_program **program_p, const struct ingest_settings *settings)
{
    struct ingest_program *program = calloc(1, sizeof *program);
    *program_p = program;
    if (program == NULL) {
        return ERR_MEMORY;
    }
    program->settings = settings;
    enum err err = metrics_new(&program->metrics);
    if (err == ERR_OK) {
        err = open_publisher(program);
    }
    if (err == ERR_OK) {
        err = template_file_open(&program->templates, settings->decode.template_file);
    }
    if (err == ERR_OK) {
        err = open_sampling_map(program);
    }
    bool is_live = settings->read_path[0] == '\0';
    if (err == ERR_OK && is_live) {
        err = open_receiver(program);
    }
    if (err == ERR_OK && is_live && settings->metrics_address[0] != '\0') {
        err = ingest_http_open(&program->http, settings, program->metrics, program->receiver);
    }
    if (err != ERR_OK) {
        ingest_program_close(program_p);
    }
    return err;
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

enum err ingest_program_run(struct ingest_program *program)
{
    if (program->receiver == NULL) {
        return run_file(program);
    }
    while (!daemon_is_stopping()) {
        struct pollfd waits[] = {{.fd = daemon_stop_fd(), .events = POLLIN},
            {.fd = daemon_reload_fd(), .events = POLLIN}};
        if (poll(waits, sizeof waits / sizeof waits[0], SAVE_PERIOD_MS) == 0) {
            template_file_save(program->templates, program->receiver);
        }
        if (daemon_take_reload()) {
            reload_sampling_map(program);
        }
    }
    return ERR_OK;
}

void ingest_program_close(struct ingest_program **program_p)
{
    struct ingest_program *program = *program_p;
    if (program == NULL) {
        return;
    }
    ingest_http_close(&program->http);
    if (program->receiver != NULL) {
        receiver_stop(program->receiver);
        template_file_save(program->templates, program->receiver);
    }
    receiver_destroy(&program->receiver);
    publisher_destroy(&program->publisher);
    template_file_close(&program->templates);
    sampling_map_destroy(&program->sampling);
    metrics_destroy(&program->metrics);
    free(program);
    *program_p = NULL;
}

enum err ingest_program_main(const struct ingest_settings *settings)
{
    zsys_handler_set(NULL); /* signals are daemon.h's */
    enum err err = daemon_setup();
    if (err != ERR_OK) {
        return err;
    }
    struct ingest_program *program;
    err = ingest_program_open(&program, settings);
    if (err == ERR_OK) {
        err = ingest_program_run(program);
    }
    ingest_program_close(&program);
    return err;
}
