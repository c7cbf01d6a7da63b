/*
 * repeat.h -- the fields with which flow after flow begins.
 *
 * Internal to store/columns. The flows of a datagram share its time, exporter and sequence number,
 * and the packer writes these first. While flows begin with the same bytes, the parser skips them
 * and their columns are not written: the value stands in for rows without one (column.absent), and
 * they are all filled in one go when the repetition ends.
 *
 *   row 6   | fixed fields, sequence 41 | ...     parsed whole; the repetition starts
 *   row 7   | same bytes                | ...     skipped
 *   row 8   | same bytes                | ...     skipped
 *   row 9   | fixed fields, sequence 71 | ...     ends: rows 7 and 8 are filled; parsed whole
 */
#pragma once

#include "common/cursor.h"
#include "common/flow_wire.h"

enum {
    REPEAT_FIELDS = 16,
    REPEAT_BYTES = 128
};

struct column;
struct columns;

struct repeat {
    size_t size;          /* of the bytes that repeat; 0: nothing does */
    uint32_t rows;        /* that repeated them, since the last one parsed whole */
    uint32_t field_count; /* in these bytes; kept as a guess for the next repetition */
    struct column *columns[REPEAT_FIELDS];
    size_t kept_size;
    uint8_t kept[REPEAT_BYTES + sizeof(uint64_t)]; /* start of the last flow parsed whole */
};

/* True when the message starts with the bytes that repeat; eight bytes past it are readable. */
static inline bool repeat_matches(const struct repeat *repeat, struct cursor message)
{
    size_t size = repeat->size;
    if (size == 0 || size > cursor_left(&message)) {
        return false;
    }
    size_t whole = size & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8) {
        if (wire_load64(message.pos + i) != wire_load64(repeat->kept + i)) {
            return false;
        }
    }
    uint64_t difference = wire_load64(message.pos + whole) ^ wire_load64(repeat->kept + whole);
    return (difference & ((UINT64_C(1) << (8 * (size - whole))) - 1)) == 0;
}

/* After a flow was parsed whole into the row before `row`: maybe starts a repetition. */
void repeat_start(struct columns *columns, struct cursor message);

/* Ends the repetition, if there is one: its columns get their values up to `row`. */
void repeat_end(struct columns *columns, uint32_t row);
