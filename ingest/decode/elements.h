/*
 * elements.h -- the element map: (enterprise, element) to flow field and conversion.
 *
 * elements.def has one line for each. Read when a template is compiled, never for a record.
 * Numbers and names: IANA's IPFIX registry, RFC 3954 section 8, vendors' documents.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Private enterprise number of RFC 5103: the element of that id, for the reverse direction. */
#define ELEMENT_REVERSE_PEN UINT32_C(29305)

enum element_conversion {
    ELEMENT_NUMBER,        /* unsigned, 1 to 8 bytes, to the field */
    ELEMENT_FALLBACK,      /* the same, where the field is still 0 */
    ELEMENT_TOTAL,         /* the same, where no other element of the template counts it */
    ELEMENT_FLAGS,         /* or-ed into the field */
    ELEMENT_DSCP,          /* six bits: the upper ones of the field, where that is still 0 */
    ELEMENT_EXCEPTION,     /* a common property of Juniper's, of that type */
    ELEMENT_REVERSE,       /* a number, of the flow of the answer */
    ELEMENT_REVERSE_FLAGS, /* flags, likewise */
    ELEMENT_IPV4,          /* an address, any value counts */
    ELEMENT_IPV6,          /* likewise */
    ELEMENT_IPV4_OR_NONE,  /* 0.0.0.0 says that there is none; gives way to IPV4 */
    ELEMENT_IPV6_OR_NONE,  /* :: likewise */
    ELEMENT_TEXT,          /* of any length, to a field of kind text; the first one counts */
    ELEMENT_APPLICATION,   /* an application id of any length (RFC 6759) */
    ELEMENT_ORIGINAL_IPV4, /* the exporter behind a mediator, where it is wanted */
    ELEMENT_ORIGINAL_IPV6,
    ELEMENT_ICMP,               /* type << 8 | code */
    ELEMENT_LABEL,              /* 3 bytes: label, EXP, bottom bit; target: place in the stack */
    ELEMENT_APPEND_NUMBER,      /* one more of a list, unless it is 0 */
    ELEMENT_APPEND_IPV4,        /* likewise */
    ELEMENT_APPEND_IPV6,        /* likewise */
    ELEMENT_TIME_S,             /* since 1970; target: enum element_time */
    ELEMENT_TIME_MS,            /* since 1970 */
    ELEMENT_TIME_NTP_US,        /* RFC 7011 section 6.1.9 */
    ELEMENT_TIME_NTP_NS,        /* RFC 7011 section 6.1.10 */
    ELEMENT_TIME_UPTIME,        /* ms since the exporter started */
    ELEMENT_TIME_BEFORE_EXPORT, /* µs before the export time */
    ELEMENT_SYSTEM_INIT,        /* ms since 1970: when the exporter started */
    ELEMENT_DURATION,           /* target: µs in one unit */
    ELEMENT_IP_VERSION,         /* 4 or 6: which of the addresses counts */
    ELEMENT_SAMPLING,           /* target: enum sampling_fact */
    ELEMENT_PACKET,             /* the first bytes of a packet; target: enum packet_protocol */
    ELEMENT_SECTION,            /* about those bytes; target: enum section_fact */
    ELEMENT_SEGMENTS,           /* IPv6 addresses one behind the other, to the routing addresses */
    ELEMENT_ROUTING_HEADER,     /* a whole IPv6 routing header */
    ELEMENT_LIST                /* RFC 6313; target: enum element_list */
};

enum element_list {
    LIST_BASIC,             /* values of one element */
    LIST_BASIC_APART,       /* likewise, but not for that one's field: entries of Extra */
    LIST_AS_PATH,           /* AS numbers on the way to the destination */
    LIST_SUB_TEMPLATE,      /* records of one template */
    LIST_SUB_TEMPLATE_MULTI /* of several */
};

/* Of the packet sections in a record (RFC 7133); of several the last counts for all. */
enum section_fact {
    SECTION_FRAME_TYPE, /* what element 315 holds */
    SECTION_OFFSET,     /* octets of the packet left out in front of it */
    SECTION_OCTETS,     /* that are the packet's; what follows is padding */
    SECTION_FACT_COUNT
};

enum element_time {
    TIME_START,
    TIME_END,
    TIME_BOTH
};

struct element {
    uint32_t pen;
    uint16_t id;
    uint16_t target; /* enum flow_field unless the conversion says otherwise */
    enum element_conversion conversion;
};

/* Whether it is a list whose values are entries of Extra; not so NULL. */
static inline bool element_is_list_apart(const struct element *element)
{
    return element != NULL && element->conversion == ELEMENT_LIST &&
           element->target == LIST_BASIC_APART;
}

/*
 * Whether some of its values are for Extra, as if it had no line; so is NULL. Texts are in both:
 * they had no fields once, and queries read them from Extra.
 */
static inline bool element_is_for_extra(const struct element *element)
{
    return element == NULL || element->conversion == ELEMENT_EXCEPTION ||
           element->conversion == ELEMENT_TEXT || element_is_list_apart(element);
}

/* The first line of that element, lent for ever, or NULL. */
const struct element *element_find(uint32_t pen, uint16_t id);

/* The line behind it, of the same element or of another; NULL behind the last. */
const struct element *element_next(const struct element *element);
