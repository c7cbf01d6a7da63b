/* SPDX-License-Identifier: BSD-3-Clause -- every option that names a file or a peer says so. */
#include "ingest/ingest_settings.h"
#include "store/store_settings.h"

#include <criterion/criterion.h>
#include <string.h>

/* Read once, before the process confines itself; or added by the program itself. */
static const char *const ELSEWHERE[] = {"ch.password.file", "ch.path", "ch.lib", "ch.addr"};

static bool is_elsewhere(const char *name)
{
    for (size_t i = 0; i < sizeof ELSEWHERE / sizeof ELSEWHERE[0]; i++) {
        if (strcmp(name, ELSEWHERE[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool begins(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

static bool names_something(const struct option *option)
{
    static const char *const WORDS[] = {"File ", "Folder ", "Endpoint", "Address of "};
    bool is_path = option->type == OPTION_TEXT || option->type == OPTION_LIST;
    for (size_t i = 0; is_path && i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (begins(option->help, WORDS[i])) {
            return true;
        }
    }
    return is_path &&
           (strstr(option->name, ".dir") != NULL || strstr(option->name, ".file") != NULL ||
               strstr(option->name, "socket") != NULL || strstr(option->name, "keys") != NULL);
}

static void check(const struct option_program *program)
{
    size_t count = 0;
    for (size_t i = 0; i < program->option_count; i++) {
        const struct option *option = &program->options[i];
        count += option->reach != OPTION_REACHES_NOTHING;
        if (names_something(option) && !is_elsewhere(option->name)) {
            cr_assert_neq(option->reach, OPTION_REACHES_NOTHING,
                "-%s names what -confine will not let it reach: set .reach", option->name);
        }
        if (option->reach != OPTION_REACHES_NOTHING) {
            cr_assert(
                option->type == OPTION_TEXT || option->type == OPTION_LIST, "-%s", option->name);
        }
    }
    cr_assert_geq(count, 6, "%s: only %zu options reach anything", program->name, count);
}

Test(confine_options, of_the_ingest_say_what_they_reach)
{
    check(&INGEST_PROGRAM);
}

Test(confine_options, of_the_store_say_what_they_reach)
{
    check(&STORE_PROGRAM);
}
