/*
 * document.h -- what is known of all exporters, printed in parts.
 *
 * Thousands of exporters, or one of thousands of templates, make documents of many megabytes, and
 * whoever prints one receives nothing meanwhile. So it is printed a part at a time, with other work
 * between the parts. What changes meanwhile is in the document or not; the document is well-formed
 * whatever does. The decoder's thread.
 */
#pragma once

#include "ingest/decode/decode.h"
#include "ingest/decode/exporter.h"

/*
 * Appends the next part: some 64 KiB, or what of an exporter a snapshot has. True: there is more.
 */
bool document_print_part(const struct exporter_table *exporters, enum decoder_document document,
    struct document_place *place, struct buffer *out);
