/*
 * fake_sink.h -- a database for tests of the writer: it answers as planned, on a clock of its own.
 *
 * A value of the test's. Every statement takes FAKE_STATEMENT_MS. The table counts rows by
 * sequence.
 */
#pragma once

#include "store/write/write_sink.h"

enum {
    FAKE_PLAN_MAX = 40,
    FAKE_TABLE_MAX = 64, /* sequences that the table can have */
    FAKE_STATEMENT_MS = 20
};

/* What an INSERT does; rows may be committed whatever the outcome. */
struct fake_insert {
    enum sink_outcome outcome;
    bool is_committed;
    const char *words; /* NULL: any */
};

/* When a plan is over, all is well. */
struct fake_sink {
    uint64_t now_ns;
    uint64_t settled_ns;
    struct fake_insert inserts[FAKE_PLAN_MAX];
    size_t insert_plan;
    enum sink_outcome prepares[FAKE_PLAN_MAX];
    size_t prepare_plan;
    enum sink_outcome find_outcome;
    uint32_t insert_count;
    uint32_t prepare_count;
    uint32_t find_count;
    uint32_t table[FAKE_TABLE_MAX]; /* rows, by sequence */
    const struct mapping *mapping;
    bool lacks_identity;
    uint64_t rejects;   /* a block with this batch is refused; 0: none */
    uint32_t rows_max;  /* larger INSERTs are too large; 0: none is */
    uint32_t last_rows; /* of the last INSERT */
};

/* The functions of the fake, which is borrowed. */
struct write_sink fake_sink_functions(struct fake_sink *fake);
