/*
 * docs_fields.h -- docs/fields.md, printed from the tables of the flow record and of the
 * information elements.
 */
#pragma once

#include "common/buffer.h"

void docs_append_fields(struct buffer *out);
