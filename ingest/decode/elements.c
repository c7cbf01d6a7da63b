/* SPDX-License-Identifier: BSD-3-Clause -- the element map and its lookup. */
#include "ingest/decode/elements.h"

#include "common/flow.h"
#include "ingest/decode/packet_header.h"
#include "ingest/decode/sampling_facts.h"

static const struct element ELEMENTS[] = {
#define ELEMENT(enterprise, element_id, conversion_name, target_value)                             \
    {.pen = (enterprise),                                                                          \
        .id = (element_id),                                                                        \
        .target = (uint16_t)(target_value),                                                        \
        .conversion = ELEMENT_##conversion_name},
#include "ingest/decode/elements.def"
};

enum {
    ELEMENT_LINES = sizeof ELEMENTS / sizeof ELEMENTS[0]
};

static uint64_t order_of(uint32_t pen, uint16_t id)
{
    return (uint64_t)pen << 16 | id;
}

const struct element *element_find(uint32_t pen, uint16_t id)
{
    uint64_t wanted = order_of(pen, id);
    size_t low = 0;
    size_t high = ELEMENT_LINES;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order_of(ELEMENTS[middle].pen, ELEMENTS[middle].id) < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_found = low < ELEMENT_LINES && order_of(ELEMENTS[low].pen, ELEMENTS[low].id) == wanted;
    return is_found ? &ELEMENTS[low] : NULL;
}

const struct element *element_next(const struct element *element)
{
    return element + 1 < ELEMENTS + ELEMENT_LINES ? element + 1 : NULL;
}
