/* SPDX-License-Identifier: BSD-3-Clause -- goflow-ingest -check. */
#include "ingest/ingest_check.h"

#include "common/http_listen.h"
#include "common/http_pages.h"
#include "common/link_guard.h"
#include "common/mapping_file.h"
#include "common/privileges.h"
#include "ingest/allow_file.h"
#include "ingest/ingest_plan.h"
#include "ingest/receive/capture.h"
#include "ingest/sampling_file.h"
#include "ingest/template_file.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* `link_socket` holds the ports of the link until all others were tried as well. */
static enum err check_publisher(const struct ingest_settings *settings, zsock_t **link_socket_p)
{
    if (strcmp(settings->transport, "zmq") != 0) {
        return ERR_OK;
    }
    struct link_guard *guard = NULL;
    enum err err = link_guard_new(&guard, &settings->protection);
    *link_socket_p = err == ERR_OK ? zsock_new(ZMQ_DEALER) : NULL;
    if (err == ERR_OK && *link_socket_p == NULL) {
        err = ERR_MEMORY;
    }
    if (err == ERR_OK) {
        zsock_set_ipv6(*link_socket_p, 1);
        struct ingest_plan plan;
        ingest_plan_init(&plan, settings, link_guard_keyring(guard));
        err = publisher_check(&plan.publisher, *link_socket_p);
    }
    link_guard_destroy(&guard);
    return err;
}

static enum err check_templates(const struct decode_settings *decode)
{
    struct template_file *templates = NULL;
    enum err err = template_file_open(&templates, decode->template_file);
    template_file_close(&templates);
    return err;
}

static enum err check_files(const struct decode_settings *decode)
{
    struct sampling_map *sampling = NULL;
    struct mapping *mapping = NULL;
    struct allow_list *allowed = NULL;
    enum err err = ERR_OK;
    if (decode->sampling_map[0] != '\0') {
        err = sampling_file_read(&sampling, decode->sampling_map);
    }
    if (err == ERR_OK && decode->mapping[0] != '\0') {
        err = mapping_file_read(&mapping, decode->mapping);
    }
    if (err == ERR_OK && decode->allow_list[0] != '\0') {
        err = allow_file_read(&allowed, decode->allow_list);
    }
    sampling_map_destroy(&sampling);
    mapping_destroy(&mapping);
    allow_list_destroy(&allowed);
    return err;
}

/* What a pipe has is there for one reader, so it is left alone. */
static enum err check_capture(const char *path)
{
    struct stat found;
    if (stat(path, &found) == 0 && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode)) {
        return ERR_OK;
    }
    struct capture *capture = NULL;
    enum err err = strcmp(path, "-") == 0 ? ERR_OK : capture_open(&capture, path);
    capture_close(&capture);
    return err;
}

static enum err check_http(const struct ingest_settings *settings)
{
    if (settings->metrics_address[0] == '\0') {
        return ERR_OK;
    }
    const struct http_listen listen_on = {
        .flag = http_pages_flag(), .address = settings->metrics_address};
    int fd = -1;
    uint16_t port;
    enum err err = http_listen_open(&fd, &port, &listen_on);
    if (err == ERR_OK) {
        (void)close(fd);
    }
    return err;
}

static enum err check_ports(const struct ingest_settings *settings)
{
    struct ingest_plan plan;
    ingest_plan_init(&plan, settings, NULL);
    return receiver_check(&plan.receiver);
}

/* As a start does: root's rights serve to bind the ports; folders and files are -user's. */
enum err ingest_check(const struct ingest_settings *settings)
{
    bool is_live = settings->read_path[0] == '\0';
    zsock_t *link_socket = NULL;
    enum err err = is_live ? check_ports(settings) : ERR_OK;
    if (err == ERR_OK) {
        err = privileges_become(settings->confinement.user, false);
    }
    if (err == ERR_OK) {
        link_setup();
        err = check_publisher(settings, &link_socket);
    }
    if (err == ERR_OK) {
        err = check_templates(&settings->decode);
    }
    if (err == ERR_OK) {
        err = check_files(&settings->decode);
    }
    if (err == ERR_OK) {
        err = is_live ? check_http(settings) : check_capture(settings->read_path);
    }
    zsock_destroy(&link_socket);
    return err;
}
