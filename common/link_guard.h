/*
 * link_guard.h -- who may be at the other end of the link: keys, or the operator's word.
 *
 * One a process, of its main thread, which makes it before any socket of the link and destroys it
 * after the last. It guards sockets whose endpoints other hosts reach; ipc and inproc ones have the
 * permissions of their files. The thread that owns the sockets has the keyring, the ZAP handler
 * keys of its own; both get new ones in messages. Specified in docs/wire.md#keys.
 */
#pragma once

#include "common/link_keyring.h"
#include "common/metrics.h"
#include "common/options.h"

struct link_guard;

/* The flags -zmq.keys and -zmq.insecure. */
struct link_protection {
    const char *keys_folder; /* "": none */
    bool is_insecure;
};

/* Refuses endpoints that other hosts reach where there are no keys, and what keys cannot do. */
MUST_CHECK enum err link_protection_check(const struct option_program *program, const char *name,
    const struct option_list *endpoints, const struct link_protection *protection);
/* One data socket cannot both accept and make guarded connections. */
MUST_CHECK enum err link_protection_check_roles(const struct option_program *program,
    const struct option_list *bind, const struct option_list *connect,
    const struct link_protection *protection);

/* Reads the keys and starts the ZAP handler. On failure one line is logged. */
MUST_CHECK enum err link_guard_new(
    struct link_guard **guard_p, const struct link_protection *protection);
void link_guard_destroy(struct link_guard **guard_p);

/* Reads the folder again; where it is wrong, the keys in force stay. */
void link_guard_reload(struct link_guard *guard);
/* Says once a day that the link is open, where -zmq.insecure makes it so. */
void link_guard_tick(struct link_guard *guard, uint64_t now_ns);

/* Lent, as long as the guard lives; NULL: without keys. For one thread, which owns the sockets. */
struct link_keyring *link_guard_keyring(struct link_guard *guard);

/* For metrics_register(). */
void link_guard_collect(void *guard, struct metrics_page *page);
