/* SPDX-License-Identifier: BSD-3-Clause -- bodies that come back as they were. */
#include "store/sink/content_coding.h"

#include <criterion/criterion.h>
#include <string.h>

static struct buffer long_text(void)
{
    struct buffer text = {0};
    for (int i = 0; i < 50000; i++) {
        buffer_format(&text, "%d\t%d\n", i, i * 7919 % 1000);
    }
    return text;
}

static const char *const CODINGS[] = {"zstd", "lz4", "gzip", "deflate"};
#define EACH_CODING(i) for (size_t i = 0; i < sizeof CODINGS / sizeof CODINGS[0]; i++)

Test(content_coding, refuses_a_coding_it_does_not_know)
{
    struct buffer body = {0};
    struct buffer out = {0};
    cr_assert_eq(content_decode("br", &body, 1000, &out), ERR_UNSUPPORTED);
}

Test(content_coding, refuses_what_is_not_compressed)
{
    EACH_CODING(i)
    {
        struct buffer body = {0};
        struct buffer out = {0};
        cr_assert_eq(content_decode(CODINGS[i], &body, 1000, &out), ERR_CORRUPT);
        buffer_text_append(&body, "1\t2\n");
        cr_assert_eq(content_decode(CODINGS[i], &body, 1000, &out), ERR_CORRUPT);
        buffer_clear(&body);
        buffer_clear(&out);
    }
}

Test(content_coding, refuses_a_body_that_is_cut_off)
{
    struct buffer text = long_text();
    EACH_CODING(i)
    {
        struct buffer packed = {0};
        struct buffer out = {0};
        cr_assert_eq(content_encode(CODINGS[i], &text, &packed), ERR_OK);
        packed.size -= 10;
        cr_assert_eq(content_decode(CODINGS[i], &packed, text.size, &out), ERR_CORRUPT);
        buffer_clear(&packed);
        buffer_clear(&out);
    }
    buffer_clear(&text);
}

Test(content_coding, stops_at_the_limit)
{
    struct buffer text = long_text();
    EACH_CODING(i)
    {
        struct buffer packed = {0};
        struct buffer out = {0};
        cr_assert_eq(content_encode(CODINGS[i], &text, &packed), ERR_OK);
        cr_assert_eq(content_decode(CODINGS[i], &packed, text.size - 1, &out), ERR_FULL);
        buffer_clear(&packed);
        buffer_clear(&out);
    }
    buffer_clear(&text);
}

Test(content_coding, gives_back_what_was_packed)
{
    struct buffer text = long_text();
    EACH_CODING(i)
    {
        struct buffer packed = {0};
        struct buffer out = {0};
        cr_assert_eq(content_encode(CODINGS[i], &text, &packed), ERR_OK);
        cr_assert_lt(packed.size, text.size);
        cr_assert_eq(content_decode(CODINGS[i], &packed, text.size, &out), ERR_OK);
        cr_assert_eq(out.size, text.size);
        cr_assert_eq(memcmp(out.bytes, text.bytes, text.size), 0);
        buffer_clear(&packed);
        buffer_clear(&out);
    }
    buffer_clear(&text);
}

Test(content_coding, packs_nothing)
{
    EACH_CODING(i)
    {
        struct buffer text = {0};
        struct buffer packed = {0};
        struct buffer out = {0};
        cr_assert_eq(content_encode(CODINGS[i], &text, &packed), ERR_OK);
        cr_assert_eq(content_decode(CODINGS[i], &packed, 10, &out), ERR_OK);
        cr_assert_eq(out.size, 0);
        buffer_clear(&packed);
    }
}

Test(content_coding, chooses_what_the_client_knows)
{
    cr_assert_null(content_choose(NULL));
    cr_assert_null(content_choose("br, xgzip, identity"));
    cr_assert_str_eq(content_choose("gzip"), "gzip");
    cr_assert_str_eq(content_choose("br, GZIP;q=0.5, deflate"), "gzip");
    cr_assert_str_eq(content_choose("gzip,zstd"), "zstd");
}
