/* SPDX-License-Identifier: BSD-3-Clause -- options records as rows. */
#include "ingest/decode/options_record.h"

#include "common/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    GIVE_AGAIN_S = 3600,
    ROWS_PER_DATAGRAM = 1024,
    NUMBER_BYTES = 8
};

/* What a record is about. RFC 3954 section 6.1 numbers the scopes of NetFlow 9. */
static const struct option_scope {
    uint32_t pen;
    uint16_t id;
    const char *name;
} SCOPES[] = {
    {TEMPLATE_SCOPE_PEN, 2, "interface"},
    {TEMPLATE_SCOPE_PEN, 3, "lineCard"},
    {TEMPLATE_SCOPE_PEN, 4, "cache"},
    {TEMPLATE_SCOPE_PEN, 5, "template"},
    {0, 10, "interface"},
    {0, 14, "interface"},
    {0, 252, "interface"},
    {0, 253, "interface"},
    {0, 234, "vrf"},
    {0, 235, "vrf"},
    {0, 95, "application"},
    {0, 48, "sampler"},
    {0, 302, "sampler"},
    {0, 141, "lineCard"},
    {0, 145, "template"},
    {0, 143, "meteringProcess"},
    {0, 144, "exportingProcess"},
    {0, 149, "observationDomain"},
};

/* IANA's names of the values that are worth a row. */
static const struct option_value {
    uint16_t id;
    bool is_text;
    const char *name;
} VALUES[] = {
    {34, false, "samplingInterval"},
    {35, false, "samplingAlgorithm"},
    {36, false, "flowActiveTimeout"},
    {37, false, "flowIdleTimeout"},
    {40, false, "exportedOctetTotalCount"},
    {41, false, "exportedMessageTotalCount"},
    {42, false, "exportedFlowRecordTotalCount"},
    {49, false, "samplerMode"},
    {50, false, "samplerRandomInterval"},
    {82, true, "interfaceName"},
    {83, true, "interfaceDescription"},
    {84, true, "samplerName"},
    {94, true, "applicationDescription"},
    {96, true, "applicationName"},
    {160, false, "systemInitTimeMilliseconds"},
    {163, false, "observedFlowTotalCount"},
    {164, false, "ignoredPacketTotalCount"},
    {165, false, "ignoredOctetTotalCount"},
    {166, false, "notSentFlowTotalCount"},
    {167, false, "notSentPacketTotalCount"},
    {168, false, "notSentOctetTotalCount"},
    {236, true, "VRFname"},
    {300, true, "observationDomainName"},
    {304, false, "selectorAlgorithm"},
    {305, false, "samplingPacketInterval"},
    {306, false, "samplingPacketSpace"},
    {309, false, "samplingSize"},
    {310, false, "samplingPopulation"},
    {335, true, "selectorName"},
};

static const struct option_scope *find_scope(const struct template_field *field)
{
    for (size_t i = 0; i < sizeof SCOPES / sizeof SCOPES[0]; i++) {
        if (SCOPES[i].pen == field->pen && SCOPES[i].id == field->id) {
            return &SCOPES[i];
        }
    }
    return NULL;
}

static const struct option_value *find_value(const struct template_field *field)
{
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++) {
        if (field->pen == 0 && VALUES[i].id == field->id) {
            return &VALUES[i];
        }
    }
    return NULL;
}

static uint64_t number_at(const uint8_t *record, const struct record_place *place)
{
    return place->length <= NUMBER_BYTES ? load_be(record + place->offset, place->length) : 0;
}

/* The first field that says what the record is about; many exporters scope it to the system. */
static void set_scope(struct record *row, const struct template *template, const uint8_t *record,
    const struct record_place *places)
{
    static const char SYSTEM[] = "system";
    record_set_text(row, OPTIONS_SCOPE, SYSTEM, strlen(SYSTEM));
    for (uint32_t i = 0; i < template->field_count; i++) {
        const struct option_scope *scope = find_scope(&template->fields[i]);
        if (scope != NULL) {
            record_set_text(row, OPTIONS_SCOPE, scope->name, strlen(scope->name));
            record_set_number(row, OPTIONS_SCOPE_ID, number_at(record, &places[i]));
            return;
        }
    }
}

