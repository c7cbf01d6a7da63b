/* SPDX-License-Identifier: BSD-3-Clause -- keys for the sockets of one process. */
#include "common/link_guard.h"

#include "common/clock.h"
#include "common/link.h"
#include "common/link_zap.h"
#include "common/log.h"
#include "common/log_pause.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define COMPONENT "link"
#define DAY_NS    (UINT64_C(24) * 3600 * NS_PER_S)

struct link_guard {
    struct link_protection protection;
    struct link_zap *zap; /* NULL: without keys */
    pthread_mutex_t lock;
    struct link_keys *keys; /* NULL likewise; under the lock */
    struct log_pause refused_log;
    uint64_t warn_due_ns;
};

/* Files have permissions, and inproc does not leave the process. */
static bool is_file(const char *endpoint)
{
    return strncmp(endpoint, "ipc://", strlen("ipc://")) == 0 ||
           strncmp(endpoint, "inproc://", strlen("inproc://")) == 0;
}

enum err link_protection_check(const struct option_program *program, const char *name,
    const struct option_list *endpoints, const struct link_protection *protection)
{
    bool is_decided = protection->keys_folder[0] != '\0' || protection->is_insecure;
    for (size_t i = 0; i < endpoints->count && !is_decided; i++) {
        if (!link_endpoint_is_local(endpoints->values[i])) {
            options_refuse(program, name,
                "other hosts reach \"%s\" without keys; run \"goflow-keys make FOLDER\" and "
                "\"goflow-keys allow FOLDER KIND NAME KEY\" for each peer and give -zmq.keys "
                "FOLDER, or give -zmq.insecure",
                endpoints->values[i]);
            return ERR_INVALID;
        }
    }
    return ERR_OK;
}

static bool has_guarded(const struct option_list *endpoints)
{
    bool has = false;
    for (size_t i = 0; i < endpoints->count; i++) {
        has = has || !is_file(endpoints->values[i]);
    }
    return has;
}

enum err link_protection_check_roles(const struct option_program *program,
    const struct option_list *bind, const struct option_list *connect,
    const struct link_protection *protection)
{
    if (protection->keys_folder[0] != '\0' && has_guarded(bind) && has_guarded(connect)) {
        options_refuse(program, "zmq.keys",
            "-zmq.bind and -zmq.connect cannot both have tcp endpoints with keys");
        return ERR_INVALID;
    }
    return ERR_OK;
}

/* The handler and the sockets each have a copy. */
static enum err read_both(
    const char *folder, struct link_keys **for_zap_p, struct link_keys **for_sockets_p)
{
    *for_sockets_p = NULL;
    enum err err = link_keys_read(for_zap_p, folder);
    if (err != ERR_OK) {
        return err;
    }
    err = link_keys_read(for_sockets_p, folder);
    if (err != ERR_OK) {
        link_keys_destroy(for_zap_p);
    }
    return err;
}

static enum err open_keys(struct link_guard *guard)
{
    link_setup();
    struct link_keys *for_zap = NULL;
    enum err err = read_both(guard->protection.keys_folder, &for_zap, &guard->keys);
    return err != ERR_OK ? err : link_zap_new(&guard->zap, for_zap);
}

enum err link_guard_new(struct link_guard **guard_p, const struct link_protection *protection)
{
    struct link_guard *guard = calloc(1, sizeof *guard);
    *guard_p = guard;
    if (guard == NULL || pthread_mutex_init(&guard->lock, NULL) != 0) {
        free(guard);
        *guard_p = NULL;
        return ERR_MEMORY;
    }
    guard->protection = *protection;
    enum err err = protection->keys_folder[0] != '\0' ? open_keys(guard) : ERR_OK;
    if (err != ERR_OK) {
        link_guard_destroy(guard_p);
    }
    return err;
}

void link_guard_destroy(struct link_guard **guard_p)
{
    struct link_guard *guard = *guard_p;
    if (guard == NULL) {
        return;
    }
    link_zap_destroy(&guard->zap);
    link_keys_destroy(&guard->keys);
    (void)pthread_mutex_destroy(&guard->lock);
    free(guard);
    *guard_p = NULL;
}

