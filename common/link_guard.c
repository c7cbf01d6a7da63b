/* SPDX-License-Identifier: BSD-3-Clause -- keys for the sockets of one process. */
#include "common/link_guard.h"

#include "common/clock.h"
#include "common/link.h"
#include "common/link_zap.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>

#define COMPONENT "link"
#define DAY_NS    (UINT64_C(24) * 3600 * NS_PER_S)

struct link_guard {
    struct link_protection protection;
    struct link_zap *zap;         /* NULL: without keys */
    struct link_keyring *keyring; /* NULL likewise */
    uint64_t warn_due_ns;
};

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
        has = has || !link_endpoint_is_file(endpoints->values[i]);
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

/* The handler and the sockets each have keys of their own. */
static enum err read_both(
    const char *folder, struct link_keys **for_zap_p, struct link_keys **for_sockets_p)
{
    *for_sockets_p = NULL;
    enum err err = link_keys_read(for_zap_p, folder);
    if (err != ERR_OK) {
        return err;
    }
    err = link_keys_copy(for_sockets_p, *for_zap_p);
    if (err != ERR_OK) {
        link_keys_destroy(for_zap_p);
    }
    return err;
}

static enum err open_keys(struct link_guard *guard)
{
    link_setup();
    struct link_keys *for_zap = NULL;
    struct link_keys *for_sockets = NULL;
    enum err err = read_both(guard->protection.keys_folder, &for_zap, &for_sockets);
    if (err != ERR_OK) {
        return err;
    }
    err = link_zap_new(&guard->zap, for_zap);
    if (err != ERR_OK) {
        link_keys_destroy(&for_sockets);
        return err;
    }
    return link_keyring_new(&guard->keyring, for_sockets);
}

enum err link_guard_new(struct link_guard **guard_p, const struct link_protection *protection)
{
    struct link_guard *guard = calloc(1, sizeof *guard);
    *guard_p = guard;
    if (guard == NULL) {
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
    link_keyring_destroy(&guard->keyring);
    free(guard);
    *guard_p = NULL;
}

void link_guard_reload(struct link_guard *guard)
{
    struct link_keys *for_zap = NULL;
    struct link_keys *for_sockets = NULL;
    if (guard->zap == NULL ||
        read_both(guard->protection.keys_folder, &for_zap, &for_sockets) != ERR_OK) {
        return;
    }
    log_notice(COMPONENT, "keys are read again", "folder=%s", guard->protection.keys_folder);
    /* The handler first: it refuses whoever was removed before their connections end. */
    link_zap_use(guard->zap, for_zap);
    link_keyring_send(guard->keyring, for_sockets);
}

void link_guard_tick(struct link_guard *guard, uint64_t now_ns)
{
    if (guard->protection.is_insecure && now_ns >= guard->warn_due_ns) {
        guard->warn_due_ns = now_ns + DAY_NS;
        log_warning(COMPONENT, "whoever reaches the link reads and writes flows, without keys",
            "flag=-zmq.insecure mend=\"goflow-keys make FOLDER; -zmq.keys FOLDER\"");
    }
}

struct link_keyring *link_guard_keyring(struct link_guard *guard)
{
    return guard != NULL ? guard->keyring : NULL;
}

void link_guard_collect(void *context, struct metrics_page *page)
{
    struct link_guard *guard = context;
    if (guard->zap != NULL) {
        link_zap_collect(guard->zap, page);
    }
}
