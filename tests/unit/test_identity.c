/* SPDX-License-Identifier: BSD-3-Clause -- names of batches across processes, clocks and damage. */
#include "ingest/publish/identity.h"

#include "ingest/publish/identity_file.h"
#include "ingest/publish/identity_folder.h"
#include "tests/support/link_rig.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char path[80];
static struct identity *identity; /* NULL: no process runs */
static const struct identity_spool NO_SPOOL;

static void start(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/goflow-identity-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/identity", folder);
}

static void stop(void)
{
    identity_close(&identity);
    rig_remove_folder(folder);
}

TestSuite(identity, .init = start, .fini = stop);

/* What the next process is. */
struct process {
    uint64_t id;
    uint64_t epoch;
    uint64_t first;
};

static struct process run_with(const struct identity_options *options, struct identity_spool spool)
{
    identity_close(&identity);
    cr_assert_eq(identity_open(&identity, options), ERR_OK);
    identity_begin(identity, &spool);
    return (struct process){
        identity_id(identity), identity_epoch(identity), identity_first_sequence(identity)};
}

static struct process run(void)
{
    const struct identity_options options = {.folder = folder};
    return run_with(&options, NO_SPOOL);
}

/* Gives out names like a process that makes that many batches. */
static uint64_t use(struct process process, uint64_t batches)
{
    for (uint64_t i = 0; i < batches; i++) {
        cr_assert(identity_reserve(identity, process.first + i));
    }
    return process.first + batches - 1;
}

static void flip_bit(size_t at)
{
    int fd = open(path, O_RDWR);
    uint8_t byte = 0;
    cr_assert_eq(pread(fd, &byte, 1, (off_t)at), 1);
    byte ^= 0x10;
    cr_assert_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
    (void)close(fd);
}

Test(identity, keeps_its_id_and_gives_out_no_sequence_twice)
{
    struct process before = run();
    for (int i = 0; i < 20; i++) {
        uint64_t last = use(before, 1000);
        struct process after = run();
        cr_assert_eq(after.id, before.id);
        cr_assert_gt(after.epoch, before.epoch);
        cr_assert_gt(after.first, last);
        before = after;
    }
}

Test(identity, has_epochs_above_those_of_builds_that_took_them_from_the_clock)
{
    cr_assert_gt(run().epoch, UINT64_C(4000000000) * 1000000, "microseconds of the year 2096");
}

Test(identity, reserves_sequences_before_they_are_used_up)
{
    struct process before = run();
    uint64_t last = use(before, (UINT64_C(1) << 20) * 5 / 2);
    identity_close(&identity);
    struct identity_file file;
    struct identity_record record;
    enum identity_state state;
    cr_assert_eq(identity_file_open(&file, folder, "identity"), ERR_OK);
    cr_assert_eq(identity_file_read(&file, &record, &state), ERR_OK);
    cr_assert_eq(state, IDENTITY_SOUND);
    cr_assert_gt(record.reserved_end, last);
    identity_file_close(&file);
    cr_assert_gt(run().first, last);
}

Test(identity, survives_damage_of_any_byte)
{
    struct process before = run();
    for (size_t at = 0; at < IDENTITY_FILE; at += 7) {
        uint64_t last = use(before, 10);
        identity_close(&identity);
        flip_bit(at);
        struct process after = run();
        cr_assert_eq(after.id, before.id, "byte %zu", at);
        cr_assert_gt(after.first, last, "byte %zu", at);
        cr_assert_gt(after.epoch, before.epoch, "byte %zu", at);
        before = after;
    }
}

Test(identity, repeats_no_sequence_when_the_newer_slot_is_damaged)
{
    for (size_t slot = 0; slot < 2; slot++) {
        struct process before = run();
        /* A step and a bit more: the slots are apart by one step. */
        uint64_t last = use(before, (UINT64_C(1) << 20) + 1000);
        identity_close(&identity);
        flip_bit(slot * IDENTITY_SLOT + 48);
        struct identity_file file;
        struct identity_record record;
        enum identity_state state;
        cr_assert_eq(identity_file_open(&file, folder, "identity"), ERR_OK);
        cr_assert_eq(identity_file_read(&file, &record, &state), ERR_OK);
        identity_file_close(&file);
        cr_assert_eq(state, IDENTITY_HALF);
        struct process after = run();
        cr_assert_gt(after.first, last);
    }
}

Test(identity, is_another_one_where_the_file_is_damaged_beyond_reading)
{
    struct process before = run();
    identity_close(&identity);
    flip_bit(20);
    flip_bit(IDENTITY_SLOT + 20);
    cr_assert_neq(run().id, before.id);
}

