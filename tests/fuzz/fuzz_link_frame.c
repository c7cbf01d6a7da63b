/* SPDX-License-Identifier: BSD-3-Clause -- any bytes as each of the link's frames. */
#include "common/link_frame.h"
#include "tests/fuzz/fuzz_target.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct link_header header;
    if (link_header_parse(&header, bytes, size) == ERR_OK) {
        uint8_t packed[LINK_HEADER_MAX];
        size_t packed_size = link_header_pack(&header, packed);
        enum err err = link_header_parse(&header, packed, packed_size);
        assert(err == ERR_OK);
    }
    struct link_ack ack;
    if (link_ack_parse(&ack, bytes, size) == ERR_OK) {
        link_ack_clear(&ack);
    }
    struct link_lease lease;
    if (link_lease_parse(&lease, bytes, size) == ERR_OK) {
        link_lease_clear(&lease);
    }
    struct link_hello hello;
    if (link_hello_parse(&hello, bytes, size) == ERR_OK) {
        uint8_t packed[LINK_HELLO_MAX];
        size_t packed_size = link_hello_pack(&hello, packed);
        enum err err = link_hello_parse(&hello, packed, packed_size);
        assert(err == ERR_OK);
    }
    return 0;
}
