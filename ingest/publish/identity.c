/* SPDX-License-Identifier: BSD-3-Clause -- id, epoch and sequences of an ingest. */
#include "ingest/publish/identity.h"

#include "common/file.h"
#include "common/link.h"
#include "common/log.h"
#include "common/refusal.h"
#include "ingest/publish/identity_file.h"
#include "ingest/publish/identity_folder.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FILES_MAX = 16,          /* ingests that may share a folder */
    RESERVE_STEP = 1 << 20,  /* sequences: hours, at a hundred batches a second */
    RETRY_STEP = 1024,       /* sequences between two attempts where the disk fails */
    FIRST_PROCESS = 1 << 20, /* makes each epoch larger than the microseconds of older builds */
    PROCESS_SHIFT = 32       /* an epoch: number of the process, then random bits */
};

/*
 * The gap before each process: two copies of one machine continue from the same sequence, but not
 * with the same one.
 */
#define GAP_MASK ((UINT64_C(1) << 36) - 1)
/* Above all that an older build can have given out behind what its spool still shows. */
#define GAP_UNKNOWN (UINT64_C(1) << 50)
/*
 * Where the sequences of a new id begin: nobody else can guess one, and the next process repeats
 * none even where nothing can be kept.
 */
#define NEW_FROM (UINT64_C(1) << 62)
#define NEW_MASK ((UINT64_C(1) << 61) - 1)
/* An identity that came so far is given up for a new one. */
#define SEQUENCES_END (UINT64_C(7) << 61)

struct identity {
    struct identity_file file; /* fd -1: kept nowhere */
    struct identity_record record;
    enum identity_state state;
    uint64_t wanted_id;
    uint64_t first_sequence;
    uint64_t retry_at; /* sequence */
    bool is_failing;   /* said in the log */
};

/* A folder that nobody named is done without. */
static void note_open_failure(const struct identity_options *options, enum err err)
{
    int cause = err == ERR_IN_USE ? EWOULDBLOCK : errno;
    if (options->is_shared) {
        log_warning("identity", "cannot open the identity file; the id ends with this process",
            "file=%s/identity error=\"%s\" mend=\"give a folder with -ingest.state\"",
            options->folder, strerror(cause));
        return;
    }
    const struct refusal refusal = {.component = "identity",
        .flag = options->flag != NULL ? options->flag : "-ingest.state",
        .key = "folder",
        .value = options->folder,
        .cause = cause};
    (void)refuse_folder(&refusal);
}

/* The first file that nobody else has. */
static enum err open_file(struct identity *identity, const struct identity_options *options)
{
    /* Only the default's parents are made: a folder that the operator names may be mistyped. */
    enum err err = options->is_shared ? identity_folder_make(options->folder)
                                      : file_make_folder(options->folder, IDENTITY_FOLDER_MODE);
    if (err != ERR_OK) {
        return err;
    }
    unsigned files = options->is_shared ? FILES_MAX : 1;
    err = ERR_IN_USE;
    for (unsigned number = 1; number <= files && err == ERR_IN_USE; number++) {
        char name[32];
        (void)snprintf(name, sizeof name, number == 1 ? "identity" : "identity.%u", number);
        err = identity_file_open(&identity->file, options->folder, name);
        if (err == ERR_OK && number > 1) {
            log_warning("identity", "another ingest has the first identity of the folder",
                "folder=%s taken=%s", options->folder, name);
        }
    }
    return err;
}

enum err identity_open(struct identity **identity_p, const struct identity_options *options)
{
    *identity_p = NULL;
    struct identity *identity = calloc(1, sizeof *identity);
    if (identity == NULL) {
        return ERR_MEMORY;
    }
    identity->wanted_id = options->wanted_id;
    identity->file.fd = -1;
    enum err err = ERR_OK;
    if (options->folder != NULL && *options->folder != '\0') {
        err = open_file(identity, options);
        if (err == ERR_OK) {
            err = identity_file_read(&identity->file, &identity->record, &identity->state);
        }
        if (err != ERR_OK) {
            note_open_failure(options, err);
            identity_close(&identity);
            return err;
        }
    }
    if (identity->state == IDENTITY_DAMAGED || identity->state == IDENTITY_HALF) {
        log_warning("identity", "the identity file is damaged", "file=%s sound_slots=%d",
            identity->file.path, identity->state == IDENTITY_HALF);
    }
    *identity_p = identity;
    return ERR_OK;
}

/* Only a file that is there: it is not made. */
static enum err read_kept_id(const struct identity_options *options, uint64_t *kept_id_p)
{
    struct identity identity = {.wanted_id = options->wanted_id};
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/identity", options->folder);
    if (length >= PATH_MAX || access(path, F_OK) != 0) {
        return ERR_OK;
    }
    enum err err = identity_file_open(&identity.file, options->folder, "identity");
    if (err == ERR_OK) {
        err = identity_file_read(&identity.file, &identity.record, &identity.state);
        *kept_id_p = identity_kept_id(&identity);
        identity_file_close(&identity.file);
    }
    return err;
}

enum err identity_check(const struct identity_options *options, uint64_t *kept_id_p)
{
    *kept_id_p = 0;
    bool is_named = options->folder != NULL && *options->folder != '\0' && !options->is_shared;
    if (!is_named) {
        return ERR_OK;
    }
    enum err err = file_check_folder(options->folder, FILE_FOLDER_IS_MADE);
    if (err == ERR_OK) {
        err = read_kept_id(options, kept_id_p);
    }
    if (err != ERR_OK) {
        note_open_failure(options, err);
    }
    return err;
}

