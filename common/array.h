/*
 * array.h -- arrays that grow as they are appended to.
 *
 *   struct item *items = array_grow(list->items, list->count, &list->room, sizeof *items);
 *   if (items == NULL) {
 *       return ERR_MEMORY;
 *   }
 *   list->items = items;
 *   list->items[list->count++] = item;
 *
 * For the control plane; free() the array as any other.
 */
#pragma once

#include <stddef.h>

/*
 * Room for one more behind the `count` items of that size: where there is none, the array moves
 * and *room, which is counted in items, doubles. Takes `items`, which may be NULL, and returns the
 * array. NULL: out of memory; `items` is still the caller's.
 */
void *array_grow(void *items, size_t count, size_t *room, size_t item_size);