Test(identity, comes_from_the_spool_where_the_file_is_lost)
{
    const struct identity_options options = {.folder = folder};
    const struct identity_spool spool = {.ingest_id = 77, .last_sequence = 1000};
    (void)close(creat(path, 0600));
    cr_assert_eq(truncate(path, IDENTITY_FILE), 0);
    flip_bit(3);
    struct process process = run_with(&options, spool);
    cr_assert_eq(process.id, 77);
    cr_assert_gt(process.first, UINT64_C(1) << 50, "above what that spool no longer shows");
}

Test(identity, goes_on_above_a_spool_that_is_ahead_of_the_file)
{
    struct process before = run();
    const struct identity_options options = {.folder = folder};
    const struct identity_spool spool = {
        .ingest_id = before.id, .last_sequence = before.first + (UINT64_C(1) << 40)};
    struct process after = run_with(&options, spool);
    cr_assert_eq(after.id, before.id);
    cr_assert_gt(after.first, spool.last_sequence);
}

Test(identity, is_torn_at_any_byte_and_loses_nothing)
{
    for (size_t size = 0; size < IDENTITY_FILE; size += 31) {
        struct process before = run();
        uint64_t last = use(before, 10);
        identity_close(&identity);
        uint8_t bytes[IDENTITY_FILE];
        int fd = open(path, O_RDWR);
        cr_assert_eq(pread(fd, bytes, sizeof bytes, 0), (ssize_t)sizeof bytes);
        /* One slot is written at a time: the write of either stops at `size`. */
        size_t slot = size / IDENTITY_SLOT * IDENTITY_SLOT;
        memset(bytes + size, 0xff, slot + IDENTITY_SLOT - size);
        cr_assert_eq(pwrite(fd, bytes, sizeof bytes, 0), (ssize_t)sizeof bytes);
        (void)close(fd);
        struct process after = run();
        cr_assert_eq(after.id, before.id);
        cr_assert_gt(after.first, last);
    }
}

Test(identity, of_a_copied_machine_continues_with_other_sequences)
{
    struct process before = run();
    (void)use(before, 10);
    identity_close(&identity);
    uint8_t bytes[IDENTITY_FILE];
    int fd = open(path, O_RDWR);
    cr_assert_eq(pread(fd, bytes, sizeof bytes, 0), (ssize_t)sizeof bytes);
    struct process original = run();
    identity_close(&identity);
    cr_assert_eq(pwrite(fd, bytes, sizeof bytes, 0), (ssize_t)sizeof bytes);
    (void)close(fd);
    struct process copy = run();
    cr_assert_eq(copy.id, original.id);
    cr_assert_neq(copy.epoch, original.epoch);
    uint64_t apart =
        copy.first > original.first ? copy.first - original.first : original.first - copy.first;
    cr_assert_gt(apart, 100000, "by chance once in 300,000 times");
}

Test(identity, is_locked)
{
    (void)run();
    const struct identity_options alone = {.folder = folder};
    struct identity *second = NULL;
    cr_assert_eq(identity_open(&second, &alone), ERR_IN_USE);
    cr_assert_null(second);
}

Test(identity, of_a_second_ingest_in_a_shared_folder_is_its_own_and_kept)
{
    const struct identity_options shared = {.folder = folder, .is_shared = true};
    struct process first = run_with(&shared, NO_SPOOL);
    uint64_t ids[2];
    for (int i = 0; i < 2; i++) {
        struct identity *second = NULL;
        cr_assert_eq(identity_open(&second, &shared), ERR_OK);
        identity_begin(second, &NO_SPOOL);
        ids[i] = identity_id(second);
        cr_assert_neq(ids[i], first.id);
        identity_close(&second);
    }
    cr_assert_eq(ids[0], ids[1]);
}

Test(identity, is_the_one_that_the_operator_chose)
{
    const struct identity_options chosen = {.folder = folder, .wanted_id = 5};
    struct process before = run_with(&chosen, NO_SPOOL);
    cr_assert_eq(before.id, 5);
    uint64_t last = use(before, 10);
    struct process after = run_with(&chosen, NO_SPOOL);
    cr_assert_eq(after.id, 5);
    cr_assert_gt(after.first, last);
    cr_assert_gt(after.epoch, before.epoch);
    /* Kept where the choice is no longer given, and left for another choice. */
    cr_assert_eq(run().id, 5);
    const struct identity_options other = {.folder = folder, .wanted_id = 6};
    cr_assert_eq(run_with(&other, NO_SPOOL).id, 6);
}

