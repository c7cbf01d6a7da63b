/*
 * exporter_document.h -- what is known of an exporter, as JSON.
 *
 *   "192.0.2.1":{"HasOptions":true,"Domains":[{"Type":"IPFIX","ObservationDomainID":5,
 *       "SamplingRate":100,"SamplingSource":"options","Datagrams":7, ...}]}
 *
 * Amounts are those of the loss ledger since the start (record_fields.def). The rate is that of
 * flows which name none themselves; without one it is left out. The decoder's thread.
 */
#pragma once

#include "common/buffer.h"
#include "ingest/decode/exporter.h"

/* Appends one member of the document. */
void exporter_document_print(struct buffer *out, const struct exporter *exporter);
