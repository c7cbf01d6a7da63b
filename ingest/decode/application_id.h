/*
 * application_id.h -- the application id of NBAR and its relatives: RFC 6759 section 4.
 *
 * Classification engine, one byte; for engine 20 an enterprise number, four bytes; then the
 * selector. Ids have any length. Pure functions; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct application_id {
    uint64_t number; /* one number for the id: its bytes, or enterprise and selector if too long */
    uint64_t selector;
    uint32_t enterprise; /* 0: not of engine 20 */
    uint8_t engine;
};

/* All zero: an id without bytes, or of zeroes. */
struct application_id application_id_read(const uint8_t *bytes, size_t length);
