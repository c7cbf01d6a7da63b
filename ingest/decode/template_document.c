/* SPDX-License-Identifier: BSD-3-Clause -- templates as JSON. */
#include "ingest/decode/template_document.h"

/* Templates come by version, domain, id; no key is 0. */
static uint64_t order_of(const struct template_key *key)
{
    return (uint64_t)key->version << 48 | (uint64_t)key->domain << 16 | key->id;
}

static uint16_t version_of(uint64_t order)
{
    return (uint16_t)(order >> 48);
}

static uint32_t domain_of(uint64_t order)
{
    return (uint32_t)(order >> 16);
}

/* Whether it comes before the other, or takes its place: of one key the one announced last. */
static bool goes_before(const struct template *template, const struct template *other)
{
    uint64_t order = order_of(&template->key);
    uint64_t of_other = order_of(&other->key);
    return order < of_other || (order == of_other && template->announced_ns > other->announced_ns);
}

/* The first behind that place, of the bucket and the one found so far. */
static const struct template *first_behind(
    uint64_t after, const struct template *bucket, const struct template *found)
{
    for (const struct template *next = bucket; next != NULL; next = next->next) {
        bool is_behind = !next->is_void && order_of(&next->key) > after;
        if (is_behind && (found == NULL || goes_before(next, found))) {
            found = next;
        }
    }
    return found;
}

/* Of all, or NULL. Looked up anew each time, for between two parts templates come and go. */
static const struct template *next_after(const struct template_store *store, uint64_t after)
{
    const struct template *found = NULL;
    for (size_t i = 0; i < TEMPLATE_BUCKETS; i++) {
        found = first_behind(after, store->buckets[i], found);
    }
    return found;
}

static void print_fields(
    struct buffer *out, const char *name, const struct template_field *fields, size_t count)
{
    buffer_format(out, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        buffer_format(
            out, "%s{\"Type\":%u,\"Length\":%u", i > 0 ? "," : "", fields[i].id, fields[i].length);
        if (fields[i].pen != 0 && fields[i].pen != TEMPLATE_SCOPE_PEN) {
            buffer_format(out, ",\"Pen\":%u", fields[i].pen);
        }
        buffer_text_append(out, "}");
    }
    buffer_text_append(out, "]");
}

static void print_template(struct buffer *out, const struct template *template)
{
    buffer_format(out, "\"%u\":{\"TemplateId\":%u,\"FieldCount\":%u", template->key.id,
        template->key.id, template->field_count);
    if (template->is_options) {
        size_t scopes = template->scope_count;
        print_fields(out, "Scopes", template->fields, scopes);
        print_fields(out, "Options", template->fields + scopes, template->field_count - scopes);
    } else {
        print_fields(out, "Fields", template->fields, template->field_count);
    }
    buffer_text_append(out, "}");
}

/* Opens and closes the levels of version and domain where the document passes to the next. */
static void print_levels(struct buffer *out, uint64_t before, uint64_t order)
{
    bool is_new_version = version_of(before) != version_of(order);
    bool is_new_domain = is_new_version || domain_of(before) != domain_of(order);
    if (is_new_domain && before != 0) {
        buffer_text_append(out, is_new_version ? "}}," : "},");
    }
    if (is_new_version) {
        buffer_format(out, "\"%u\":{", version_of(order));
    }
    if (is_new_domain) {
        buffer_format(out, "\"%u\":{", domain_of(order));
    }
    buffer_text_append(out, is_new_domain ? "" : ",");
}

bool template_document_print(
    struct buffer *out, const struct exporter *exporter, struct document_place *place, size_t end)
{
    if (!place->is_inside) {
        char router[ADDRESS_ZONED_TEXT_SIZE];
        address_format_zoned(&exporter->address, router);
        buffer_format(out, "\"%s\":{", router);
        place->item = 0;
    }
    const struct template *next = next_after(&exporter->templates, place->item);
    while (next != NULL && out->size < end && !out->failed) {
        uint64_t order = order_of(&next->key);
        print_levels(out, place->item, order);
        print_template(out, next);
        place->item = order;
        next = next_after(&exporter->templates, order);
    }
    if (next != NULL) {
        return true;
    }
    buffer_text_append(out, place->item != 0 ? "}}}" : "}");
    return false;
}
