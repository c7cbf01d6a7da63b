/* SPDX-License-Identifier: BSD-3-Clause -- documents about all exporters, in parts. */
#include "ingest/decode/document.h"

#include "common/buffer.h"
#include "ingest/decode/exporter_document.h"
#include "ingest/decode/snapshot.h"
#include "ingest/decode/template_document.h"

enum {
    PART_BYTES = 1 << 16
};

static const struct {
    void (*print)(struct buffer *out, const struct exporter *exporter);
    bool is_json; /* members of an object, with commas between */
} DOCUMENTS[] = {
    [DECODER_TEMPLATES] = {template_document_print, true},
    [DECODER_EXPORTERS] = {exporter_document_print, true},
    [DECODER_SNAPSHOT] = {snapshot_append, false},
};

bool document_print_part(const struct exporter_table *exporters, enum decoder_document document,
    struct document_place *place, struct buffer *out)
{
    size_t end = out->size + PART_BYTES;
    uint32_t count = exporter_table_count(exporters);
    while (place->exporter < count && out->size < end && !out->failed) {
        const struct exporter *exporter = exporter_table_at(exporters, place->exporter++);
        if (document == DECODER_TEMPLATES && exporter->templates.count == 0) {
            continue;
        }
        if (DOCUMENTS[document].is_json && place->has_members) {
            buffer_text_append(out, ",");
        }
        DOCUMENTS[document].print(out, exporter);
        place->has_members = true;
    }
    return place->exporter < count && !out->failed;
}
