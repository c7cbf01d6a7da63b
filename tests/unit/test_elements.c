/* SPDX-License-Identifier: BSD-3-Clause -- the element map's own order, and its lookup. */
#include "ingest/decode/elements.h"

#include "common/flow.h"

#include <criterion/criterion.h>

static uint64_t order_of(const struct element *element)
{
    return (uint64_t)element->pen << 16 | element->id;
}

Test(elements, lines_are_in_order_or_the_lookup_would_miss_some)
{
    const struct element *element = element_find(0, 1);
    cr_assert_not_null(element);
    size_t lines = 1;
    for (const struct element *next = element_next(element); next != NULL;
         element = next, next = element_next(next)) {
        cr_assert_leq(
            order_of(element), order_of(next), "%u/%u comes too late", next->pen, next->id);
        lines++;
    }
    cr_assert_gt(lines, 100);
}

Test(elements, every_line_is_found)
{
    for (const struct element *element = element_find(0, 1); element != NULL;
         element = element_next(element)) {
        const struct element *found = element_find(element->pen, element->id);
        cr_assert_not_null(found);
        cr_assert_eq(order_of(found), order_of(element));
    }
}

Test(elements, unknown_ones_are_not_found)
{
    cr_assert_null(element_find(0, 0));
    cr_assert_null(element_find(0, 148), "a flow id is nothing we keep");
    cr_assert_null(element_find(0, UINT16_MAX));
    cr_assert_null(element_find(UINT32_MAX, 1));
}

Test(elements, numbers_go_to_numbers_and_addresses_to_addresses)
{
    for (const struct element *element = element_find(0, 1); element != NULL;
         element = element_next(element)) {
        if (element->conversion <= ELEMENT_REVERSE_FLAGS) {
            cr_assert_eq(FLOW_FIELDS[element->target].kind, FLOW_KIND_NUMBER, "%u", element->id);
        } else if (element->conversion <= ELEMENT_IPV6_OR_NONE) {
            cr_assert_eq(FLOW_FIELDS[element->target].kind, FLOW_KIND_ADDRESS, "%u", element->id);
        } else if (element->conversion == ELEMENT_TEXT) {
            cr_assert_eq(FLOW_FIELDS[element->target].kind, FLOW_KIND_TEXT, "%u", element->id);
        } else if (element->conversion == ELEMENT_APPEND_NUMBER) {
            cr_assert_eq(
                FLOW_FIELDS[element->target].kind, FLOW_KIND_NUMBER_LIST, "%u", element->id);
        }
    }
}