void link_guard_reload(struct link_guard *guard)
{
    struct link_keys *for_zap = NULL;
    struct link_keys *keys = NULL;
    if (guard->zap == NULL || read_both(guard->protection.keys_folder, &for_zap, &keys) != ERR_OK) {
        return;
    }
    link_zap_use(guard->zap, for_zap);
    (void)pthread_mutex_lock(&guard->lock);
    struct link_keys *before = guard->keys;
    guard->keys = keys;
    (void)pthread_mutex_unlock(&guard->lock);
    if (link_keys_revoke(before, keys)) {
        log_warning(COMPONENT,
            "a key was removed; restart this program to end the connections of that peer",
            "folder=%s", guard->protection.keys_folder);
    }
    link_keys_destroy(&before);
    log_notice(COMPONENT, "keys are read again", "folder=%s", guard->protection.keys_folder);
}

void link_guard_tick(struct link_guard *guard, uint64_t now_ns)
{
    if (guard->protection.is_insecure && now_ns >= guard->warn_due_ns) {
        guard->warn_due_ns = now_ns + DAY_NS;
        log_warning(COMPONENT, "whoever reaches the link reads and writes flows, without keys",
            "flag=-zmq.insecure mend=\"goflow-keys make FOLDER; -zmq.keys FOLDER\"");
    }
}

static bool has_keys(const struct link_guard *guard)
{
    return guard != NULL && guard->zap != NULL;
}

/* A socket that had keys for the endpoint before. */
static void set_plain(zsock_t *socket)
{
    (void)zmq_setsockopt(zsock_resolve(socket), ZMQ_ZAP_DOMAIN, NULL, 0);
    zsock_set_curve_server(socket, 0);
}

enum err link_guard_accept(
    struct link_guard *guard, zsock_t *socket, enum link_peer_kind kind, const char *endpoint)
{
    if (!has_keys(guard)) {
        return ERR_OK;
    }
    if (is_file(endpoint)) {
        set_plain(socket);
        return ERR_OK;
    }
    (void)pthread_mutex_lock(&guard->lock);
    enum err err = link_curve_accept(socket, guard->keys, kind);
    (void)pthread_mutex_unlock(&guard->lock);
    return err;
}

enum err link_guard_connect(struct link_guard *guard, zsock_t *socket, enum link_peer_kind kind,
    const char *endpoint, char plain[LINK_PLAIN_SIZE])
{
    (void)link_endpoint_split(endpoint, plain);
    if (!has_keys(guard)) {
        return ERR_OK;
    }
    if (is_file(endpoint)) {
        set_plain(socket);
        return ERR_OK;
    }
    (void)pthread_mutex_lock(&guard->lock);
    enum err err = link_curve_connect(socket, guard->keys, kind, endpoint);
    (void)pthread_mutex_unlock(&guard->lock);
    return err;
}

bool link_guard_covers(const struct link_guard *guard, const char *endpoint)
{
    return has_keys(guard) && !is_file(endpoint);
}

void link_guard_log_refused(
    struct link_guard *guard, const char *endpoint, enum link_peer_kind own_kind)
{
    if (!log_pause_is_over(&guard->refused_log, clock_monotonic_ns())) {
        return;
    }
    (void)pthread_mutex_lock(&guard->lock);
    log_warning(COMPONENT,
        "no connection: nobody is there, our key is not allowed there, or the key we have is "
        "another's",
        "endpoint=%s mend_there=\"goflow-keys allow FOLDER %s NAME '%s', then SIGHUP\"", endpoint,
        link_peer_kind_name(own_kind), link_keys_public_text(guard->keys));
    (void)pthread_mutex_unlock(&guard->lock);
}

void link_guard_collect(void *context, struct metrics_page *page)
{
    struct link_guard *guard = context;
    if (guard->zap != NULL) {
        link_zap_collect(guard->zap, page);
    }
}
