/* SPDX-License-Identifier: BSD-3-Clause -- reads packets into a flow. */
#include "tests/support/sampled_packet.h"

#include <stdlib.h>

struct flow sampled;

bool sampled_is_ordinary(void)
{
    const struct address src = address_from_ipv4((const uint8_t[]){192, 0, 2, 1});
    const struct address dst = address_from_ipv4((const uint8_t[]){198, 51, 100, 2});
    return sampled.etype == 0x0800 && sampled.proto == 6 &&
           address_equal(&sampled.src_addr, &src) && address_equal(&sampled.dst_addr, &dst) &&
           sampled.src_port == FRAME_SRC_PORT && sampled.dst_port == FRAME_DST_PORT &&
           !flow_has(&sampled, FLOW_HAS_ENCAP);
}

void sampled_read(enum packet_protocol protocol, const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size + 1); /* never of no size */
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, bytes, size);
    flow_begin(&sampled);
    (void)packet_header_read(&sampled, protocol, cursor_of(copy, size));
    free(copy);
}

void sampled_read_frame(enum packet_protocol protocol, const struct build *frame)
{
    size_t first = frame->size <= 4096 ? 0 : frame->size;
    for (size_t size = first; size <= frame->size; size++) {
        sampled_read(protocol, frame->bytes, size);
    }
}
