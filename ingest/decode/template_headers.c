/* SPDX-License-Identifier: BSD-3-Clause -- finds the inner header in a template. */
#include "ingest/decode/template_headers.h"

enum {
    SOURCE_IPV4 = 8,
    DESTINATION_IPV4 = 12,
    SOURCE_IPV6 = 27,
    DESTINATION_IPV6 = 28,
    FLOW_LABEL_IPV6 = 31,
    NO_FIELD = UINT16_MAX
};

/* Elements of IP and transport headers. Those without an inner field are ignored there. */
static const struct header_element {
    uint16_t id;
    uint16_t inner; /* enum flow_field */
} ELEMENTS[] = {
    {4, FLOW_PROTO_ENCAP},
    {5, FLOW_IP_TOS_ENCAP},
    {6, FLOW_TCP_FLAGS_ENCAP},
    {7, FLOW_SRC_PORT_ENCAP},
    {SOURCE_IPV4, FLOW_SRC_ADDR_ENCAP},
    {11, FLOW_DST_PORT_ENCAP},
    {DESTINATION_IPV4, FLOW_DST_ADDR_ENCAP},
    {SOURCE_IPV6, FLOW_SRC_ADDR_ENCAP},
    {DESTINATION_IPV6, FLOW_DST_ADDR_ENCAP},
    {FLOW_LABEL_IPV6, FLOW_IPV6_FLOW_LABEL_ENCAP},
    {52, FLOW_IP_TTL_ENCAP},
    {53, FLOW_IP_TTL_ENCAP},
    {54, FLOW_FRAGMENT_ID_ENCAP},
    {60, FLOW_ETYPE_ENCAP},
    {88, FLOW_FRAGMENT_OFFSET_ENCAP},
    {98, FLOW_IP_TOS_ENCAP},
    {180, FLOW_SRC_PORT_ENCAP},
    {181, FLOW_DST_PORT_ENCAP},
    {182, FLOW_SRC_PORT_ENCAP},
    {183, FLOW_DST_PORT_ENCAP},
    {192, FLOW_IP_TTL_ENCAP},
    {193, FLOW_PROTO_ENCAP},
    {195, FLOW_IP_TOS_ENCAP},
    {256, FLOW_ETYPE_ENCAP},
    /* A second one of these says nothing about the outer header either. */
    {9, NO_FIELD},
    {13, NO_FIELD},
    {29, NO_FIELD},
    {30, NO_FIELD},
    {32, NO_FIELD},
    {44, NO_FIELD},
    {45, NO_FIELD},
    {55, NO_FIELD},
    {139, NO_FIELD},
    {169, NO_FIELD},
    {170, NO_FIELD},
    {176, NO_FIELD},
    {177, NO_FIELD},
    {178, NO_FIELD},
    {179, NO_FIELD},
    {197, NO_FIELD},
};

enum {
    ELEMENT_COUNT = sizeof ELEMENTS / sizeof ELEMENTS[0]
};

/* The template under the search: how often each header element comes in it. */
struct search {
    const struct template_field *fields;
    uint16_t field_count;
    uint16_t counts[ELEMENT_COUNT];
};

/* ELEMENT_COUNT: not an element of a header. */
static size_t element_of(const struct template_field *field)
{
    size_t index = field->pen == 0 && field->length > 0 ? 0 : ELEMENT_COUNT;
    while (index < ELEMENT_COUNT && ELEMENTS[index].id != field->id) {
        index++;
    }
    return index;
}

static bool is_address(uint16_t id)
{
    return id == SOURCE_IPV4 || id == DESTINATION_IPV4 || id == SOURCE_IPV6 ||
           id == DESTINATION_IPV6;
}

enum flow_field template_headers_inner_field(uint16_t id)
{
    for (size_t i = 0; i < ELEMENT_COUNT; i++) {
        if (ELEMENTS[i].id == id && ELEMENTS[i].inner != NO_FIELD) {
            return (enum flow_field)ELEMENTS[i].inner;
        }
    }
    return FLOW_FIELD_COUNT;
}

