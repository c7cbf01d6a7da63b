/*
 * identity_file.h -- the file that keeps an identity: two slots, written in turn.
 *
 * The file is made once at its full size and stays open, so that writing it needs neither room on
 * the disk nor a descriptor. Internal to ingest/publish; nothing here logs.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    IDENTITY_SLOT = 512,
    IDENTITY_FILE = 2 * IDENTITY_SLOT
};

struct identity_record {
    uint64_t generation; /* the higher one of two slots counts */
    uint64_t ingest_id;
    uint64_t wanted_id; /* the operator's choice when the id was taken */
    uint64_t epoch;
    uint64_t reserved_end; /* no batch has this sequence or a higher one */
};

struct identity_file {
    char *path;
    int fd; /* -1: there is none */
};

/* How many of the two slots are sound. */
enum identity_state {
    IDENTITY_NEW,     /* the file was just made, or is empty */
    IDENTITY_DAMAGED, /* neither */
    IDENTITY_HALF,    /* one: the other may have been newer */
    IDENTITY_SOUND
};

void identity_record_pack(const struct identity_record *record, uint8_t out[IDENTITY_SLOT]);
/* ERR_CORRUPT, ERR_UNSUPPORTED. */
MUST_CHECK enum err identity_record_parse(
    struct identity_record *record_p, const uint8_t bytes[IDENTITY_SLOT]);

/* Makes the file where it is missing and locks it. ERR_IN_USE; ERR_IO with errno; ERR_MEMORY. */
MUST_CHECK enum err identity_file_open(
    struct identity_file *file_p, const char *folder, const char *name);
/* Opens what another file's path names now, as above. */
MUST_CHECK enum err identity_file_reopen(
    struct identity_file *file_p, const struct identity_file *other);
void identity_file_close(struct identity_file *file);

/* *record_p is the newest sound record. ERR_IO with errno. */
MUST_CHECK enum err identity_file_read(const struct identity_file *file,
    struct identity_record *record_p, enum identity_state *state_p);

/* Writes the slot whose turn it is and waits for the disk. ERR_IO with errno. */
MUST_CHECK enum err identity_file_write(
    const struct identity_file *file, const struct identity_record *record);

/* The path still names the open file. */
bool identity_file_is_there(const struct identity_file *file);
