/*
 * extra_entry.h -- how one information element is written into Extra: its key, and its value.
 *
 * The key is the operator's name for it (-mapping), else "enterprise/id". What comes again in one
 * flow has a number behind its key, "0/82/2", so that no key comes twice. docs/mapping.md tells
 * users. A value; the decoder's thread.
 */
#pragma once

#include "common/flow.h"
#include "common/mapping.h"
#include "ingest/decode/template.h"

enum {
    EXTRA_KEY_SIZE = MAPPING_NAME_SIZE + 8 /* a name or an element, and a number behind it */
};

struct extra_key {
    uint8_t type;      /* enum element_type: how values are read */
    uint8_t name_size; /* of the name or element, with which the key starts */
    uint8_t size;      /* of the key */
    uint8_t others;    /* values that come before it, as its number tells */
    char text[EXTRA_KEY_SIZE];
};

/* The key of a field's first value. False: the choice does not want the field. */
bool extra_key_of(
    struct extra_key *key, const struct template_field *field, const struct extra_choice *choice);

/* The key of the value that comes after so many others: "0/82/3" after two. */
void extra_key_number(struct extra_key *key, uint32_t others);

/* Entries that the flow has. */
static inline uint32_t extra_entries(const struct flow *flow)
{
    return flow_has(flow, FLOW_EXTRA) ? flow->extra.count : 0;
}

/* How many of the flow's first so many entries are values of that name. */
uint32_t extra_entry_count(const struct flow *flow, uint32_t entries, const struct extra_key *key);

/* False: there is no room for the value. One without bytes says nothing, and needs none. */
bool extra_entry_append(
    struct flow *flow, const struct extra_key *key, const uint8_t *value, size_t length);
