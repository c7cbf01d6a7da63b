/*
 * store_settings.h -- the flags of goflow-store: one table, one struct.
 *
 * A library of its own, so that the launcher can tell which flags are ours. The flags that the
 * original goflow has keep their names and meaning; -ch.port is ClickHouse's HTTP port here.
 */
#pragma once

#include "common/confine.h"
#include "common/http_protection.h"
#include "common/link.h"
#include "common/link_guard.h"
#include "common/log.h"
#include "common/options.h"

struct store_settings {
    bool is_on; /* -ch */
    struct option_list addresses;
    uint64_t port;
    const char *username;
    const char *password;
    const char *password_file;
    const char *database;
    const char *table;
    const char *mapping;
    const char *path;
    const char *library;
    const char *serve_address;
    const char *serve_socket;
    struct http_protection serve_protection;
    struct option_list serve_hosts;
    struct option_list serve_origins;
    uint64_t ttl_ms;
    const char *columns; /* filled, all */
    uint64_t timeout_ms;
    bool compresses;
    struct link_endpoints link;
    struct link_protection protection;
    uint64_t block_rows;
    uint64_t block_bytes;
    uint64_t block_age_ms;
    uint64_t inflight;
    const char *deadletter_dir;
    bool replays_deadletter;
    uint64_t stop_timeout_ms;
    struct confinement confinement;
    const char *log_level;
    const char *log_format;
    const char *metrics_address;
    const char *metrics_path;
    struct http_protection metrics_protection;
    const char *top_by;
    uint64_t top_since_ms;
    uint64_t top_limit;
};

extern const struct option_program STORE_PROGRAM;

/* For options_read(): says on stderr what is wrong. */
enum err store_settings_validate(const void *settings);

/* Where nothing is said about the link, connects to the default endpoint. */
void store_settings_complete(struct store_settings *settings);

/* Sets up the log as the settings, which are valid, want it. */
void store_settings_apply_log(const struct store_settings *settings);
