/* SPDX-License-Identifier: BSD-3-Clause -- reads lists inside records. */
#include "ingest/decode/record_list.h"

#include "ingest/decode/extra_program.h"
#include "ingest/decode/template_fill.h"

enum {
    LIST_DEPTH_MAX = 2,
    BLOCK_HEADER_SIZE = 4,  /* of a subTemplateMultiList: template and length */
    ENTERPRISE_BIT = 0x8000 /* RFC 7011 section 3.2 */
};

struct list_reader {
    struct decode_context *context;
    const struct export_message *message;
    int depth; /* lists around this one */
};

static void read_lists(const struct list_reader *reader, const struct template_program *program,
    const struct record_place *places, const uint8_t *record);
static void read_list(const struct list_reader *reader, enum element_list kind, struct cursor list);

static void count_unread(const struct list_reader *reader)
{
    counter_add(&reader->context->counters->lists_unread, 1);
}

/* The element may have several lines in the element map. */
static void read_value(const struct list_reader *reader, const struct element *element,
    const struct cursor *value, uint16_t index)
{
    const struct element *line = element;
    while (line != NULL && line->pen == element->pen && line->id == element->id) {
        if (line->conversion == ELEMENT_LIST) {
            read_list(reader, (enum element_list)line->target, *value);
        } else {
            template_fill_value(
                line, value->pos, (uint16_t)cursor_left(value), index, reader->context->flow);
        }
        line = element_next(line);
    }
}

static void read_values(const struct list_reader *reader, const struct element *element,
    uint16_t length, struct cursor values)
{
    for (uint16_t index = 0; cursor_left(&values) > 0; index++) {
        uint16_t size = length == TEMPLATE_VARIABLE ? record_take_length(&values) : length;
        struct cursor value = cursor_sub(&values, size);
        if (cursor_failed(&values)) {
            count_unread(reader);
            return;
        }
        read_value(reader, element, &value, index);
    }
}

static void read_basic_list(const struct list_reader *reader, struct cursor list)
{
    cursor_skip(&list, 1);
    uint16_t id = cursor_be16(&list);
    uint16_t length = cursor_be16(&list);
    uint32_t pen = (id & ENTERPRISE_BIT) != 0 ? cursor_be32(&list) : 0;
    if (cursor_failed(&list) || length == 0) { /* values without bytes would never end */
        count_unread(reader);
        return;
    }
    const struct element *element = element_find(pen, id & (ENTERPRISE_BIT - 1));
    if (element != NULL) {
        read_values(reader, element, length, list);
    }
}

static void read_record(
    const struct list_reader *reader, const struct template *template, struct cursor records)
{
    struct record_place places[TEMPLATE_MAX_FIELDS];
    const uint8_t *record = record_take(&records, template, places);
    if (record == NULL) {
        count_unread(reader);
        return;
    }
    struct decode_context *context = reader->context;
    template_fill_record(template->program, places, record, context->flow);
    if (template->extra != NULL) {
        uint32_t dropped = extra_program_fill(template->extra, places, record, context->flow);
        counter_add(&context->counters->extra_dropped, dropped);
    }
    read_lists(reader, template->program, places, record);
}

/* The first of the records; the others are of the same kind. */
static void read_records(
    const struct list_reader *reader, uint16_t template_id, struct cursor records)
{
    const struct datagram *datagram = reader->context->datagram;
    struct template_key key = {
        .domain = reader->message->domain, .id = template_id, .version = reader->message->version};
    const struct template *template = template_store_find(
        &reader->context->exporter->templates, &key, datagram->source_port, datagram->received_ns);
    if (template == NULL) {
        count_unread(reader);
        return;
    }
    if (cursor_left(&records) > 0 && !template->is_options) {
        read_record(reader, template, records);
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

static void read_list(const struct list_reader *reader, enum element_list kind, struct cursor list)
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
        read_basic_list(&inside, list);
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
static void read_lists(const struct list_reader *reader, const struct template_program *program,
    const struct record_place *places, const uint8_t *record)
{
    for (uint32_t i = program->ends[PROGRAM_STEPS]; i < program->ends[PROGRAM_LISTS]; i++) {
        bool is_fitted = places == NULL || program->unplaced == NULL;
        struct program_op op =
            is_fitted ? program->ops[i] : template_program_op_at(program, i, places);
        read_list(
            reader, (enum element_list)op.destination, cursor_of(record + op.source, op.length));
    }
}

void record_lists_read(struct decode_context *context, const struct export_message *message,
    const struct template_program *program, const uint8_t *record)
{
    struct list_reader reader = {.context = context, .message = message};
    read_lists(&reader, program, NULL, record);
}
