/* SPDX-License-Identifier: BSD-3-Clause -- goflow-store -deadletter.replay. */
#include "store/shelved.h"

#include "store/store_database.h"
#include "store/write/deadletter_replay.h"

#include <inttypes.h>
#include <stdio.h>

static void print_sums(const struct deadletter_replay_sums *sums)
{
    (void)printf("files=%" PRIu64 " rows=%" PRIu64 " known=%" PRIu64 " failed=%" PRIu64 "\n",
        sums->files, sums->rows, sums->known, sums->failed);
}

enum err shelved_replay(const struct store_settings *settings)
{
    struct store_database database;
    char url[STORE_ADDRESS_SIZE];
    enum err err = store_database_init(&database, settings);
    if (err != ERR_OK) {
        return err;
    }
    store_database_reach(&database, settings, url);
    struct sink *sink = NULL;
    err = sink_open(&sink, &database.sink);
    if (err == ERR_OK) {
        struct deadletter_replay_sums sums;
        err = deadletter_replay(sink, &database.sink, settings->deadletter_dir, &sums);
        if (err != ERR_IO) {
            print_sums(&sums);
        }
    }
    sink_close(&sink);
    store_database_clear(&database);
    return err;
}
