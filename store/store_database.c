/* SPDX-License-Identifier: BSD-3-Clause -- from flags to the database they point at. */
#include "store/store_database.h"

#include "common/log.h"
#include "common/refusal.h"
#include "store/sink/engine.h"
#include "store/sink/sink_address.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct refusal refusal_of(const char *path, int cause)
{
    return (struct refusal){.component = "store",
        .flag = "-ch.password.file",
        .key = "file",
        .value = path,
        .cause = cause};
}

static enum err refuse_password(const char *path, bool is_read)
{
    const struct refusal refusal = refusal_of(path, 0);
    refuse(&refusal, "cannot read the password",
        is_read ? "the password is too long" : "the file is empty",
        is_read ? "its first line must have at most 255 characters"
                : "write the password into its first line");
    return ERR_IO;
}

static enum err read_password(struct store_database *database, const char *path)
{
    char *password = database->password;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        const struct refusal refusal = refusal_of(path, errno);
        return refuse_file(&refusal);
    }
    bool is_read = fgets(password, sizeof database->password, file) != NULL;
    const struct refusal unreadable = refusal_of(path, errno);
    bool is_broken = ferror(file) != 0;
    bool is_whole = feof(file) != 0 || strchr(password, '\n') != NULL;
    (void)fclose(file);
    if (is_broken) {
        return refuse_file(&unreadable);
    }
    if (!is_read || !is_whole) {
        return refuse_password(path, is_read);
    }
    password[strcspn(password, "\r\n")] = '\0';
    return ERR_OK;
}

enum err store_database_init(struct store_database *database, const struct store_settings *settings)
{
    memset(database, 0, sizeof *database);
    database->sink = (struct sink_options){.addresses = settings->addresses,
        .port = (uint16_t)settings->port,
        .username = settings->username,
        .password = database->password,
        .database = settings->database,
        .table = settings->table,
        .path = settings->path,
        .library = settings->library,
        .ttl_s = settings->ttl_ms / 1000,
        .has_all_columns = strcmp(settings->columns, "all") == 0,
        .timeout_ms = (uint32_t)settings->timeout_ms,
        .compress = settings->compresses};
    if (settings->password_file[0] != '\0') {
        return read_password(database, settings->password_file);
    }
    size_t length = strlen(settings->password);
    if (length >= sizeof database->password) {
        log_error("store", "the password is too long",
            "flag=-ch.password limit=%zu mend=\"give a shorter password\"",
            sizeof database->password - 1);
        return ERR_INVALID;
    }
    memcpy(database->password, settings->password, length + 1);
    return ERR_OK;
}

void store_database_clear(struct store_database *database)
{
    explicit_bzero(database->password, sizeof database->password);
}

static void note_path(const struct store_settings *settings, char path[PATH_MAX])
{
    (void)snprintf(path, PATH_MAX, "%s/goflow.serve", settings->path);
}

/* The host of -ch.serve, as others reach it: any address is reached by loopback. */
static void print_url(const char *address, uint16_t port, FILE *out)
{
    const char *colon = strrchr(address, ':');
    int length = colon != NULL ? (int)(colon - address) : 0;
    bool is_any = length == 0 || strncmp(address, "0.0.0.0", (size_t)length) == 0 ||
                  strncmp(address, "[::]", (size_t)length) == 0;
    (void)fprintf(out, "http://%.*s:%u\n", is_any ? (int)strlen("127.0.0.1") : length,
        is_any ? "127.0.0.1" : address, port);
}

void store_database_note_serving(const struct store_settings *settings, uint16_t port)
{
    char path[PATH_MAX];
    note_path(settings, path);
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        log_warning("store", "cannot note the served address", "path=%s error=\"%s\"", path,
            strerror(errno));
        return;
    }
    if (settings->serve_socket[0] != '\0') {
        (void)fprintf(file, "%s\n", settings->serve_socket);
    } else {
        print_url(settings->serve_address, port, file);
    }
    (void)fclose(file);
}

void store_database_forget_serving(const struct store_settings *settings)
{
    char path[PATH_MAX];
    note_path(settings, path);
    (void)unlink(path);
}

/* The noted address as a URL. ERR_NOT_FOUND. */
static enum err find_serving(const struct store_settings *settings, char url[STORE_ADDRESS_SIZE])
{
    char path[PATH_MAX];
    note_path(settings, path);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return ERR_NOT_FOUND;
    }
    bool is_read = fgets(url, STORE_ADDRESS_SIZE, file) != NULL;
    (void)fclose(file);
    url[strcspn(url, "\r\n")] = '\0';
    return is_read && url[0] != '\0' ? ERR_OK : ERR_NOT_FOUND;
}

void store_database_reach(struct store_database *database, const struct store_settings *settings,
    char url[STORE_ADDRESS_SIZE])
{
    if (sink_address_is_embedded(settings->addresses.values[0]) &&
        engine_folder_is_open(settings->path) && find_serving(settings, url) == ERR_OK) {
        database->sink.addresses = (struct option_list){.count = 1, .values = {url}};
    }
}
