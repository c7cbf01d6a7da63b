/* SPDX-License-Identifier: BSD-3-Clause -- reads the values of options records. */
#include "ingest/decode/options_record.h"

#include "common/clock.h"
#include "ingest/decode/application_id.h"
#include "ingest/decode/route_distinguisher.h"

enum {
    ROWS_PER_DATAGRAM = 1024,
    FIELDS_PER_DATAGRAM = 16384, /* four bytes each fill a datagram; real ones have more */
    NUMBER_BYTES = 8,
    APPLICATION_ID = 95
};

/* What a record is about. RFC 3954 section 6.1 numbers the scopes of NetFlow 9. */
static const struct option_scope {
    uint32_t pen;
    uint16_t id;
    bool is_wide; /* has many of the others */
    const char *name;
} SCOPES[] = {
    {TEMPLATE_SCOPE_PEN, 2, false, "interface"},
    {TEMPLATE_SCOPE_PEN, 3, true, "lineCard"},
    {TEMPLATE_SCOPE_PEN, 4, false, "cache"},
    {TEMPLATE_SCOPE_PEN, 5, false, "template"},
    {0, 10, false, "interface"},
    {0, 14, false, "interface"},
    {0, 252, false, "interface"},
    {0, 253, false, "interface"},
    {0, 234, false, "vrf"},
    {0, 235, false, "vrf"},
    {0, 95, false, "application"},
    {0, 48, false, "sampler"},
    {0, 302, false, "sampler"},
    {0, 283, false, "natPool"},
    {0, 141, true, "lineCard"},
    {0, 145, false, "template"},
    {0, 143, true, "meteringProcess"},
    {0, 144, true, "exportingProcess"},
    {0, 149, true, "observationDomain"},
};

/* IANA's names of the values that are worth a row; sorted. */
enum value_kind {
    NUMBER,
    TEXT,
    DISTINGUISHER /* of routes */
};

