/*
 * exporter_document.h -- what is known of an exporter, as JSON.
 *
 *   "192.0.2.1":{"HasOptions":true,"Domains":[{"Type":"IPFIX","ObservationDomainID":5,
 *       "SamplingRate":100,"SamplingSource":"options","Datagrams":7, ...}],
 *       "Options":[{"ObservationDomainID":5,"Scope":"interface","ScopeID":3,
 *           "Name":"interfaceName","Value":"ge-0/0/3"}, ...]}
 *
 * Amounts are those of the loss ledger since the start (record_fields.def). The rate is that of
 * flows which name none themselves, in NetFlow 5 and sFlow that of the last header or sample;
 * without one it is left out. Options are the last values told. The decoder's thread.
 */
#pragma once

#include "common/buffer.h"
#include "ingest/decode/decode.h"
#include "ingest/decode/exporter.h"

/*
 * Appends a member of the document, or goes on with it (document.h), until the document has `end`
 * bytes. True: there is more of it.
 */
bool exporter_document_print(
    struct buffer *out, const struct exporter *exporter, struct document_place *place, size_t end);
