/* SPDX-License-Identifier: BSD-3-Clause -- a spool whose folder goes away while it is in use. */
#include "common/clock.h"
#include "ingest/publish/spool.h"

#include "tests/support/captured_log.h"
#include "tests/support/link_rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    INGEST = 77,
    SEGMENT = 4096,
    PAYLOAD = 500
};

/* A folder with a spool folder in it, and places to move that to. */
struct place {
    char root[64];
    char spool[80];
    char away[80];
    char other[80];
    uint64_t now_ns;
};

static struct place make_place(void)
{
    struct place place = {.root = "/tmp/goflow-spool-XXXXXX"};
    cr_assert_not_null(mkdtemp(place.root));
    (void)snprintf(place.spool, sizeof place.spool, "%s/spool", place.root);
    (void)snprintf(place.away, sizeof place.away, "%s/away", place.root);
    (void)snprintf(place.other, sizeof place.other, "%s/other", place.root);
    return place;
}

static void remove_place(const struct place *place)
{
    const char *const folders[] = {place->spool, place->away, place->other};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (access(folders[i], F_OK) == 0) {
            rig_remove_folder(folders[i]);
        }
    }
    (void)rmdir(place->root);
}

static enum err count(void *context, const struct window_batch *batch)
{
    (void)batch;
    ++*(size_t *)context;
    return ERR_OK;
}

static struct spool *open_spool(const struct place *place, size_t *recovered_p)
{
    const struct spool_options options = {.folder = place->spool,
        .fallback_id = INGEST,
        .max_bytes = 16 * SEGMENT,
        .segment_bytes = SEGMENT};
    struct spool *spool = NULL;
    *recovered_p = 0;
    cr_assert_eq(spool_open(&spool, &options, count, recovered_p), ERR_OK);
    return spool;
}

/* Closes it, and finds so many batches in it again; the place goes. */
static void check_left(struct place *place, struct spool *spool, size_t batches)
{
    size_t recovered;
    spool_close(&spool);
    spool = open_spool(place, &recovered);
    cr_assert_eq(recovered, batches);
    spool_close(&spool);
    remove_place(place);
}

static void look(struct place *place, struct spool *spool)
{
    place->now_ns += 2 * NS_PER_S;
    spool_look(spool, place->now_ns);
}

static enum err append(struct spool *spool, uint64_t sequence, struct window_batch *batch_p)
{
    *batch_p = (struct window_batch){
        .sequence = sequence, .payload_size = PAYLOAD, .stored_size = PAYLOAD, .flow_count = 1};
    (void)zmq_msg_init_size(&batch_p->payload, PAYLOAD);
    memset(zmq_msg_data(&batch_p->payload), (int)sequence, PAYLOAD);
    enum err err = spool_append(spool, batch_p);
    (void)zmq_msg_close(&batch_p->payload);
    return err;
}

static void check_readable(struct spool *spool, const struct window_batch *batch)
{
    zmq_msg_t payload;
    cr_assert_eq(spool_read(spool, batch, &payload), ERR_OK);
    cr_assert_eq(((const uint8_t *)zmq_msg_data(&payload))[PAYLOAD - 1], (uint8_t)batch->sequence);
    (void)zmq_msg_close(&payload);
}

static bool is_writable(const struct spool *spool)
{
    return counter_get(&spool_counters(spool)->is_writable) == 1;
}

static bool has_segment(const char *folder, unsigned number)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%016x.spool", folder, number);
    return access(path, F_OK) == 0;
}

Test(spool_folder, takes_nothing_while_there_is_no_place_for_it)
{
    struct place place = make_place();
    size_t recovered;
    struct spool *spool = open_spool(&place, &recovered);
    struct window_batch batch;
    cr_assert_eq(append(spool, 1, &batch), ERR_OK);
    char elsewhere[80];
    (void)snprintf(elsewhere, sizeof elsewhere, "%s-elsewhere", place.root);
    cr_assert_eq(rename(place.root, elsewhere), 0);
    look(&place, spool);
    cr_assert_not(is_writable(spool));
    struct window_batch refused;
    cr_assert_eq(append(spool, 2, &refused), ERR_IO);
    cr_assert_eq(append(spool, 2, &refused), ERR_IO);
    check_readable(spool, &batch);
    cr_assert_eq(rename(elsewhere, place.root), 0);
    captured_log_begin();
    look(&place, spool);
    const char *text = captured_log_end();
    cr_assert(strstr(text, " memory_only_batches=2 memory_only_flows=2\n") != NULL, "%s", text);
    cr_assert(is_writable(spool));
    cr_assert_eq(append(spool, 2, &batch), ERR_OK);
    check_left(&place, spool, 2);
}

Test(spool_folder, does_not_share_one_that_another_process_has)
{
    struct place place = make_place();
    size_t recovered;
    struct spool *spool = open_spool(&place, &recovered);
    cr_assert_eq(rename(place.spool, place.away), 0);
    struct spool *second = open_spool(&place, &recovered);
    look(&place, spool);
    cr_assert_not(is_writable(spool));
    spool_close(&second);
    look(&place, spool);
    cr_assert(is_writable(spool));
    spool_close(&spool);
    remove_place(&place);
}

Test(spool_folder, that_was_removed_is_made_anew)
{
    struct place place = make_place();
    size_t recovered;
    struct spool *spool = open_spool(&place, &recovered);
    struct window_batch first;
    struct window_batch second;
    cr_assert_eq(append(spool, 1, &first), ERR_OK);
    rig_remove_folder(place.spool);
    look(&place, spool);
    cr_assert_eq(append(spool, 2, &second), ERR_OK);
    check_readable(spool, &first);
    check_readable(spool, &second);
    spool_settle(spool, &first);
    check_left(&place, spool, 1);
}

/* A disk is pulled out, its mount point is used meanwhile, and it is put in again. */
Test(spool_folder, that_comes_back_has_its_segments_again)
{
    struct place place = make_place();
    size_t recovered;
    struct spool *spool = open_spool(&place, &recovered);
    struct window_batch first;
    struct window_batch second;
    cr_assert_eq(append(spool, 1, &first), ERR_OK);
    cr_assert_eq(rename(place.spool, place.away), 0);
    look(&place, spool);
    cr_assert_eq(append(spool, 2, &second), ERR_OK);
    spool_settle(spool, &second);
    cr_assert(has_segment(place.spool, 2));
    cr_assert_eq(rename(place.spool, place.other), 0);
    cr_assert_eq(rename(place.away, place.spool), 0);
    look(&place, spool);
    check_readable(spool, &first);
    cr_assert(has_segment(place.spool, 1));
    spool_settle(spool, &first);
    cr_assert_not(has_segment(place.spool, 1));
    cr_assert_eq(append(spool, 3, &first), ERR_OK);
    check_left(&place, spool, 1);
}

Test(spool_folder, numbers_that_are_taken_there_are_passed_over)
{
    struct place place = make_place();
    size_t recovered;
    struct spool *spool = open_spool(&place, &recovered);
    struct window_batch batch;
    cr_assert_eq(append(spool, 1, &batch), ERR_OK);
    cr_assert_eq(rename(place.spool, place.away), 0);
    cr_assert_eq(mkdir(place.spool, 0750), 0);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%016x.spool", place.spool, 0x20);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    (void)fclose(file);
    look(&place, spool);
    cr_assert(has_segment(place.spool, 0x21));
    check_readable(spool, &batch);
    spool_close(&spool);
    remove_place(&place);
}
