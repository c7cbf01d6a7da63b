/*
 * content_coding.h -- compressed HTTP bodies, both ways (RFC 9110 section 8.4.1).
 *
 * gzip, deflate and zstd, and frames of lz4, which ClickHouse knows as well. Pure; any thread.
 */
#pragma once

#include "common/buffer.h"

/*
 * Appends the decoded bytes. ERR_UNSUPPORTED: not a coding we know; ERR_CORRUPT; ERR_FULL: more
 * than `max_size`, as a small body may unpack to anything.
 */
MUST_CHECK enum err content_decode(
    const char *coding, const struct buffer *body, size_t max_size, struct buffer *out);

/* The coding to answer with for an Accept-Encoding header, which may be NULL; NULL: none. */
const char *content_choose(const char *accepted);

/* Appends the encoded bytes; `coding` is one that content_choose() returned. */
MUST_CHECK enum err content_encode(
    const char *coding, const struct buffer *body, struct buffer *out);
