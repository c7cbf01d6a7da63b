/* SPDX-License-Identifier: BSD-3-Clause -- which lines are logged, and in which shape. */
#include "common/log.h"
#include "common/start_line.h"
#include "tests/support/captured_log.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *notice_at(const char *level)
{
    log_setup(level, "normal");
    captured_log_begin();
    log_notice("part", "started", "%s", "");
    return captured_log_end();
}

Test(log, shows_notices_unless_only_errors_are_wanted)
{
    captured_log_begin();
    log_notice("part", "started", "id=%d", 7);
    log_info("part", "seen", "%s", "");
    const char *text = captured_log_end();
    cr_assert(strstr(text, " notice part: started id=7\n") != NULL, "default level: %s", text);
    cr_assert(strstr(text, "seen") == NULL, "default level: %s", text);
    cr_assert_str_eq(notice_at("error"), "");
    cr_assert_str_neq(notice_at("warning"), "");
    cr_assert_str_neq(notice_at("info"), "");
    cr_assert_str_neq(notice_at("debug"), "");
}

Test(log, keeps_the_order_of_levels)
{
    static const char *const NAMES[] = {"error", "warning", "info", "debug"};
    enum log_level before = LOG_LEVEL_ERROR;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        enum log_level level = LOG_LEVEL_ERROR;
        cr_assert_eq(log_level_parse(&level, NAMES[i]), ERR_OK);
        cr_assert(i == 0 || level > before, "%s", NAMES[i]);
        before = level;
    }
}

Test(start_line, names_the_version_and_what_was_added)
{
    struct start_line line = {0};
    const struct option_list endpoints = {.count = 2, .values = {"tcp://a:1", "tcp://b:2"}};
    start_line_add(&line, "id", "%d", 5);
    start_line_add(&line, "spool", "%s", "");
    start_line_list(&line, "connects_to", &endpoints);
    start_line_list(&line, "tap", &(struct option_list){0});
    captured_log_begin();
    start_line_log(&line, "ingest");
    const char *text = captured_log_end();
    cr_assert(strstr(text, "ingest: started version=" GOFLOW_VERSION
                           " id=5 connects_to=tcp://a:1,tcp://b:2\n") != NULL,
        "%s", text);
}

Test(start_line, is_one_line_whatever_its_values)
{
    struct start_line line = {0};
    start_line_add(&line, "path", "%s", "a\nb 100%s");
    captured_log_begin();
    start_line_log(&line, "store");
    const char *text = captured_log_end();
    cr_assert(strstr(text, "path=a b 100%s\n") != NULL, "%s", text);
}