/* The first field whose element came before; field_count: no element of a header comes twice. */
static uint16_t find_repetition(struct search *search)
{
    uint16_t first = search->field_count;
    for (uint16_t i = 0; i < search->field_count; i++) {
        size_t element = element_of(&search->fields[i]);
        if (element == ELEMENT_COUNT) {
            continue;
        }
        bool is_repeated = search->counts[element]++ > 0 && ELEMENTS[element].inner != NO_FIELD;
        if (is_repeated && first == search->field_count) {
            first = i;
        }
    }
    return first;
}

/*
 * The inner header begins at the repetition, or before it with elements that come once, such as the
 * addresses of another family. One header has one source and one destination, so the first address
 * of a second pair ends the way back.
 */
static uint16_t find_start(const struct search *search, uint16_t repetition)
{
    bool has_address[FLOW_FIELD_COUNT] = {false};
    uint16_t start = repetition;
    for (uint16_t i = repetition; i > 0; i--) {
        const struct template_field *field = &search->fields[i - 1];
        size_t element = element_of(field);
        if (element == ELEMENT_COUNT) {
            continue;
        }
        bool *has = is_address(field->id) ? &has_address[ELEMENTS[element].inner] : NULL;
        if (search->counts[element] > 1 || (has != NULL && *has)) {
            break;
        }
        if (has != NULL) {
            *has = true;
        }
        start = i - 1;
    }
    return start;
}

/* Whether a marked field (or, `marked` false, one that is not) has that element. */
static bool has_element(const struct search *search, const bool *is_inner, bool marked, uint16_t id)
{
    for (uint16_t i = 0; i < search->field_count; i++) {
        const struct template_field *field = &search->fields[i];
        if (field->pen == 0 && field->id == id && is_inner[i] == marked) {
            return true;
        }
    }
    return false;
}

/* Without an inner address, the later one of two families is the inner header's. */
static void mark_later_family(
    const struct search *search, bool *is_inner, uint16_t ipv4, uint16_t ipv6)
{
    bool has_inner =
        has_element(search, is_inner, true, ipv4) || has_element(search, is_inner, true, ipv6);
    if (has_inner || !has_element(search, is_inner, false, ipv4) ||
        !has_element(search, is_inner, false, ipv6)) {
        return;
    }
    for (uint16_t i = search->field_count; i > 0; i--) {
        const struct template_field *field = &search->fields[i - 1];
        if (field->pen == 0 && (field->id == ipv4 || field->id == ipv6)) {
            is_inner[i - 1] = true;
            return;
        }
    }
}

/* IPv4 has no flow label: one that comes once goes with the header that is IPv6. */
static void settle_flow_label(const struct search *search, bool *is_inner)
{
    bool is_outer_ipv6 = has_element(search, is_inner, false, SOURCE_IPV6);
    bool is_inner_ipv6 = has_element(search, is_inner, true, SOURCE_IPV6);
    for (uint16_t i = 0; i < search->field_count; i++) {
        const struct template_field *field = &search->fields[i];
        size_t element = element_of(field);
        bool is_single_label =
            element < ELEMENT_COUNT && field->id == FLOW_LABEL_IPV6 && search->counts[element] == 1;
        if (is_single_label && is_outer_ipv6 != is_inner_ipv6) {
            is_inner[i] = is_inner_ipv6;
        }
    }
}

bool template_headers_mark(
    bool *is_inner, const struct template_field *fields, uint16_t field_count)
{
    struct search search = {.fields = fields, .field_count = field_count};
    memset(is_inner, 0, field_count * sizeof *is_inner);
    uint16_t repetition = find_repetition(&search);
    if (repetition == field_count) {
        return false;
    }
    uint16_t seen[ELEMENT_COUNT] = {0};
    uint16_t start = find_start(&search, repetition);
    for (uint16_t i = 0; i < field_count; i++) {
        size_t element = element_of(&fields[i]);
        if (element == ELEMENT_COUNT) {
            continue;
        }
        bool is_second = seen[element]++ > 0;
        is_inner[i] = is_second || (i >= start && ELEMENTS[element].inner != NO_FIELD &&
                                       search.counts[element] == 1);
    }
    mark_later_family(&search, is_inner, SOURCE_IPV4, SOURCE_IPV6);
    mark_later_family(&search, is_inner, DESTINATION_IPV4, DESTINATION_IPV6);
    settle_flow_label(&search, is_inner);
    return true;
}
