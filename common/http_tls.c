/* SPDX-License-Identifier: BSD-3-Clause -- reads certificate and key. */
#include "common/http_tls.h"

#include "common/text_file.h"

#include <stdio.h>
#include <string.h>

static enum err read_part(
    struct buffer *text, const struct http_options *options, const char *path, const char *part)
{
    char flag[64];
    (void)snprintf(flag, sizeof flag, "%s.tls.%s", options->protection_name, part);
    enum err err = text_file_read(text, path, options->component, flag);
    (void)buffer_text(text);
    return err == ERR_OK ? buffer_check(text) : err;
}

enum err http_tls_read(struct http_tls *tls_p, const struct http_options *options)
{
    const struct http_protection *protection = options->protection;
    *tls_p = (struct http_tls){0};
    if (protection == NULL || protection->certificate[0] == '\0') {
        return ERR_OK;
    }
    enum err err = read_part(&tls_p->certificate, options, protection->certificate, "cert");
    if (err == ERR_OK) {
        err = read_part(&tls_p->key, options, protection->key, "key");
    }
    if (err != ERR_OK) {
        http_tls_clear(tls_p);
    }
    return err;
}

void http_tls_clear(struct http_tls *tls)
{
    if (tls->key.bytes != NULL) {
        explicit_bzero(tls->key.bytes, tls->key.room);
    }
    buffer_clear(&tls->key);
    buffer_clear(&tls->certificate);
}
