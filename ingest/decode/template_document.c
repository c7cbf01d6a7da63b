/* SPDX-License-Identifier: BSD-3-Clause -- templates as JSON. */
#include "ingest/decode/template_document.h"

#include <stdlib.h>

/* By version, domain, id; of one key the template announced last comes first. */
static int compare_templates(const void *a, const void *b)
{
    const struct template *left = *(const struct template *const *)a;
    const struct template *right = *(const struct template *const *)b;
    if (left->key.version != right->key.version) {
        return left->key.version < right->key.version ? -1 : 1;
    }
    if (left->key.domain != right->key.domain) {
        return left->key.domain < right->key.domain ? -1 : 1;
    }
    if (left->key.id != right->key.id) {
        return left->key.id < right->key.id ? -1 : 1;
    }
    return left->announced_ns > right->announced_ns ? -1 : left->announced_ns < right->announced_ns;
}

/* The store's templates in order; free() it. NULL: out of memory. */
static const struct template **sorted(const struct template_store *store)
{
    const struct template **list = calloc(store->count, sizeof(struct template *));
    if (list == NULL) {
        return NULL;
    }
    uint32_t count = 0;
    for (size_t i = 0; i < TEMPLATE_BUCKETS; i++) {
        for (const struct template *next = store->buckets[i]; next != NULL; next = next->next) {
            list[count++] = next;
        }
    }
    qsort(list, count, sizeof(struct template *), compare_templates);
    return list;
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

/* Opens and closes the levels of version and domain where the list passes from one to the next. */
static void print_list(struct buffer *out, const struct template **list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct template_key *key = &list[i]->key;
        const struct template_key *before = i > 0 ? &list[i - 1]->key : NULL;
        bool is_new_version = before == NULL || before->version != key->version;
        bool is_new_domain = is_new_version || before->domain != key->domain;
        if (!is_new_domain && before->id == key->id) {
            continue; /* announced from another port as well */
        }
        if (is_new_domain && before != NULL) {
            buffer_text_append(out, is_new_version ? "}}," : "},");
        }
        if (is_new_version) {
            buffer_format(out, "\"%u\":{", key->version);
        }
        if (is_new_domain) {
            buffer_format(out, "\"%u\":{", key->domain);
        }
        buffer_text_append(out, is_new_domain ? "" : ",");
        print_template(out, list[i]);
    }
    buffer_text_append(out, "}}");
}

void template_document_print(struct buffer *out, const struct exporter *exporter)
{
    const struct template **list = sorted(&exporter->templates);
    if (list == NULL) {
        out->failed = true;
        return;
    }
    char router[ADDRESS_TEXT_SIZE];
    (void)address_format(&exporter->address, router);
    buffer_format(out, "\"%s\":{", router);
    print_list(out, list, exporter->templates.count);
    buffer_text_append(out, "}");
    free(list);
}
