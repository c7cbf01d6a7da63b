/*
 * template_document.h -- an exporter's templates as JSON, in the original's form.
 *
 *   "192.0.2.1":{"9":{"77":{"256":{"TemplateId":256,"FieldCount":1,"Fields":[{"Type":8,"Length":4}]}}}}
 *
 * Scopes of options templates come as "Scopes", enterprise numbers as "Pen". The decoder's thread.
 */
#pragma once

#include "common/buffer.h"
#include "ingest/decode/decode.h"
#include "ingest/decode/exporter.h"

/*
 * Appends a member of the document, or goes on with it (document.h), until the document has `end`
 * bytes. True: there is more of it.
 */
bool template_document_print(
    struct buffer *out, const struct exporter *exporter, struct document_place *place, size_t end);
