/* SPDX-License-Identifier: BSD-3-Clause -- documents about all exporters, in parts. */
#include "ingest/decode/document.h"

#include "common/buffer.h"
#include "ingest/decode/exporter_document.h"
#include "ingest/decode/snapshot.h"
#include "ingest/decode/template_document.h"

enum {
    PART_BYTES = 1 << 16
};

/* Prints an exporter's member, or what is left of it, up to `end`. True: there is more. */
typedef bool print_member(
    struct buffer *out, const struct exporter *exporter, struct document_place *place, size_t end);

/* Its size stands in front of it, so it comes in one piece: eight bytes for a template's field. */
static bool print_snapshot(
    struct buffer *out, const struct exporter *exporter, struct document_place *place, size_t end)
{
    (void)place;
    (void)end;
    snapshot_append(out, exporter);
    return false;
}

static const struct {
    print_member *print;
    bool is_json; /* members of an object, with commas between */
} DOCUMENTS[] = {
    [DECODER_TEMPLATES] = {template_document_print, true},
    [DECODER_EXPORTERS] = {exporter_document_print, true},
    [DECODER_SNAPSHOT] = {print_snapshot, false},
};

/* The slot may have changed hands since the part before: then the new exporter's member. */
static void begin_member(
    struct buffer *out, const struct exporter *exporter, struct document_place *place, bool is_json)
{
    uint32_t generation = atomic_load_explicit(&exporter->generation, memory_order_relaxed);
    if (place->is_inside && place->generation == generation) {
        return;
    }
    if (place->is_inside) {
        out->size = place->begin;
    } else if (is_json && place->has_members) {
        buffer_text_append(out, ",");
    }
    place->is_inside = false;
    place->generation = generation;
    place->begin = out->size;
}

bool document_print_part(const struct exporter_table *exporters, enum decoder_document document,
    struct document_place *place, struct buffer *out)
{
    size_t end = out->size + PART_BYTES;
    uint32_t count = exporter_table_count(exporters);
    while (place->exporter < count && out->size < end && !out->failed) {
        const struct exporter *exporter = exporter_table_at(exporters, place->exporter);
        bool is_empty = document == DECODER_TEMPLATES && exporter->templates.count == 0;
        if (!is_empty || place->is_inside) {
            begin_member(out, exporter, place, DOCUMENTS[document].is_json);
            place->is_inside = DOCUMENTS[document].print(out, exporter, place, end);
            place->has_members = true;
        }
        place->exporter += !place->is_inside;
    }
    return place->exporter < count && !out->failed;
}
