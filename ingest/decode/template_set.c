/* SPDX-License-Identifier: BSD-3-Clause -- template records of NetFlow 9 and IPFIX. */
#include "ingest/decode/export_message.h"
#include "ingest/decode/held_data.h"
#include "ingest/decode/template_census.h"

enum {
    RECORD_HEADER_SIZE = 4, /* the shortest: a withdrawal */
    NETFLOW9_FIELD_SIZE = 4,
    WITHDRAWALS_OF_ALL = 16, /* heeded in a datagram: each looks at all templates */
    ENTERPRISE_BIT = 0x8000  /* RFC 7011 section 3.2; NetFlow 9 has none */
};

/* A template record as it is read. */
struct template_draft {
    struct template_definition definition;
    uint32_t announced_fields;
    struct template_field fields[TEMPLATE_MAX_FIELDS];
};

/* Reads the field specifiers; those over the limit are passed over. */
static void take_fields(struct cursor *set, struct template_draft *draft)
{
    bool is_ipfix = draft->definition.key.version == 10;
    for (uint32_t i = 0; i < draft->announced_fields && !cursor_failed(set); i++) {
        struct template_field field = {.id = cursor_be16(set), .length = cursor_be16(set)};
        if (is_ipfix && (field.id & ENTERPRISE_BIT) != 0) {
            field.id &= (uint16_t)~ENTERPRISE_BIT;
            field.pen = cursor_be32(set);
        }
        if (!is_ipfix && i < draft->definition.scope_count) {
            field.pen = TEMPLATE_SCOPE_PEN;
        }
        if (i < TEMPLATE_MAX_FIELDS) {
            draft->fields[i] = field;
        }
    }
}

/* RFC 3954 section 6.1 counts the bytes of scopes and options, RFC 7011 section 3.4.2.2 fields. */
static void take_options_counts(struct cursor *set, struct template_draft *draft)
{
    uint16_t first = cursor_be16(set);
    uint16_t second = cursor_be16(set);
    if (draft->definition.key.version == 10) {
        draft->announced_fields = first;
        draft->definition.scope_count = second;
        return;
    }
    draft->definition.scope_count = first / NETFLOW9_FIELD_SIZE;
    draft->announced_fields =
        (uint32_t)draft->definition.scope_count + second / NETFLOW9_FIELD_SIZE;
}

/* Data that another definition has set free is not to be read by this one. */
static enum err put(struct decode_context *context, const struct template_definition *definition)
{
    struct exporter *exporter = context->exporter;
    bool is_other = held_data_is_due(&exporter->held, &definition->key, definition->stream) &&
                    template_store_replaces(&exporter->templates, definition);
    enum err err =
        template_store_put(&exporter->templates, definition, context->datagram->received_ns);
    if (err == ERR_OK && is_other) {
        held_data_forget(&exporter->held, &definition->key, definition->stream);
    }
    return err;
}

/* What this id meant before is not what the exporter sends from now on. */
static void refuse(
    struct decode_context *context, const struct template_draft *draft, enum decode_status reason)
{
    template_store_void(&context->exporter->templates, &draft->definition.key, context->stream);
    decode_drop(context, reason);
}

static void learn(struct decode_context *context, struct template_draft *draft)
{
    struct template_definition *definition = &draft->definition;
    if (definition->key.id < TEMPLATE_FIRST_ID ||
        definition->scope_count > draft->announced_fields) {
        refuse(context, draft, DECODE_TEMPLATE);
        return;
    }
    if (draft->announced_fields > TEMPLATE_MAX_FIELDS) {
        refuse(context, draft, DECODE_TEMPLATE_LIMIT);
        return;
    }
    definition->field_count = (uint16_t)draft->announced_fields;
    definition->fields = draft->fields;
    enum err err = put(context, definition);
    switch (err) {
    case ERR_OK:
        counter_add(&context->counters->templates, 1);
        template_census_count(context->census, &context->exporter->address, definition);
        held_data_free(context, &definition->key);
        break;
    case ERR_FULL:
        refuse(context, draft, DECODE_TEMPLATE_LIMIT);
        break;
    case ERR_MEMORY:
        refuse(context, draft, DECODE_MEMORY);
        break;
    default:
        refuse(context, draft, DECODE_TEMPLATE);
    }
}

/* A record without fields withdraws its template; one of options has no scope count. */
static bool is_withdrawal(const struct template_draft *draft, const struct cursor *set)
{
    bool has_fields = cursor_left(set) >= 2 && load_be16(set->pos) != 0;
    return draft->definition.key.version == 10 && !has_fields;
}

/*
 * Over UDP a collector may ignore withdrawals (RFC 7011 section 8.4), but data read by a template
 * that its exporter withdrew would be wrong. The id of the set itself withdraws all (section 8.1).
 */
static void withdraw(struct decode_context *context, const struct template_draft *draft)
{
    const struct template_definition *definition = &draft->definition;
    struct template_store *store = &context->exporter->templates;
    if (definition->key.id >= TEMPLATE_FIRST_ID) {
        template_store_void(store, &definition->key, context->stream);
    } else if (definition->key.id == (definition->is_options ? 3 : 2) &&
               context->withdrawals++ < WITHDRAWALS_OF_ALL) {
        template_store_void_all(
            store, definition->key.version, context->stream, definition->is_options);
    }
}

/* Reads the record up to its end, which may lie behind that of the set. */
static void read_fields(struct template_draft *draft, struct cursor *set)
{
    if (draft->definition.is_options) {
        take_options_counts(set, draft);
    } else {
        draft->announced_fields = cursor_be16(set);
    }
    take_fields(set, draft);
}

static void read_record(
    struct decode_context *context, struct template_draft *draft, struct cursor *set)
{
    draft->definition.key.id = cursor_be16(set);
    draft->definition.scope_count = 0;
    if (is_withdrawal(draft, set)) {
        cursor_skip(set, 2);
        withdraw(context, draft);
        return;
    }
    read_fields(draft, set);
    if (cursor_failed(set)) {
        refuse(context, draft, DECODE_TEMPLATE);
        return;
    }
    learn(context, draft);
}

static struct template_definition definition_of(
    const struct decode_context *context, const struct export_message *message, bool is_options)
{
    return (struct template_definition){
        .key = {.domain = message->domain, .version = message->version},
        .stream = context->stream->number,
        .family = context->stream->family,
        .is_options = is_options};
}

void template_set_read(struct decode_context *context, const struct export_message *message,
    struct cursor set, bool is_options)
{
    enum exporter_set kind = is_options ? EXPORTER_SET_OPTIONS_TEMPLATE : EXPORTER_SET_TEMPLATE;
    struct template_draft draft;
    draft.definition = definition_of(context, message, is_options);
    const uint8_t *padding = padding_start(set);
    while (cursor_left(&set) >= RECORD_HEADER_SIZE && set.pos < padding) {
        counter_add(&message->counters->records[kind], 1);
        read_record(context, &draft, &set);
    }
}

void template_set_void(struct decode_context *context, const struct export_message *message,
    struct cursor set, bool is_options)
{
    struct template_draft draft;
    draft.definition = definition_of(context, message, is_options);
    while (cursor_left(&set) >= 2) {
        draft.definition.key.id = cursor_be16(&set);
        draft.definition.scope_count = 0;
        template_store_void(&context->exporter->templates, &draft.definition.key, context->stream);
        read_fields(&draft, &set);
    }
}
