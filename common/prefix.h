/*
 * prefix.h -- prefixes of addresses, such as 192.0.2.0/24 and 2001:db8::/32. Values.
 *
 * A prefix of link-local addresses holds on every interface when it has at most 64 bits
 * (fe80::/10); a longer one needs its interface (fe80::1%eth0), because only the two together name
 * a peer (address.h).
 */
#pragma once

#include "common/address.h"

struct prefix {
    struct address address;
    uint32_t bits; /* of 128, also for IPv4 */
};

/* Reads ADDRESS or ADDRESS/LENGTH. ERR_INVALID: *reason_p says what is wrong, static. */
MUST_CHECK enum err prefix_parse(struct prefix *prefix_p, const char *text, const char **reason_p);

bool prefix_has(const struct prefix *prefix, const struct address *address);
