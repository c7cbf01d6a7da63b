/* SPDX-License-Identifier: BSD-3-Clause -- arrays with room for one more. */
#include "common/array.h"

#include <stdlib.h>

enum {
    FIRST_ROOM = 16
};

void *array_grow(void *items, size_t count, size_t *room, size_t item_size)
{
    if (count < *room) {
        return items;
    }
    size_t more = *room != 0 ? *room * 2 : FIRST_ROOM;
    void *larger = reallocarray(items, more, item_size);
    if (larger != NULL) {
        *room = more;
    }
    return larger;
}
