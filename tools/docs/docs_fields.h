/*
 * docs_fields.h -- docs/fields.md, printed from the table of the flow record.
 */
#pragma once

#include "common/buffer.h"

void docs_append_fields(struct buffer *out);
