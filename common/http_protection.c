/* SPDX-License-Identifier: BSD-3-Clause -- checks the flags that protect an HTTP server. */
#include "common/http_protection.h"

#include <stdio.h>

enum err http_protection_check(const struct option_program *program, const char *name,
    const struct http_protection *protection)
{
    bool has_certificate = protection->certificate[0] != '\0';
    if (has_certificate == (protection->key[0] != '\0')) {
        return ERR_OK;
    }
    char flag[64];
    (void)snprintf(flag, sizeof flag, "%s.tls.%s", name, has_certificate ? "key" : "cert");
    options_refuse(program, flag, "missing: TLS needs -%s.tls.cert and -%s.tls.key", name, name);
    return ERR_INVALID;
}
