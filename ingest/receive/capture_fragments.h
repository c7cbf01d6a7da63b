/*
 * capture_fragments.h -- puts the fragments of IP packets together.
 *
 * Internal to the capture reader. A fixed number of packets is held at once; the one that waits
 * longest gives way. Fragments may come in any order and more than once; what overlaps is
 * overwritten, which is good enough for a tool that reads captures.
 */
#pragma once

#include "common/address.h"
#include "common/cursor.h"

struct fragment {
    struct address source;
    struct address destination;
    uint32_t id;
    uint8_t protocol;
    bool has_more;
    uint16_t offset; /* bytes, a multiple of 8 */
    struct cursor payload;
};

struct fragments;

MUST_CHECK enum err fragments_new(struct fragments **fragments_p);
void fragments_destroy(struct fragments **fragments_p);

/*
 * Adds a fragment. ERR_OK: the packet is whole, its payload lent until the next call. ERR_AGAIN:
 * others are still missing. ERR_INVALID: a fragment that cannot be, or reaches beyond 64 KiB.
 */
MUST_CHECK enum err fragments_add(
    struct fragments *fragments, const struct fragment *fragment, struct cursor *whole_p);
