/*
 * document.h -- what is known of all exporters, printed in parts.
 *
 * Thousands of exporters make documents of many megabytes, and whoever prints one receives
 * nothing meanwhile. So it is printed exporter by exporter, a part at a time, with other work
 * between the parts: each exporter's member is of one moment, the whole is not. An exporter that
 * takes over another's place between two parts may be left out. The decoder's thread.
 */
#pragma once

#include "ingest/decode/decode.h"
#include "ingest/decode/exporter.h"

/*
 * Appends the next part: some 64 KiB, or one exporter's member where that is longer. True: there is
 * more.
 */
bool document_print_part(const struct exporter_table *exporters, enum decoder_document document,
    struct document_place *place, struct buffer *out);
