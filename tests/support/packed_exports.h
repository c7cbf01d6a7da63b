/*
 * packed_exports.h -- flows of every protocol as an ingest packs them, for benchmarks of the store.
 */
#pragma once

#include "tools/replay/synthetic.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Decodes made-up exports and packs the first `count` flows of them as a FlowBatch; `out` has room
 * for 512 bytes a flow. Returns the size; 0: out of memory.
 */
size_t packed_exports(enum synthetic_protocol protocol, uint8_t *out, uint32_t count);
