/* SPDX-License-Identifier: BSD-3-Clause -- labels of enum decode_status. */
#include "ingest/decode/decode_status.h"

#include <stddef.h>

#define DECODE_STATUS_TEXT(code, text) text,
static const char *const TEXTS[] = {DECODE_STATUS_LIST(DECODE_STATUS_TEXT)};
#undef DECODE_STATUS_TEXT

const char *decode_status_text(enum decode_status status)
{
    return (size_t)status < DECODE_STATUS_COUNT ? TEXTS[status] : "unknown";
}
