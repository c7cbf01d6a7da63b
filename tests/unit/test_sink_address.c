/* SPDX-License-Identifier: BSD-3-Clause -- server addresses to base URLs. */
#include "store/sink/sink_address.h"

#include <criterion/criterion.h>

static void check(const char *address, const char *expected)
{
    char url[SINK_ADDRESS_SIZE];
    cr_assert_eq(sink_address_url(address, 8123, url), ERR_OK, "%s", address);
    cr_assert_str_eq(url, expected);
}

Test(sink_address, refuses_what_names_no_server)
{
    static const char *const WRONG[] = {"", ":8123", "http://", "host:", "host:0", "host:65536",
        "host:81x", "ftp://host", "host/path", "a b", "[::1", "::1]", "::1", "http://u:p@host",
        "unix:", "unix:relative", "unix:/a?b"};
    char url[SINK_ADDRESS_SIZE];
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        cr_expect_eq(sink_address_url(WRONG[i], 8123, url), ERR_INVALID, "%s", WRONG[i]);
    }
}

Test(sink_address, refuses_a_name_longer_than_any)
{
    char address[600];
    memset(address, 'a', sizeof address - 1);
    address[sizeof address - 1] = '\0';
    char url[SINK_ADDRESS_SIZE];
    cr_assert_eq(sink_address_url(address, 8123, url), ERR_INVALID);
}

Test(sink_address, fills_in_scheme_and_port)
{
    check("127.0.0.1", "http://127.0.0.1:8123");
    check("db.example", "http://db.example:8123");
    check("db.example:9123", "http://db.example:9123");
    check("[::1]", "http://[::1]:8123");
    check("[::1]:9000", "http://[::1]:9000");
    check("http://db.example/", "http://db.example:8123");
    check("https://db.example:8443", "https://db.example:8443");
    check("unix:/run/goflow/serve", "unix:/run/goflow/serve");
}

Test(sink_address, knows_the_engine_in_this_process)
{
    cr_assert(sink_address_is_embedded("embedded"));
    cr_assert_not(sink_address_is_embedded("embedded.example"));
}