Test(identity, that_was_chosen_and_is_kept_nowhere_begins_at_a_random_sequence)
{
    const struct identity_options chosen = {.wanted_id = 5};
    struct process first = run_with(&chosen, NO_SPOOL);
    struct process second = run_with(&chosen, NO_SPOOL);
    cr_assert_eq(second.id, 5);
    uint64_t apart =
        first.first > second.first ? first.first - second.first : second.first - first.first;
    cr_assert_gt(apart, UINT64_C(1) << 40);
}

Test(identity, that_is_kept_nowhere_is_new_each_time)
{
    const struct identity_options nowhere = {.folder = NULL};
    struct process first = run_with(&nowhere, NO_SPOOL);
    (void)use(first, (UINT64_C(1) << 20) * 2);
    cr_assert_neq(run_with(&nowhere, NO_SPOOL).id, first.id);
}

Test(identity, that_changes_is_kept_beside_the_choice_that_it_replaces)
{
    const struct identity_options chosen = {.folder = folder, .wanted_id = 5};
    struct process before = run_with(&chosen, NO_SPOOL);
    uint64_t last = use(before, 10);
    identity_change(identity, last);
    uint64_t other = identity_id(identity);
    cr_assert_neq(other, 5);
    cr_assert_gt(identity_first_sequence(identity), last);
    cr_assert_gt(identity_epoch(identity), before.epoch);
    struct process after = run_with(&chosen, NO_SPOOL);
    cr_assert_eq(after.id, other);
    cr_assert_gt(after.first, last);
}

/* As where the disk is full: the file cannot grow, but it has its size already. */
static void forbid_growth(rlim_t size)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){size, RLIM_INFINITY}), 0);
}

Test(identity, that_cannot_be_written_is_new_each_time)
{
    forbid_growth(0);
    struct process first = run();
    cr_assert(identity_reserve(identity, first.first));
    cr_assert_neq(run().id, first.id);
}

Test(identity, that_can_no_longer_be_written_refuses_names_beyond_what_is_reserved)
{
    struct process process = run();
    forbid_growth(0);
    uint64_t at = process.first;
    while (at < process.first + (UINT64_C(1) << 20) && identity_reserve(identity, at)) {
        at++;
    }
    cr_assert_eq(at, process.first + (UINT64_C(1) << 20), "all that was reserved");
    cr_assert_not(identity_reserve(identity, at));
    forbid_growth(RLIM_INFINITY);
    cr_assert(identity_reserve(identity, at));
}

Test(identity, needs_no_descriptor_to_reserve)
{
    struct process process = run();
    rig_use_up_descriptors();
    (void)use(process, (UINT64_C(1) << 20) * 2);
    rig_give_back_descriptors();
}

Test(identity, of_another_owner_is_an_error)
{
    cr_assert_eq(mkdir(path, 0700), 0); /* as little as a file of another owner can it be opened */
    const struct identity_options options = {.folder = folder};
    cr_assert_eq(identity_open(&identity, &options), ERR_IO);
    cr_assert_null(identity);
    cr_assert_eq(rmdir(path), 0);
}

Test(identity, is_written_again_where_its_file_was_removed)
{
    struct process before = run();
    uint64_t last = use(before, 10);
    cr_assert_eq(unlink(path), 0);
    identity_look(identity);
    struct process after = run();
    cr_assert_eq(after.id, before.id);
    cr_assert_gt(after.first, last);
}

static void expect_folder(const char *expected)
{
    char found[128];
    cr_assert_eq(identity_folder_default(found, sizeof found), ERR_OK);
    cr_assert_str_eq(found, expected);
}

Test(identity, has_a_default_folder)
{
    cr_assert_eq(unsetenv("STATE_DIRECTORY") + unsetenv("XDG_STATE_HOME"), 0);
    cr_assert_eq(setenv("HOME", "/home/x", 1), 0);
    expect_folder("/home/x/.local/state/goflow");
    cr_assert_eq(setenv("XDG_STATE_HOME", "/state", 1), 0);
    expect_folder("/state/goflow");
    cr_assert_eq(setenv("STATE_DIRECTORY", "/var/lib/one:/var/lib/two", 1), 0);
    expect_folder("/var/lib/one");
    char found[8];
    cr_assert_eq(identity_folder_default(found, sizeof found), ERR_FULL);
}

Test(identity, makes_the_folders_above_its_own)
{
    char deep[128];
    (void)snprintf(deep, sizeof deep, "%s/a/b", folder);
    cr_assert_eq(identity_folder_make(deep), ERR_OK);
    cr_assert_eq(access(deep, W_OK), 0);
    cr_assert_eq(rmdir(deep), 0);
    (void)snprintf(deep, sizeof deep, "%s/a", folder);
    cr_assert_eq(rmdir(deep), 0);
}
