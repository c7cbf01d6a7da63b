/* SPDX-License-Identifier: BSD-3-Clause -- reads lists inside records. */
#include "ingest/decode/record_list.h"

#include "ingest/decode/element_text.h"
#include "ingest/decode/extra_entry.h"
#include "ingest/decode/extra_program.h"
#include "ingest/decode/template_fill.h"

enum {
    LIST_DEPTH_MAX = 2,
    BLOCK_HEADER_SIZE = 4,   /* of a subTemplateMultiList: template and length */
    ENTERPRISE_BIT = 0x8000, /* RFC 7011 section 3.2 */
    SOURCE_AS = 16,          /* bgpSourceAsNumber */
    DESTINATION_AS = 17      /* bgpDestinationAsNumber */
};

/* What a number is in a path to the destination. */
static const struct element HOP = {.conversion = ELEMENT_APPEND_NUMBER, .target = FLOW_AS_PATH};

/* The list of a path to the source, bgpSourceAsPathList, which has no field. */
static const struct template_field SOURCE_PATH = {.id = 511};

/* What of a list is read. */
enum list_part {
    LIST_PART_FORWARD, /* the flow's fields, and Extra */
    LIST_PART_EXTRA,   /* Extra alone: of records behind the first of their template */
    LIST_PART_REVERSE  /* the fields of the flow of the answer */
};

struct list_reader {
    struct decode_context *context;
    const struct export_message *message;
    enum list_part part;
    int depth; /* lists around this one */
};

/* What becomes of the values of a basicList. */
struct value_reader {
    struct list_reader list;
    struct template_field field;
    const struct element *element; /* NULL: not in the element map */
    bool is_path;                  /* to the destination: each value is a HOP */
    bool fills;                    /* the element's field */
    bool has_extra;
    struct extra_key key;
};

static void read_lists(const struct list_reader *reader, const struct template *template,
    const struct record_place *places, const uint8_t *record);
static void read_list(const struct list_reader *reader, enum element_list kind,
    const struct template_field *field, struct cursor list);

static void count_unread(const struct list_reader *reader)
{
    counter_add(&reader->context->counters->lists_unread, 1);
}

static void drop_extra(const struct list_reader *reader, uint32_t count)
{
    counter_add(&reader->context->counters->extra_dropped, count);
}

static void fill_field(const struct value_reader *reader, const struct element *line,
    const struct cursor *value, uint16_t index)
{
    if (reader->fills) {
        template_fill_value(
            line, value->pos, (uint16_t)cursor_left(value), index, reader->list.context->flow);
    }
}

/* The element may have several lines in the element map. */
static void fill_value(
    const struct value_reader *reader, const struct cursor *value, uint16_t index)
{
    if (reader->is_path) {
        fill_field(reader, &HOP, value, index);
        return;
    }
    const struct element *element = reader->element;
    const struct element *line = element;
    while (line != NULL && line->pen == element->pen && line->id == element->id) {
        if (line->conversion == ELEMENT_LIST) {
            read_list(&reader->list, (enum element_list)line->target, &reader->field, *value);
        } else {
            fill_field(reader, line, value, index);
        }
        line = element_next(line);
    }
}

/* The first has the key as it is, unless the flow has it already. */
static void append_value(struct value_reader *reader, const struct cursor *value, uint32_t *others)
{
    size_t size = cursor_left(value);
    extra_key_number(&reader->key, *others);
    bool fits = extra_entry_append(reader->list.context->flow, &reader->key, value->pos, size);
    *others += fits && size > 0;
    drop_extra(&reader->list, !fits);
}

static void read_values(struct value_reader *reader, struct cursor values)
{
    struct flow *flow = reader->list.context->flow;
    uint32_t others =
        reader->has_extra ? extra_entry_count(flow, extra_entries(flow), &reader->key) : 0;
    for (uint16_t index = 0; cursor_left(&values) > 0; index++) {
        uint16_t length = reader->field.length;
        uint16_t size = length == TEMPLATE_VARIABLE ? record_take_length(&values) : length;
        struct cursor value = cursor_sub(&values, size);
        if (cursor_failed(&values)) {
            count_unread(&reader->list);
            return;
        }
        fill_value(reader, &value, index);
        if (reader->has_extra) {
            append_value(reader, &value, &others);
        }
    }
}

