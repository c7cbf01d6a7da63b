/*
 * native_writer.h -- a writer for benchmarks: makes Native bytes of each block, and no more.
 *
 * One thread (a CZMQ actor), as the real writer has one. Blocks come and go by pointer through an
 * exchange; all of them count as stored.
 */
#pragma once

#include "store/columns/native.h"
#include "store/pull/pull.h"

/* The default table's columns, their addresses as `address_type`. Aborts without memory. */
struct native_plan *native_writer_plan(const char *address_type);

struct native_writer;

/* Aborts without memory. */
struct native_writer *native_writer_new(void);
void native_writer_destroy(struct native_writer **writer_p);

/* For a puller; lent. */
struct block_exchange native_writer_exchange(struct native_writer *writer);