void identity_close(struct identity **identity_p)
{
    if (*identity_p != NULL) {
        identity_file_close(&(*identity_p)->file);
        free(*identity_p);
        *identity_p = NULL;
    }
}

uint64_t identity_kept_id(const struct identity *identity)
{
    const struct identity_record *record = &identity->record;
    bool is_wanted = identity->wanted_id == 0 || identity->wanted_id == record->wanted_id ||
                     identity->wanted_id == record->ingest_id;
    return is_wanted && record->reserved_end < SEQUENCES_END ? record->ingest_id : 0;
}

/* Both slots: what one loses, the other has. ERR_IO: also where there is no file. */
static enum err write_record(struct identity *identity)
{
    if (identity->file.fd < 0) {
        return ERR_IO;
    }
    enum err err = ERR_OK;
    for (int slot = 0; slot < 2 && err == ERR_OK; slot++) {
        identity->record.generation++;
        err = identity_file_write(&identity->file, &identity->record);
    }
    return err;
}

static void start_epoch(struct identity *identity, uint64_t ingest_id, uint64_t from)
{
    struct identity_record *record = &identity->record;
    uint64_t process = (record->epoch >> PROCESS_SHIFT) + 1;
    process = process > FIRST_PROCESS ? process : FIRST_PROCESS;
    record->ingest_id = ingest_id;
    record->wanted_id = identity->wanted_id;
    record->epoch = process << PROCESS_SHIFT | (link_random_id() & UINT32_MAX);
    identity->first_sequence = from + 1 + (link_random_id() & GAP_MASK);
    record->reserved_end = identity->first_sequence + RESERVE_STEP;
    identity->retry_at = 0;
}

/* The last sequence that may be in use under an id that the file has. */
static uint64_t last_kept(const struct identity *identity, const struct identity_spool *spool)
{
    uint64_t last = identity->record.reserved_end;
    if (identity->state == IDENTITY_HALF) {
        last += RESERVE_STEP; /* the damaged slot may have been one step ahead */
    }
    return spool->last_sequence < last ? last : spool->last_sequence + GAP_UNKNOWN;
}

void identity_begin(struct identity *identity, const struct identity_spool *spool)
{
    uint64_t kept_id = identity_kept_id(identity);
    uint64_t new_from = NEW_FROM + (link_random_id() & NEW_MASK);
    if (kept_id != 0) {
        start_epoch(identity, kept_id, last_kept(identity, spool));
    } else if (identity->wanted_id != 0 && identity->wanted_id != spool->ingest_id) {
        start_epoch(identity, identity->wanted_id, new_from);
    } else if (spool->ingest_id != 0 && spool->last_sequence < SEQUENCES_END) {
        start_epoch(identity, spool->ingest_id, spool->last_sequence + GAP_UNKNOWN);
    } else {
        start_epoch(identity, link_random_id(), new_from);
    }
    if (write_record(identity) == ERR_OK) {
        return;
    }
    if (identity->file.fd >= 0) {
        log_error("identity", "cannot write the identity file; the id ends with this process",
            "file=%s error=\"%s\"", identity->file.path, strerror(errno));
        identity->is_failing = true;
    }
    uint64_t id = identity->wanted_id != 0 ? identity->wanted_id : link_random_id();
    start_epoch(identity, id, new_from > spool->last_sequence ? new_from : spool->last_sequence);
}

uint64_t identity_id(const struct identity *identity)
{
    return identity->record.ingest_id;
}

uint64_t identity_epoch(const struct identity *identity)
{
    return identity->record.epoch;
}

uint64_t identity_first_sequence(const struct identity *identity)
{
    return identity->first_sequence;
}

static void note_write(struct identity *identity, enum err err)
{
    if ((err != ERR_OK) == identity->is_failing) {
        return;
    }
    identity->is_failing = err != ERR_OK;
    if (err != ERR_OK) {
        log_error("identity", "cannot reserve sequences", "file=%s error=\"%s\"",
            identity->file.path, strerror(errno));
    } else {
        log_warning("identity", "can reserve sequences again", "file=%s", identity->file.path);
    }
}

bool identity_reserve(struct identity *identity, uint64_t sequence)
{
    struct identity_record *record = &identity->record;
    if (sequence + RESERVE_STEP / 2 < record->reserved_end || identity->file.fd < 0) {
        return true;
    }
    if (sequence >= identity->retry_at || sequence >= record->reserved_end) {
        identity->retry_at = sequence + RETRY_STEP;
        struct identity_record before = *record;
        record->generation++;
        record->reserved_end = sequence + RESERVE_STEP;
        enum err err = identity_file_write(&identity->file, record);
        note_write(identity, err);
        if (err != ERR_OK) {
            *record = before;
        }
    }
    return sequence < record->reserved_end;
}

void identity_change(struct identity *identity, uint64_t last_sequence)
{
    start_epoch(identity, link_random_id(), last_sequence);
    if (identity->file.fd >= 0) {
        note_write(identity, write_record(identity));
    }
}

void identity_look(struct identity *identity)
{
    if (identity->file.fd < 0 || identity_file_is_there(&identity->file)) {
        return;
    }
    struct identity_file file;
    if (identity_file_reopen(&file, &identity->file) != ERR_OK) {
        return;
    }
    identity_file_close(&identity->file);
    identity->file = file;
    note_write(identity, write_record(identity));
}
