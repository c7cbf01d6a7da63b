/* SPDX-License-Identifier: BSD-3-Clause -- which settings requests carry. */
#include "store/sink/server_settings.h"

#include <criterion/criterion.h>
#include <string.h>

static struct server_settings settings;

static void tear_down(void)
{
    server_settings_clear(&settings);
}

TestSuite(server_settings, .fini = tear_down);

Test(server_settings, an_answer_without_names_is_none)
{
    cr_assert_eq(server_settings_read(&settings, ""), ERR_CORRUPT);
    cr_assert_eq(server_settings_read(&settings, "no comma\n"), ERR_CORRUPT);
    cr_assert_eq(server_settings_read(&settings, "async_insert_or_so,\n"), ERR_CORRUPT);
    cr_assert_not(settings.is_known);
}

Test(server_settings, carry_only_what_the_server_knows)
{
    cr_assert_eq(server_settings_read(&settings, "limit,no_such,async_insert,final,\n"), ERR_OK);
    cr_assert(settings.is_known);
    cr_assert_str_eq(buffer_text(&settings.query), "&limit=0&final=0");
    cr_assert_str_eq(buffer_text(&settings.insert), "&limit=0&async_insert=0");
}

Test(server_settings, values_are_escaped)
{
    cr_assert_eq(server_settings_read(&settings, "limit,additional_table_filters,"), ERR_OK);
    cr_assert_str_eq(buffer_text(&settings.query), "&limit=0&additional_table_filters=%7B%7D");
}

Test(server_settings, are_asked_for_with_fewer_arguments_at_each_step)
{
    const char *arguments = "";
    bool asks_for_rights = false;
    size_t steps = 0;
    cr_assert(server_settings_step(0, &arguments, &asks_for_rights));
    cr_assert_not_null(strstr(arguments, "offset=0"));
    while (server_settings_step(steps, &arguments, &asks_for_rights)) {
        steps++;
    }
    cr_assert_gt(steps, 2);
    cr_assert_str_eq(arguments, "", "at last none");
}
