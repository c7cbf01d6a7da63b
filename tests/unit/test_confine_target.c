/* SPDX-License-Identifier: BSD-3-Clause -- where endpoints, URLs and addresses lead. */
#include "common/confine_reach.h"

#include <criterion/criterion.h>

static void check_tcp(const char *text, bool has_port, unsigned port, bool has_name)
{
    struct confine_target target = confine_target_of(text);
    cr_assert(target.is_tcp, "%s", text);
    cr_assert_eq(target.has_port, has_port, "%s", text);
    cr_assert_eq(target.port, port, "%s", text);
    cr_assert_eq(target.has_name, has_name, "%s", text);
}

Test(confine_target, finds_the_port_of_each_form)
{
    check_tcp("tcp://127.0.0.1:5557", true, 5557, false);
    check_tcp("tcp://[::1]:5557", true, 5557, false);
    check_tcp("tcp://*:5557", true, 5557, false);
    check_tcp("tcp://127.0.0.1:*", true, 0, false);
    check_tcp("tcp://10.0.0.1:5557#edge1", true, 5557, false);
    check_tcp(":8080", true, 8080, false);
    check_tcp("0.0.0.0:0", true, 0, false);
    check_tcp("http://10.0.0.1:8123/path", true, 8123, false);
}

Test(confine_target, takes_the_port_of_the_scheme_where_none_is_given)
{
    check_tcp("http://10.0.0.1", true, 80, false);
    check_tcp("https://10.0.0.1", true, 443, false);
    check_tcp("https://[2001:db8::1]", true, 443, false);
    check_tcp("10.0.0.1", false, 0, false);
}

Test(confine_target, knows_which_hosts_are_looked_up)
{
    check_tcp("tcp://edge1:5557", true, 5557, true);
    check_tcp("tcp://edge1.example:5557#edge1", true, 5557, true);
    check_tcp("tcp://10.0.0.9:0;edge1:5557", true, 5557, true);
    check_tcp("https://db.example", true, 443, true);
    check_tcp("localhost:8123", true, 8123, true);
}

Test(confine_target, of_sockets_in_files_knows_the_path)
{
    cr_assert_str_eq(confine_target_of("ipc:///run/goflow/link").path, "/run/goflow/link");
    cr_assert_str_eq(confine_target_of("unix:/run/goflow/serve").path, "/run/goflow/serve");
    cr_assert_null(confine_target_of("ipc://@abstract").path);
    cr_assert_str_eq(confine_target_of("unix:/run/goflow/serve").path, "/run/goflow/serve");
    cr_assert_null(confine_target_of("inproc://here").path);
    cr_assert_not(confine_target_of("ipc:///run/goflow/link").is_tcp);
    cr_assert_not(confine_target_of("inproc://here").has_port);
}
