/*
 * deadletter.h -- the folder for blocks that the database refuses for good.
 *
 * A block becomes TIME-N.native, in Native format with every column of our own table, whatever the
 * refusing table looks like: nothing is lost. Beside it TIME-N.error has the database's words. Put
 * in later with: INSERT INTO t FORMAT Native. Rows of another kind become TIME-N.counters.native
 * and so on, for their own table.
 */
#pragma once

#include "store/columns/block.h"

#include "common/buffer.h"

struct deadletter;

/* Makes the folder when missing. On failure one line is logged. */
MUST_CHECK enum err deadletter_open(struct deadletter **deadletter_p, const char *folder);
/* What deadletter_open() would refuse, in the same words; makes nothing. */
MUST_CHECK enum err deadletter_check(const char *folder);
void deadletter_close(struct deadletter **deadletter_p);

/* Writes both files, synced to disk before ERR_OK. On failure one line is logged. */
MUST_CHECK enum err deadletter_put(
    struct deadletter *deadletter, const struct block *block, const char *error);
