/* SPDX-License-Identifier: BSD-3-Clause -- seeds of hashes. */
#include "common/hash.h"

#include "common/clock.h"

#include <sys/random.h>

struct hash_seed hash_seed_new(void)
{
    struct hash_seed seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (long)sizeof seed) {
        /* Early after boot the kernel may have none yet: better a weak seed than no start. */
        seed = (struct hash_seed){{clock_monotonic_ns(), (uintptr_t)&seed}};
    }
    return seed;
}
