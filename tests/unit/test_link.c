/* SPDX-License-Identifier: BSD-3-Clause -- endpoints of the link and their return channels. */
#include "common/link.h"

#include <criterion/criterion.h>

static void check_refused(const char *endpoint)
{
    char out[LINK_ENDPOINT_SIZE];
    cr_assert_eq(link_ack_endpoint(endpoint, out), ERR_INVALID, "%s", endpoint);
}

static void check_becomes(const char *endpoint, const char *wanted)
{
    char out[LINK_ENDPOINT_SIZE];
    cr_assert_eq(link_ack_endpoint(endpoint, out), ERR_OK, "%s", endpoint);
    cr_assert_str_eq(out, wanted);
}

Test(link, refuses_what_is_no_endpoint)
{
    check_refused("");
    check_refused("127.0.0.1:5557");
    check_refused("udp://127.0.0.1:5557");
    check_refused("tcp://");
    check_refused("tcp://:5557");
    check_refused("tcp://127.0.0.1");
    check_refused("tcp://127.0.0.1:");
    check_refused("tcp://127.0.0.1:0");
    check_refused("tcp://127.0.0.1:-1");
    check_refused("tcp://127.0.0.1:65535");
    check_refused("tcp://127.0.0.1:5557x");
    check_refused("tcp://127.0.0.1:99999999999999999999");
}

Test(link, derives_the_return_channel)
{
    check_becomes("tcp://127.0.0.1:5557", "tcp://127.0.0.1:5558");
    check_becomes("tcp://[::1]:65534", "tcp://[::1]:65535");
    check_becomes("tcp://*:1", "tcp://*:2");
    check_becomes("ipc:///run/goflow/link", "ipc:///run/goflow/link.ack");
    check_becomes("inproc://link", "inproc://link.ack");
}

Test(link, the_old_name_of_an_ingest_is_its_role_and_id)
{
    uint8_t id[LINK_OLD_NAME_SIZE];
    link_old_name(0x0102030405060708, id);
    cr_assert_arr_eq(id, "i\1\2\3\4\5\6\7\10", sizeof id);
}

Test(link, ids_differ)
{
    uint64_t id = link_random_id();
    cr_assert_neq(id, 0);
    cr_assert_neq(id, link_random_id());
}
