/* SPDX-License-Identifier: BSD-3-Clause -- a coding, then any bytes as a body in it, and of it. */
#include "store/sink/content_coding.h"
#include "tests/fuzz/fuzz_target.h"

#include <assert.h>
#include <string.h>

enum {
    DECODED_MAX = 1 << 16
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const CODINGS[] = {"gzip", "deflate", "zstd", "lz4"};
    if (size == 0) {
        return 0;
    }
    const char *coding = CODINGS[bytes[0] % (sizeof CODINGS / sizeof CODINGS[0])];
    const struct buffer body = {.bytes = (char *)bytes + 1, .size = size - 1};
    struct buffer decoded = {0};
    struct buffer encoded = {0};
    enum err err = content_decode(coding, &body, DECODED_MAX, &decoded);
    assert(err != ERR_UNSUPPORTED && decoded.size <= DECODED_MAX);
    buffer_clear(&decoded);
    err = content_encode(coding, &body, &encoded);
    assert(err == ERR_OK);
    err = content_decode(coding, &encoded, body.size, &decoded);
    assert(err == ERR_OK && decoded.size == body.size);
    assert(body.size == 0 || memcmp(decoded.bytes, body.bytes, body.size) == 0);
    buffer_clear(&decoded);
    buffer_clear(&encoded);
    return 0;
}
