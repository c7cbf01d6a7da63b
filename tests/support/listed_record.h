/*
 * listed_record.h -- records that hold a list (RFC 6313), for tests.
 */
#pragma once

#include "tests/support/flow_collector.h"

enum {
    LISTED_OUTER = 256, /* template of the record: source port, the list, octets */
    LISTED_INNER = 257, /* MAC address and ports */
    LISTED_MIDDLE = 258 /* a list of anything between a text and a port */
};

enum {
    LISTED_BYTES = 1500,
    LIST_VARIABLE = TEMPLATE_VARIABLE,
    LIST_ALL_OF = 3, /* semantics of RFC 6313 section 4.4 */
    LIST_ORDERED = 4,
    LIST_ENTERPRISE = 0x8000,
    LIST_MAX = 250
};

/* What the record's list holds; and the decoder that gets it. */
extern struct build list;
extern struct flow_collector listed;

/* With an empty list. */
void listed_start(const struct decoder_options *options);
void listed_stop(void);

/* Templates of what may be inside. */
void listed_announce(void);

/* Sends a record of source port 0, the first `size` bytes of the list, and LISTED_BYTES octets. */
const struct flow *listed_decode_part(uint16_t kind, size_t size);

/* The whole list. */
const struct flow *listed_decode(uint16_t kind);

void list_open_basic(uint16_t element, uint16_t length);
void list_put_number(uint64_t value, size_t size);
