/* SPDX-License-Identifier: BSD-3-Clause -- blocks as files in HTML forms (RFC 7578). */
#include "store/sink/sink_form.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

void sink_form_init(struct sink_form *form)
{
    uint64_t random[2] = {0};
    *form = (struct sink_form){0};
    ssize_t got = getrandom(random, sizeof random, 0);
    (void)got; /* it does not fail for so few bytes */
    (void)snprintf(
        form->boundary, sizeof form->boundary, "%016" PRIx64 "%016" PRIx64, random[0], random[1]);
    (void)snprintf(form->header, sizeof form->header,
        "Content-Type: multipart/form-data; boundary=%s", form->boundary);
}

void sink_form_clear(struct sink_form *form)
{
    buffer_clear(&form->body);
}

void sink_form_structure(struct buffer *out, const char *structure)
{
    for (const char *p = structure; *p != '\0'; p++) {
        if (*p != '`') {
            buffer_append(out, p, 1);
        }
    }
}

enum err sink_form_fill(struct sink_form *form, const struct buffer *bytes)
{
    struct buffer *body = &form->body;
    body->size = 0;
    buffer_format(body,
        "--%s\r\nContent-Disposition: form-data; name=\"" SINK_FORM_NAME
        "\"; filename=\"" SINK_FORM_NAME "\"\r\n\r\n",
        form->boundary);
    buffer_append(body, bytes->bytes, bytes->size);
    buffer_format(body, "\r\n--%s--\r\n", form->boundary);
    enum err err = buffer_check(body);
    if (err != ERR_OK) {
        buffer_clear(body); /* a failed buffer stays failed until it is cleared */
    }
    return err;
}