/* Fills in what becomes of the values; false: nothing. `list` is the element of the list itself. */
static bool choose_values(
    struct value_reader *reader, const struct template_field *list, bool is_apart)
{
    const struct extra_choice *choice = reader->list.context->exporter->templates.choice;
    const struct template_field *field = &reader->field;
    bool is_reverse = field->pen == ELEMENT_REVERSE_PEN;
    enum list_part part = reader->list.part;
    reader->element = is_apart ? NULL : element_find(is_reverse ? 0 : field->pen, field->id);
    reader->fills = part == (is_reverse ? LIST_PART_REVERSE : LIST_PART_FORWARD);
    reader->has_extra =
        part != LIST_PART_REVERSE && extra_key_of(&reader->key, is_apart ? list : field, choice);
    if (is_apart && reader->has_extra && reader->key.type == ELEMENT_TYPE_OCTETS) {
        reader->key.type = (uint8_t)element_type_of(field->pen, field->id);
    }
    bool is_list = reader->element != NULL && reader->element->conversion == ELEMENT_LIST;
    bool has_field = reader->is_path || reader->element != NULL;
    return reader->has_extra || is_list || (reader->fills && has_field);
}

/* AS numbers in a list of anything (291) are a path, too: so Junos OS sends it. */
static enum element_list kind_of(enum element_list kind, const struct template_field *value)
{
    bool is_anything = kind == LIST_BASIC && value->pen == 0;
    if (is_anything && value->id == DESTINATION_AS) {
        return LIST_AS_PATH;
    }
    return is_anything && value->id == SOURCE_AS ? LIST_BASIC_APART : kind;
}

static void read_basic_list(const struct list_reader *reader, enum element_list announced,
    const struct template_field *field, struct cursor list)
{
    struct value_reader values = {.list = *reader};
    cursor_skip(&list, 1);
    values.field.id = cursor_be16(&list);
    values.field.length = cursor_be16(&list);
    if ((values.field.id & ENTERPRISE_BIT) != 0) {
        values.field.id &= (uint16_t)~ENTERPRISE_BIT;
        values.field.pen = cursor_be32(&list);
    }
    if (cursor_failed(&list) || values.field.length == 0) { /* without bytes it would never end */
        count_unread(reader);
        return;
    }
    enum element_list kind = kind_of(announced, &values.field);
    bool is_apart = kind == LIST_BASIC_APART;
    const struct template_field *name = is_apart && kind != announced ? &SOURCE_PATH : field;
    values.is_path = kind == LIST_AS_PATH;
    if (choose_values(&values, name, is_apart)) {
        read_values(&values, list);
    }
}

static void fill_record(const struct list_reader *reader, const struct template *template,
    const struct record_place *places, const uint8_t *record)
{
    bool is_reverse = reader->part == LIST_PART_REVERSE;
    const struct template_program *program =
        is_reverse ? template->program->reverse : template->program;
    if (reader->part != LIST_PART_EXTRA && program != NULL) {
        template_fill_record(program, places, record, reader->context->flow);
    }
}

/* False: the next one need not be looked at. */
static bool read_record(
    const struct list_reader *reader, const struct template *template, struct cursor *records)
{
    struct record_place places[TEMPLATE_MAX_FIELDS];
    const uint8_t *record = record_take(records, template, places);
    if (record == NULL) {
        count_unread(reader);
        return false;
    }
    struct flow *flow = reader->context->flow;
    fill_record(reader, template, places, record);
    uint32_t dropped = 0;
    if (template->extra != NULL && reader->part != LIST_PART_REVERSE) {
        dropped = extra_program_add(template->extra, places, record, flow);
        drop_extra(reader, dropped);
    }
    read_lists(reader, template, places, record);
    return dropped == 0 &&
           (template->extra != NULL || template_program_has_lists(template->program));
}

