/* SPDX-License-Identifier: BSD-3-Clause -- how long peers of the link were away. */
#include "common/link_absence.h"

#include "common/clock.h"

void link_absence_begin(struct link_absence *absence, uint64_t now_ns)
{
    *absence = (struct link_absence){.is_alone = true, .alone_since_ns = now_ns};
}

static struct link_absent *find(struct link_absence *absence, uint64_t id)
{
    for (size_t i = 0; i < LINK_ABSENT_MAX; i++) {
        if (absence->values[i].id == id) {
            return &absence->values[i];
        }
    }
    return NULL;
}

void link_absence_leave(
    struct link_absence *absence, uint64_t id, size_t peers_left, uint64_t now_ns)
{
    if (find(absence, id) == NULL) {
        absence->values[absence->next] = (struct link_absent){.id = id, .since_ns = now_ns};
        absence->next = (absence->next + 1) % LINK_ABSENT_MAX;
    }
    if (peers_left == 0 && !absence->is_alone) {
        absence->is_alone = true;
        absence->alone_since_ns = now_ns;
    }
}

struct link_return link_absence_come(struct link_absence *absence, uint64_t id, uint64_t now_ns)
{
    struct link_absent *absent = find(absence, id);
    struct link_return result = {
        .was_known = absent != NULL,
        .away_ns = absent != NULL ? now_ns - absent->since_ns : 0,
        .was_alone = absence->is_alone,
        .alone_ns = absence->is_alone ? now_ns - absence->alone_since_ns : 0,
    };
    if (absent != NULL) {
        *absent = (struct link_absent){0};
    }
    absence->is_alone = false;
    absence->has_met = true;
    return result;
}

bool link_absence_is_unmet(struct link_absence *absence, uint64_t now_ns)
{
    bool is_due = absence->is_alone && !absence->has_met && !absence->is_logged &&
                  now_ns - absence->alone_since_ns >= LINK_ALONE_MS * NS_PER_MS;
    absence->is_logged = absence->is_logged || is_due;
    return is_due;
}
