/*
 * loss.h -- the loss ledger: what became of the exports of each exporter and domain, by the minute.
 *
 * Internal to ingest/decode. Amounts are kept beside the sequence numbers (sequence.h), whose
 * domains are those of the ledger; a row has what came to them since the last one.
 */
#pragma once

#include "common/record.h"
#include "ingest/decode/decode_context.h"
#include "ingest/decode/export_message.h"

/* Counts a decoded datagram and what came of it. */
void loss_count(struct decode_context *context, enum flow_type type, uint64_t flows);

/*
 * Counts what came of a set that waited for its template; its datagram has been counted when it
 * came. `units`: of the sequence, those that could not be counted then.
 */
void loss_count_late(struct decode_context *context, uint64_t units, uint64_t flows);

/* Gives a row for each domain that anything happened to; `time_s` is the minute's start. */
void loss_report(struct exporter *exporter, uint64_t time_s, const struct record_sink *sink);