/* Fields are of the first record, and Extra is of all: until it is full. */
static void read_all_records(
    const struct list_reader *reader, const struct template *template, struct cursor records)
{
    const struct extra_choice *choice = reader->context->exporter->templates.choice;
    bool has_extra = choice->takes_all || choice->mapping != NULL;
    struct list_reader next = *reader;
    bool goes_on = cursor_left(&records) > 0;
    while (goes_on) {
        goes_on = read_record(&next, template, &records) && has_extra &&
                  reader->part != LIST_PART_REVERSE &&
                  cursor_left(&records) >= template->record_min_bytes;
        next.part = LIST_PART_EXTRA;
    }
}

static void read_records(
    const struct list_reader *reader, uint16_t template_id, struct cursor records)
{
    const struct decode_context *context = reader->context;
    struct template_key key = {
        .domain = reader->message->domain, .id = template_id, .version = reader->message->version};
    const struct template *template = template_store_find(
        &context->exporter->templates, &key, context->stream, context->datagram->received_ns);
    if (template == NULL) {
        count_unread(reader);
        return;
    }
    if (!template->is_options) {
        read_all_records(reader, template, records);
    }
}

static void read_sub_template_list(const struct list_reader *reader, struct cursor list)
{
    cursor_skip(&list, 1);
    uint16_t template_id = cursor_be16(&list);
    if (cursor_failed(&list)) {
        count_unread(reader);
        return;
    }
    read_records(reader, template_id, list);
}

static void read_sub_template_multi_list(const struct list_reader *reader, struct cursor list)
{
    cursor_skip(&list, 1);
    while (cursor_left(&list) > 0) {
        uint16_t template_id = cursor_be16(&list);
        uint16_t length = cursor_be16(&list);
        if (length < BLOCK_HEADER_SIZE) {
            cursor_fail(&list);
        }
        struct cursor records = cursor_sub(&list, (size_t)length - BLOCK_HEADER_SIZE);
        if (cursor_failed(&list)) {
            count_unread(reader);
            return;
        }
        read_records(reader, template_id, records);
    }
}

/* `field` is the list itself, as its template or the list around it names it. */
static void read_list(const struct list_reader *reader, enum element_list kind,
    const struct template_field *field, struct cursor list)
{
    if (cursor_left(&list) == 0) {
        return; /* the exporter had none */
    }
    if (reader->depth == LIST_DEPTH_MAX) {
        count_unread(reader);
        return;
    }
    struct list_reader inside = *reader;
    inside.depth++;
    switch (kind) {
    case LIST_BASIC:
    case LIST_BASIC_APART:
    case LIST_AS_PATH:
        read_basic_list(&inside, kind, field, list);
        break;
    case LIST_SUB_TEMPLATE:
        read_sub_template_list(&inside, list);
        break;
    case LIST_SUB_TEMPLATE_MULTI:
        read_sub_template_multi_list(&inside, list);
        break;
    }
}

/* `places` NULL: the program is fitted to this record. */
static void read_lists(const struct list_reader *reader, const struct template *template,
    const struct record_place *places, const uint8_t *record)
{
    const struct template_program *program = template->program;
    for (uint32_t i = program->ends[PROGRAM_STEPS]; i < program->ends[PROGRAM_LISTS]; i++) {
        bool is_fitted = places == NULL || program->unplaced == NULL;
        struct program_op op =
            is_fitted ? program->ops[i] : template_program_op_at(program, i, places);
        read_list(reader, (enum element_list)op.destination, &template->fields[op.field],
            cursor_of(record + op.source, op.length));
    }
}

void record_lists_read(struct decode_context *context, const struct export_message *message,
    const struct template *template, const uint8_t *record)
{
    struct list_reader reader = {.context = context, .message = message, .part = LIST_PART_FORWARD};
    read_lists(&reader, template, NULL, record);
}

void record_lists_read_reverse(struct decode_context *context, const struct export_message *message,
    const struct template *template, const uint8_t *record)
{
    struct list_reader reader = {.context = context, .message = message, .part = LIST_PART_REVERSE};
    read_lists(&reader, template, NULL, record);
}
