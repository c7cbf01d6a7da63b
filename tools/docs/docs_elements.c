/* SPDX-License-Identifier: BSD-3-Clause -- which information elements fill which field. */
#include "tools/docs/docs_elements.h"

#include "common/flow.h"
#include "ingest/decode/elements.h"

#include <inttypes.h>

static const char INTRODUCTION[] =
    "\n"
    "## From which elements\n"
    "\n"
    "Of NetFlow 9 and IPFIX (`ingest/decode/elements.def`): an element's number, behind its\n"
    "enterprise's where that is not IANA. Those in brackets tell of the answer, which becomes a\n"
    "flow of its own; so do the reverse elements of RFC 5103. A sampled packet (104, 313, 315)\n"
    "fills what its headers have, and a list ([templates.md](templates.md)) what its elements "
    "fill.\n"
    "\n"
    "| Field | Elements |\n"
    "|---|---|\n";

static bool is_time(const struct element *element)
{
    return element->conversion >= ELEMENT_TIME_S &&
           element->conversion <= ELEMENT_TIME_BEFORE_EXPORT;
}

static bool fills_time(const struct element *element, enum flow_field field)
{
    bool is_start = element->target != TIME_END;
    bool is_end = element->target != TIME_START;
    return (field == FLOW_TIME_FLOW_START && is_start) || (field == FLOW_TIME_FLOW_END && is_end);
}

static bool fills(const struct element *element, enum flow_field field)
{
    if (is_time(element)) {
        return fills_time(element, field);
    }
    switch (element->conversion) {
    case ELEMENT_LABEL:
        return field == FLOW_MPLS_LABEL;
    case ELEMENT_ICMP:
        return field == FLOW_ICMP_TYPE || field == FLOW_ICMP_CODE;
    case ELEMENT_SAMPLING:
        return field == FLOW_SAMPLING_RATE;
    case ELEMENT_LIST:
        return element->target == LIST_AS_PATH && field == FLOW_AS_PATH;
    case ELEMENT_SYSTEM_INIT:
    case ELEMENT_DURATION:
    case ELEMENT_PACKET:
    case ELEMENT_SECTION:
        return false;
    default:
        return element->target == field;
    }
}

static void append_element(struct buffer *out, const struct element *element)
{
    bool is_answers =
        element->conversion == ELEMENT_REVERSE || element->conversion == ELEMENT_REVERSE_FLAGS;
    buffer_text_append(out, is_answers ? "(" : "");
    if (element->pen != 0) {
        buffer_format(out, "%" PRIu32 "/", element->pen);
    }
    buffer_format(out, "%u%s", element->id, is_answers ? ")" : "");
}

static void append_row(struct buffer *out, enum flow_field field)
{
    bool is_first = true;
    for (const struct element *element = element_find(0, 1); element != NULL;
         element = element_next(element)) {
        if (!fills(element, field)) {
            continue;
        }
        if (is_first) {
            buffer_format(out, "| %s | ", FLOW_FIELDS[field].name);
        } else {
            buffer_text_append(out, ", ");
        }
        is_first = false;
        append_element(out, element);
    }
    buffer_text_append(out, is_first ? "" : " |\n");
}

void docs_append_elements(struct buffer *out)
{
    buffer_text_append(out, INTRODUCTION);
    for (size_t field = 0; field < FLOW_FIELD_COUNT; field++) {
        append_row(out, (enum flow_field)field);
    }
}
