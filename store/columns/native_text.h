/*
 * native_text.h -- values as strings of ClickHouse's Native format: length, then text.
 *
 * Internal to store/columns. Texts are as they came. Addresses read as people write them, MACs as
 * aa:bb:cc:dd:ee:ff; both are empty where the flow has none. Other numbers are decimal.
 */
#pragma once

#include "common/buffer.h"
#include "store/columns/native_values.h"

void native_write_text(const struct native_source *source, struct buffer *out);

/* Rows of a field of kind text: row r is the bytes up to ends[r]. */
void native_write_texts(
    const uint8_t *bytes, const uint64_t *ends, uint32_t rows, struct buffer *out);
