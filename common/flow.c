/* SPDX-License-Identifier: BSD-3-Clause -- the table of the flow record's fields. */
#include "common/flow.h"

const struct flow_field_info FLOW_FIELDS[FLOW_FIELD_COUNT] = {
#define FLOW_NUMBER(id, member, field_name, tag, c_type, unit_name, column_type, text)             \
    [FLOW_##id] = {.name = #field_name,                                                            \
        .column = (column_type),                                                                   \
        .documentation = (text),                                                                   \
        .number = (tag),                                                                           \
        .kind = FLOW_KIND_NUMBER,                                                                  \
        .unit = FLOW_UNIT_##unit_name,                                                             \
        .size_bytes = sizeof(c_type),                                                              \
        .offset = offsetof(struct flow, member)},
#define FLOW_COMPOUND(id, member, field_name, tag, column_type, text, kind_name, size)             \
    [FLOW_##id] = {.name = #field_name,                                                            \
        .column = (column_type),                                                                   \
        .documentation = (text),                                                                   \
        .number = (tag),                                                                           \
        .kind = FLOW_KIND_##kind_name,                                                             \
        .unit = FLOW_UNIT_NONE,                                                                    \
        .size_bytes = (size),                                                                      \
        .offset = offsetof(struct flow, member)},
#define FLOW_ADDRESS(id, member, field_name, tag, column_type, text)                               \
    FLOW_COMPOUND(id, member, field_name, tag, column_type, text, ADDRESS, 16)
#define FLOW_NUMBER_LIST(id, member, field_name, tag, column_type, text)                           \
    FLOW_COMPOUND(id, member, field_name, tag, column_type, text, NUMBER_LIST, 4)
#define FLOW_ADDRESS_LIST(id, member, field_name, tag, column_type, text)                          \
    FLOW_COMPOUND(id, member, field_name, tag, column_type, text, ADDRESS_LIST, 16)
#define FLOW_TEXT(id, member, field_name, tag, column_type, text)                                  \
    FLOW_COMPOUND(id, member, field_name, tag, column_type, text, TEXT, 1)
#define FLOW_TEXT_MAP(id, member, field_name, tag, column_type, text)                              \
    FLOW_COMPOUND(id, member, field_name, tag, column_type, text, TEXT_MAP, 1)
#include "common/flow_fields.def"
};

enum err flow_field_find(enum flow_field *field_p, const char *name)
{
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        if (strcmp(FLOW_FIELDS[i].name, name) == 0) {
            *field_p = (enum flow_field)i;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

const char *flow_type_text(enum flow_type type)
{
    static const char *const TEXTS[FLOW_TYPE_COUNT] = {
        [FLOW_TYPE_UNKNOWN] = "unknown",
        [FLOW_TYPE_SFLOW5] = "sFlow5",
        [FLOW_TYPE_NETFLOW5] = "NetFlow5",
        [FLOW_TYPE_NETFLOW9] = "NetFlow9",
        [FLOW_TYPE_IPFIX] = "IPFIX",
        [FLOW_TYPE_NETFLOW1] = "NetFlow1",
        [FLOW_TYPE_NETFLOW7] = "NetFlow7",
    };
    return type < FLOW_TYPE_COUNT ? TEXTS[type] : TEXTS[FLOW_TYPE_UNKNOWN];
}
