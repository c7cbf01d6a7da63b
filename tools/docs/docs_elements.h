/*
 * docs_elements.h -- the second part of docs/fields.md: which information elements fill a field.
 */
#pragma once

#include "common/buffer.h"

void docs_append_elements(struct buffer *out);
