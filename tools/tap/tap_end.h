/*
 * tap_end.h -- the connection to one ingest's tap, and why nothing comes of it.
 *
 * libzmq never tries again after a refusal and is silent about the reason. An end follows the
 * events of its socket, logs in words what is wrong (once a minute at most) and connects anew. For
 * one thread.
 */
#pragma once

#include "common/link_keyring.h"

struct tap_end;

/* Connects. Text and ring are borrowed as long as the end lives. On failure one line is logged. */
MUST_CHECK enum err tap_end_open(
    struct tap_end **end_p, const char *endpoint, struct link_keyring *keyring);
void tap_end_close(struct tap_end **end_p);

/* SUB; another one after a tick. Lent. */
zsock_t *tap_end_socket(const struct tap_end *end);
/* Readable when something happened to the connection; likewise. */
zsock_t *tap_end_events(const struct tap_end *end);

/* A batch came. */
void tap_end_heard(struct tap_end *end);
/* Takes the events, says what is wrong, connects anew; once a second, and when there are events. */
void tap_end_tick(struct tap_end *end, uint64_t now_ns);