/* Names come padded with zeroes or blanks, and from anybody: control characters become '?'. */
static size_t copy_text(char out[RECORD_TEXT_MAX], const uint8_t *bytes, size_t length)
{
    size_t size = 0;
    while (size < length && size < RECORD_TEXT_MAX && bytes[size] != 0) {
        bool is_control = bytes[size] < ' ' || bytes[size] == 0x7f;
        out[size] = (char)(is_control ? '?' : bytes[size]);
        size++;
    }
    while (size > 0 && out[size - 1] == ' ') {
        size--;
    }
    return size;
}

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* FNV-1a: the row is short, and whoever makes two rows clash loses a row of his own. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* Of what the row is about: all but time, exporter and value. */
static uint64_t key_of(const struct record *row)
{
    const struct record_value *values = row->values;
    uint64_t id = record_has(row, OPTIONS_SCOPE_ID) ? values[OPTIONS_SCOPE_ID].number : 0;
    uint64_t hash = mix(HASH_START, &values[OPTIONS_DOMAIN].number, sizeof(uint64_t));
    hash = mix(hash, values[OPTIONS_SCOPE].text, values[OPTIONS_SCOPE].size);
    hash = mix(hash, &id, sizeof id);
    return mix(hash, values[OPTIONS_NAME].text, values[OPTIONS_NAME].size);
}

/* Remembers the row. Without memory for that it is given each time. */
static bool is_due(struct exporter *exporter, const struct record *row)
{
    if (exporter->options == NULL) {
        exporter->options = calloc(1, sizeof *exporter->options);
        if (exporter->options == NULL) {
            return true;
        }
    }
    const struct record_value *text = &row->values[OPTIONS_VALUE];
    struct options_slot now = {.key = key_of(row),
        .value = (uint32_t)mix(HASH_START, text->text, text->size),
        .given_s = (uint32_t)row->values[OPTIONS_TIME_RECEIVED].number};
    struct options_slot *slot = &exporter->options->slots[now.key % OPTIONS_MEMORY_SLOTS];
    if (slot->key == now.key && slot->value == now.value &&
        now.given_s - slot->given_s < GIVE_AGAIN_S) {
        return false;
    }
    *slot = now;
    return true;
}

/* A datagram of tiny records must not become megabytes of rows. */
static void give(struct decode_context *context, const struct record *row)
{
    if (!is_due(context->exporter, row)) {
        return;
    }
    if (context->option_rows == ROWS_PER_DATAGRAM) {
        counter_add(&context->counters->options_dropped, 1);
        return;
    }
    context->option_rows++;
    context->records->take(context->records->context, RECORD_OPTIONS, row);
}

static void give_value(struct decode_context *context, struct record *row,
    const struct option_value *value, const uint8_t *bytes, size_t length)
{
    char text[RECORD_TEXT_MAX];
    size_t size = 0;
    if (value->is_text) {
        size = copy_text(text, bytes, length);
    } else if (length <= NUMBER_BYTES) {
        size = (size_t)snprintf(text, sizeof text, "%" PRIu64, load_be(bytes, length));
    }
    if (size == 0) {
        return;
    }
    record_set_text(row, OPTIONS_NAME, value->name, strlen(value->name));
    record_set_text(row, OPTIONS_VALUE, text, size);
    give(context, row);
}

void options_record_give(struct decode_context *context, const struct export_message *message,
    const struct template *template, const uint8_t *record, const struct record_place *places)
{
    struct record row = {.present = 0};
    record_set_number(&row, OPTIONS_TIME_RECEIVED, context->datagram->received_ns / NS_PER_S);
    record_set_address(&row, OPTIONS_SAMPLER_ADDRESS, &context->datagram->source);
    record_set_number(&row, OPTIONS_DOMAIN, message->domain);
    set_scope(&row, template, record, places);
    for (uint32_t i = 0; i < template->field_count; i++) {
        const struct option_value *value = find_value(&template->fields[i]);
        if (value != NULL) {
            give_value(context, &row, value, record + places[i].offset, places[i].length);
        }
    }
}