static const struct option_value {
    uint16_t id;
    enum value_kind kind;
    const char *name;
} VALUES[] = {
    {34, NUMBER, "samplingInterval"},
    {35, NUMBER, "samplingAlgorithm"},
    {36, NUMBER, "flowActiveTimeout"},
    {37, NUMBER, "flowIdleTimeout"},
    {40, NUMBER, "exportedOctetTotalCount"},
    {41, NUMBER, "exportedMessageTotalCount"},
    {42, NUMBER, "exportedFlowRecordTotalCount"},
    {49, NUMBER, "samplerMode"},
    {50, NUMBER, "samplerRandomInterval"},
    {82, TEXT, "interfaceName"},
    {83, TEXT, "interfaceDescription"},
    {84, TEXT, "samplerName"},
    {90, DISTINGUISHER, "mplsVpnRouteDistinguisher"},
    {94, TEXT, "applicationDescription"},
    {96, TEXT, "applicationName"},
    {135, NUMBER, "droppedPacketTotalCount"},
    {147, TEXT, "wlanSSID"},
    {160, NUMBER, "systemInitTimeMilliseconds"},
    {163, NUMBER, "observedFlowTotalCount"},
    {164, NUMBER, "ignoredPacketTotalCount"},
    {165, NUMBER, "ignoredOctetTotalCount"},
    {166, NUMBER, "notSentFlowTotalCount"},
    {167, NUMBER, "notSentPacketTotalCount"},
    {168, NUMBER, "notSentOctetTotalCount"},
    {236, TEXT, "VRFname"},
    {284, TEXT, "natPoolName"},
    {300, TEXT, "observationDomainName"},
    {304, NUMBER, "selectorAlgorithm"},
    {305, NUMBER, "samplingPacketInterval"},
    {306, NUMBER, "samplingPacketSpace"},
    {309, NUMBER, "samplingSize"},
    {310, NUMBER, "samplingPopulation"},
    {335, TEXT, "selectorName"},
    {372, TEXT, "applicationCategoryName"},
    {373, TEXT, "applicationSubCategoryName"},
    {374, TEXT, "applicationGroupName"},
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
    size_t low = 0;
    size_t high = field->pen == 0 ? sizeof VALUES / sizeof VALUES[0] : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (VALUES[middle].id == field->id) {
            return &VALUES[middle];
        }
        if (VALUES[middle].id < field->id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static uint64_t number_at(const uint8_t *record, const struct record_place *place)
{
    return place->length <= NUMBER_BYTES ? load_be(record + place->offset, place->length) : 0;
}

/* The number that the field ApplicationID has. */
static uint64_t application_at(const uint8_t *record, const struct record_place *place)
{
    return application_id_read(record + place->offset, place->length).number;
}

/*
 * The first field that says what the record is about; many exporters scope it to the system. Where
 * scopes combine (RFC 7011 section 3.4.2.1), an interface of a process is an interface.
 */
static void find_subject(struct option_fact *fact, const struct template *template,
    const uint8_t *record, const struct record_place *places)
{
    bool is_wide = true;
    fact->scope = "system";
    for (uint32_t i = 0; i < template->field_count && is_wide; i++) {
        bool has_bytes = places[i].length > 0;
        const struct option_scope *scope = has_bytes ? find_scope(&template->fields[i]) : NULL;
        if (scope == NULL || (scope->is_wide && fact->has_scope_id)) {
            continue;
        }
        is_wide = scope->is_wide;
        fact->scope = scope->name;
        fact->scope_id = scope->id == APPLICATION_ID ? application_at(record, &places[i])
                                                     : number_at(record, &places[i]);
        fact->has_scope_id = true;
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

/* A datagram may have 65,000 of them, and snprintf() takes longer than all else together. */
static size_t print_number(char out[RECORD_TEXT_MAX], uint64_t number)
{
    char digits[20]; /* the lowest first */
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    for (size_t i = 0; i < count; i++) {
        out[i] = digits[count - 1 - i];
    }
    return count;
}

/* A datagram of tiny records must not become megabytes of rows. */
static void give_row(struct decode_context *context, const struct option_fact *fact)
{
    if (context->option_rows == ROWS_PER_DATAGRAM) {
        counter_add(&context->counters->options_dropped, 1);
        return;
    }
    context->option_rows++;
    struct record row = {.present = 0};
    record_set_number(&row, OPTIONS_TIME_RECEIVED, context->datagram->received_ns / NS_PER_S);
    struct address source = address_without_zone(&context->datagram->source);
    record_set_address(&row, OPTIONS_SAMPLER_ADDRESS, &source);
    record_set_number(&row, OPTIONS_DOMAIN, fact->domain);
    record_set_text(&row, OPTIONS_SCOPE, fact->scope, strlen(fact->scope));
    if (fact->has_scope_id) {
        record_set_number(&row, OPTIONS_SCOPE_ID, fact->scope_id);
    }
    record_set_text(&row, OPTIONS_NAME, fact->name, strlen(fact->name));
    record_set_text(&row, OPTIONS_VALUE, fact->text, fact->size);
    context->records->take(context->records->context, RECORD_OPTIONS, &row);
}

static void read_value(struct decode_context *context, struct option_fact *fact,
    const struct option_value *value, const uint8_t *bytes, size_t length)
{
    char text[RECORD_TEXT_MAX];
    size_t size = 0;
    if (value->kind == TEXT) {
        size = copy_text(text, bytes, length);
    } else if (value->kind == DISTINGUISHER) {
        size = route_distinguisher_print(text, bytes, length);
    } else if (length <= NUMBER_BYTES) {
        size = print_number(text, load_be(bytes, length));
    }
    if (size == 0) {
        return;
    }
    fact->name = value->name;
    fact->text = text;
    fact->size = size;
    uint32_t now_s = (uint32_t)(context->datagram->received_ns / NS_PER_S);
    bool is_news = options_memory_learn(&context->exporter->options, fact, now_s);
    if (is_news && context->records != NULL) {
        give_row(context, fact);
    }
}

/* A datagram has room for sixty thousand records of a byte, none of which tells anything. */
static bool is_over(struct decode_context *context, const struct template *template)
{
    context->option_fields += template->field_count;
    return context->option_fields > FIELDS_PER_DATAGRAM;
}

void options_record_read(struct decode_context *context, const struct export_message *message,
    const struct template *template, const uint8_t *record, const struct record_place *places)
{
    if (is_over(context, template)) {
        counter_add(&context->counters->options_dropped, 1);
        return;
    }
    struct option_fact fact = {.stream = context->stream->number, .domain = message->domain};
    find_subject(&fact, template, record, places);
    for (uint32_t i = 0; i < template->field_count; i++) {
        bool has_bytes =
            places[i].length > 0; /* else a record of many fields would cost no bytes */
        const struct option_value *value = has_bytes ? find_value(&template->fields[i]) : NULL;
        if (value != NULL) {
            read_value(context, &fact, value, record + places[i].offset, places[i].length);
        }
    }
}
