/*
 * ingest_settings.h -- the flags of goflow-ingest: one table, one struct.
 *
 * A library of its own, so that the launcher can tell which flags are ours. Flags and defaults of
 * the original goflow keep their names and meaning.
 */
#pragma once

#include "common/confine.h"
#include "common/http_protection.h"
#include "common/link.h"
#include "common/link_guard.h"
#include "common/log.h"
#include "common/options.h"

/* What decoders may remember; the memory is for all workers together. */
struct decode_settings {
    uint64_t max_exporters;
    uint64_t max_templates;
    uint64_t template_bytes;
    uint64_t template_lifetime_ms;
    uint64_t held_bytes;
    uint64_t held_age_ms;
    const char *template_file;    /* "": none */
    const char *sampling_map;     /* likewise */
    const char *mapping;          /* likewise */
    const char *allow_list;       /* likewise */
    const char *preferred_header; /* outer, inner */
    bool uses_original_exporter;
    bool takes_extra;
};

/* One UDP port; any protocol is understood on any of them. */
struct listener_settings {
    bool is_on;
    bool is_shared;        /* -nf.reuserport: with other processes */
    const char *host;      /* "": any address, IPv6 and IPv4 */
    const char *interface; /* "": any */
    uint64_t port;
};

struct ingest_settings {
    struct listener_settings sflow;
    struct listener_settings nfl;
    struct listener_settings nf;
    bool has_short_flags; /* the flags of the listener are -port and -addr, for the log */
    uint64_t workers;
    uint64_t receive_buffer_bytes;
    struct decode_settings decode;
    const char *read_path;
    const char *transport;
    const char *format;
    struct link_endpoints link;
    struct link_protection protection;
    const char *compression;
    const char *tap_endpoint;
    uint64_t ingest_id;
    const char *state_dir;
    uint64_t window_bytes;
    const char *spool_dir;
    uint64_t spool_bytes;
    uint64_t spool_sync_ms;
    bool sends_records;
    uint64_t batch_bytes;
    uint64_t batch_flows;
    uint64_t batch_age_ms;
    uint64_t ack_timeout_ms;
    uint64_t stop_timeout_ms;
    bool is_length_prefixed;
    struct confinement confinement;
    const char *log_level;
    const char *log_format;
    const char *metrics_address;
    const char *metrics_path;
    struct http_protection metrics_protection;
    bool has_remote_ports;
    const char *templates_path;
};

extern const struct option_program INGEST_PROGRAM;

/* For options_read(): says on stderr what is wrong. */
enum err ingest_settings_validate(const void *settings);

/* Where nothing is said about the link, binds the default endpoint. */
void ingest_settings_complete(struct ingest_settings *settings);

/* Sets up the log as the settings, which are valid, want it. */
void ingest_settings_apply_log(const struct ingest_settings *settings);
