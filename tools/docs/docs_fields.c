/* SPDX-License-Identifier: BSD-3-Clause -- the field reference. */
#include "tools/docs/docs_fields.h"

#include "common/flow.h"
#include "tools/docs/docs_elements.h"

static const char INTRODUCTION[] =
    "# Fields of a flow\n"
    "\n"
    "<!-- Printed by `goflow-docs fields` from common/flow_fields.def and\n"
    "ingest/decode/elements.def: change it there. -->\n"
    "\n"
    "Names are those of FlowMessage (`proto/flow.proto`), of the JSON keys and of the table's\n"
    "columns. A field that is zero or empty is left out of messages and of JSON; in the table it\n"
    "is the column type's default. Numbers below 900 are those of the original FlowMessage and\n"
    "of goflow2. A value that is too large for its number of bits is stored as the largest one.\n"
    "\n"
    "Addresses are 4 or 16 bytes in messages. MAC addresses are numbers, the first octet highest.\n"
    "Lists hold up to 64 values. A column `FlowType` of the table, as the original has it, takes\n"
    "Type.\n"
    "\n"
    "| Field | Number | Value | Column | Meaning |\n"
    "|---|---|---|---|---|\n";

static const char *unit_text(enum flow_unit unit)
{
    switch (unit) {
    case FLOW_UNIT_SECONDS:
        return ", seconds since 1970";
    case FLOW_UNIT_NANOSECONDS:
        return ", nanoseconds since 1970";
    case FLOW_UNIT_OCTETS:
        return ", octets";
    case FLOW_UNIT_PACKETS:
        return ", packets";
    case FLOW_UNIT_MAC:
        return ", MAC address";
    default:
        return "";
    }
}

static void append_value(struct buffer *out, const struct flow_field_info *info)
{
    switch (info->kind) {
    case FLOW_KIND_NUMBER:
        if (strcmp(info->column, "Bool") == 0) {
            buffer_text_append(out, "0 or 1");
        } else {
            buffer_format(out, "%u bits%s", info->size_bytes * 8, unit_text(info->unit));
        }
        break;
    case FLOW_KIND_ADDRESS:
        buffer_text_append(out, "address");
        break;
    case FLOW_KIND_NUMBER_LIST:
        buffer_format(out, "list of %u bits", info->size_bytes * 8);
        break;
    case FLOW_KIND_ADDRESS_LIST:
        buffer_text_append(out, "list of addresses");
        break;
    case FLOW_KIND_TEXT:
        buffer_format(out, "text of up to %d bytes", FLOW_TEXT_BYTES);
        break;
    case FLOW_KIND_TEXT_MAP:
        buffer_text_append(out, "map of texts");
        break;
    }
}

void docs_append_fields(struct buffer *out)
{
    buffer_text_append(out, INTRODUCTION);
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        const struct flow_field_info *info = &FLOW_FIELDS[i];
        buffer_format(out, "| %s | %u | ", info->name, info->number);
        append_value(out, info);
        if (info->column[0] != '\0') {
            buffer_format(out, " | `%s` | %s |\n", info->column, info->documentation);
        } else {
            buffer_format(out, " | | %s |\n", info->documentation);
        }
    }
    docs_append_elements(out);
}
