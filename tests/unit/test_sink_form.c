/* SPDX-License-Identifier: BSD-3-Clause -- the form in which a block goes ahead of its statement.
 */
#include "store/sink/sink_form.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct sink_form form;

static void set_up(void)
{
    sink_form_init(&form);
}

static void tear_down(void)
{
    sink_form_clear(&form);
}

TestSuite(sink_form, .init = set_up, .fini = tear_down);

static void fill(const char *text)
{
    struct buffer bytes = {0};
    buffer_text_append(&bytes, text);
    cr_assert_eq(sink_form_fill(&form, &bytes), ERR_OK);
    buffer_clear(&bytes);
}

Test(sink_form, has_a_boundary_that_no_other_form_has)
{
    struct sink_form other;
    sink_form_init(&other);
    cr_assert_str_neq(form.boundary, other.boundary);
    cr_assert_not_null(strstr(form.header, form.boundary));
}

Test(sink_form, has_nothing_of_the_block_before)
{
    char expected[256];
    (void)snprintf(expected, sizeof expected,
        "--%1$s\r\nContent-Disposition: form-data; name=\"block\"; filename=\"block\"\r\n\r\n"
        "short\r\n--%1$s--\r\n",
        form.boundary);
    fill("a block that is longer than the next");
    fill("short");
    cr_assert_str_eq(buffer_text(&form.body), expected);
}

Test(sink_form, names_columns_without_quotes)
{
    struct buffer structure = {0};
    sink_form_structure(&structure, "`A` Int8, `B` Nullable(String)");
    cr_assert_str_eq(buffer_text(&structure), "A Int8, B Nullable(String)");
    buffer_clear(&structure);
}
