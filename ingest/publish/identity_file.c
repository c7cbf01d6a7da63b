/* SPDX-License-Identifier: BSD-3-Clause -- the bytes of an identity, and the file around them. */
#include "ingest/publish/identity_file.h"

#include "common/crc32c.h"
#include "common/cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    VERSION = 1,
    CRC_AT = 12,
    CRC_SIZE = 4
};

static const char MAGIC[8] = {'G', 'O', 'F', 'L', 'O', 'W', 'I', 'D'};

static void store_be32(uint8_t *p, uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(p, &value, sizeof value);
}

static void store_be64(uint8_t *p, uint64_t value)
{
    value = __builtin_bswap64(value);
    memcpy(p, &value, sizeof value);
}

static uint32_t slot_crc(const uint8_t *bytes)
{
    const size_t after = CRC_AT + CRC_SIZE;
    return crc32c(crc32c(0, bytes, CRC_AT), bytes + after, IDENTITY_SLOT - after);
}

void identity_record_pack(const struct identity_record *record, uint8_t out[IDENTITY_SLOT])
{
    memset(out, 0, IDENTITY_SLOT);
    memcpy(out, MAGIC, sizeof MAGIC);
    store_be32(out + 8, VERSION);
    store_be64(out + 16, record->generation);
    store_be64(out + 24, record->ingest_id);
    store_be64(out + 32, record->wanted_id);
    store_be64(out + 40, record->epoch);
    store_be64(out + 48, record->reserved_end);
    store_be32(out + CRC_AT, slot_crc(out));
}

enum err identity_record_parse(struct identity_record *record_p, const uint8_t bytes[IDENTITY_SLOT])
{
    if (memcmp(bytes, MAGIC, sizeof MAGIC) != 0 || load_be32(bytes + CRC_AT) != slot_crc(bytes)) {
        return ERR_CORRUPT;
    }
    *record_p = (struct identity_record){
        .generation = load_be64(bytes + 16),
        .ingest_id = load_be64(bytes + 24),
        .wanted_id = load_be64(bytes + 32),
        .epoch = load_be64(bytes + 40),
        .reserved_end = load_be64(bytes + 48),
    };
    return load_be32(bytes + 8) == VERSION ? ERR_OK : ERR_UNSUPPORTED;
}

/* Takes the path, which is NULL when memory was short. */
static enum err open_path(struct identity_file *file_p, char *path)
{
    *file_p = (struct identity_file){.path = path, .fd = -1};
    if (path == NULL) {
        return ERR_MEMORY;
    }
    file_p->fd = open(file_p->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
    if (file_p->fd >= 0 && flock(file_p->fd, LOCK_EX | LOCK_NB) == 0) {
        return ERR_OK;
    }
    int cause = errno;
    bool is_taken = file_p->fd >= 0 && cause == EWOULDBLOCK;
    identity_file_close(file_p);
    errno = cause;
    return is_taken ? ERR_IN_USE : ERR_IO;
}

enum err identity_file_open(struct identity_file *file_p, const char *folder, const char *name)
{
    char *path = NULL;
    return open_path(file_p, asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path);
}

enum err identity_file_reopen(struct identity_file *file_p, const struct identity_file *other)
{
    return open_path(file_p, strdup(other->path));
}

void identity_file_close(struct identity_file *file)
{
    if (file->fd >= 0) {
        (void)close(file->fd);
    }
    free(file->path);
    *file = (struct identity_file){.fd = -1};
}

/* The file's first octets; those that it does not have are zero. */
static enum err read_slots(const struct identity_file *file, uint8_t bytes[IDENTITY_FILE])
{
    memset(bytes, 0, IDENTITY_FILE);
    return pread(file->fd, bytes, IDENTITY_FILE, 0) >= 0 ? ERR_OK : ERR_IO;
}

static bool is_blank(const uint8_t bytes[IDENTITY_FILE])
{
    for (size_t i = 0; i < IDENTITY_FILE; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

enum err identity_file_read(const struct identity_file *file, struct identity_record *record_p,
    enum identity_state *state_p)
{
    uint8_t bytes[IDENTITY_FILE];
    *record_p = (struct identity_record){0};
    if (read_slots(file, bytes) != ERR_OK) {
        return ERR_IO;
    }
    unsigned sound = 0;
    for (size_t slot = 0; slot < 2; slot++) {
        struct identity_record record;
        if (identity_record_parse(&record, bytes + slot * IDENTITY_SLOT) == ERR_OK) {
            sound++;
            *record_p = record.generation >= record_p->generation ? record : *record_p;
        }
    }
    *state_p = sound == 2        ? IDENTITY_SOUND
               : sound == 1      ? IDENTITY_HALF
               : is_blank(bytes) ? IDENTITY_NEW
                                 : IDENTITY_DAMAGED;
    return ERR_OK;
}

enum err identity_file_write(const struct identity_file *file, const struct identity_record *record)
{
    uint8_t bytes[IDENTITY_SLOT];
    identity_record_pack(record, bytes);
    off_t offset = (off_t)(record->generation % 2) * IDENTITY_SLOT;
    ssize_t written = pwrite(file->fd, bytes, sizeof bytes, offset);
    if (written == (ssize_t)sizeof bytes) {
        return fdatasync(file->fd) == 0 ? ERR_OK : ERR_IO;
    }
    errno = written < 0 ? errno : ENOSPC;
    return ERR_IO;
}

bool identity_file_is_there(const struct identity_file *file)
{
    struct stat open_one;
    struct stat named;
    return fstat(file->fd, &open_one) == 0 && stat(file->path, &named) == 0 &&
           open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}
