/*
 * http_protection.h -- flags that protect an HTTP server: users, and TLS.
 *
 * "-metrics.users", "-metrics.tls.cert" and "-metrics.tls.key"; the same behind "-ch.serve". A
 * value.
 */
#pragma once

#include "common/options.h"

/* Texts of flags; "" when not given. */
struct http_protection {
    const char *users;       /* file, see http_users.h */
    const char *certificate; /* files in PEM: the chain, and its private key */
    const char *key;
};

/* Says on stderr when a certificate comes without key, or the reverse. `name` is "metrics". */
MUST_CHECK enum err http_protection_check(const struct option_program *program, const char *name,
    const struct http_protection *protection);
