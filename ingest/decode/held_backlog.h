/*
 * held_backlog.h -- data whose template has come, decoded little by little.
 *
 * One template may free all that waits, sixteen megabytes unless told otherwise: minutes of
 * traffic, which would keep a worker from its sockets for seconds. So no more is decoded at a time
 * than a datagram can hold. Sets keep their order; each counts for the exporter and the domain
 * that it came from. The decoder's thread only.
 */
#pragma once

#include "ingest/decode/decode_context.h"

struct held_pool;

/*
 * Decodes the oldest sets that are due, as many as `room_bytes` hold. Options are limited by the
 * datagram (options_record.c), so a set of them is the last. The context is anybody's: it has no
 * datagram and no exporter.
 */
void held_backlog_decode(
    const struct decode_context *context, struct held_pool *pool, size_t room_bytes);
