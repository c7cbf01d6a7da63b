/* SPDX-License-Identifier: BSD-3-Clause -- one file of the spool. */
#include "ingest/publish/spool_segment.h"

#include "common/link.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    NAME_SIZE = 32
};

static void segment_name(uint64_t number, char out[NAME_SIZE])
{
    (void)snprintf(
        out, NAME_SIZE, number == SPOOL_SPARE ? "spare" : "%016" PRIx64 ".spool", number);
}

/* A segment without records. What else is in the file is of a segment before. */
static enum err write_start(struct spool_segment *segment, uint64_t number, uint64_t ingest_id)
{
    uint8_t start[SPOOL_SEGMENT_HEADER + SPOOL_END_MARK];
    spool_segment_header_pack(ingest_id, start);
    spool_end_mark_pack(number, start + SPOOL_SEGMENT_HEADER);
    if (pwrite(segment->fd, start, sizeof start, 0) != (ssize_t)sizeof start) {
        return ERR_IO;
    }
    segment->size = SPOOL_SEGMENT_HEADER;
    segment->ingest_id = ingest_id;
    segment->live_count = 0;
    return ERR_OK;
}

enum err spool_segment_make(
    struct spool_segment *segment_p, int folder_fd, uint64_t number, uint64_t ingest_id)
{
    char name[NAME_SIZE];
    segment_name(number, name);
    int fd = openat(folder_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0) {
        return ERR_IO;
    }
    *segment_p = (struct spool_segment){.number = number, .fd = fd};
    if (write_start(segment_p, number, ingest_id) == ERR_OK) {
        return ERR_OK;
    }
    int cause = errno;
    spool_segment_unlink(segment_p, folder_fd);
    errno = cause;
    return ERR_IO;
}

enum err spool_segment_owner(uint64_t *ingest_id_p, int folder_fd, uint64_t number)
{
    char name[NAME_SIZE];
    uint8_t header[SPOOL_SEGMENT_HEADER];
    segment_name(number, name);
    int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return ERR_IO;
    }
    bool is_read = pread(fd, header, sizeof header, 0) == (ssize_t)sizeof header;
    (void)close(fd);
    return is_read ? spool_segment_header_parse(ingest_id_p, cursor_of(header, sizeof header))
                   : ERR_CORRUPT;
}

static enum err rename_segment(struct spool_segment *segment, int folder_fd, uint64_t number)
{
    char from[NAME_SIZE];
    char to[NAME_SIZE];
    segment_name(segment->number, from);
    segment_name(number, to);
    if (renameat(folder_fd, from, folder_fd, to) != 0) {
        return ERR_IO;
    }
    segment->number = number;
    return ERR_OK;
}

enum err spool_segment_retire(struct spool_segment *segment, int folder_fd)
{
    return rename_segment(segment, folder_fd, SPOOL_SPARE);
}

enum err spool_segment_renew(
    struct spool_segment *segment, int folder_fd, uint64_t number, uint64_t ingest_id)
{
    enum err err = write_start(segment, number, ingest_id);
    return err == ERR_OK ? rename_segment(segment, folder_fd, number) : err;
}

/* A walk over the records of a segment. */
struct walk {
    spool_record_fn *take;
    void *context;
    uint64_t end; /* of the last sound record */
    uint64_t last_sequence;
    bool is_damaged;
};

/* ERR_END: the rest of the file is of no account. ERR_CORRUPT: it is damaged. */
static enum err take_records(
    const struct spool_segment *segment, struct cursor bytes, struct walk *walk)
{
    const uint8_t *start = bytes.pos;
    cursor_skip(&bytes, SPOOL_SEGMENT_HEADER);
    for (;;) {
        uint64_t offset = (uint64_t)(bytes.pos - start);
        struct cursor rest = bytes;
        struct spool_record record;
        enum err err = spool_record_take(&record, segment->number, &rest);
        walk->is_damaged |= err == ERR_CORRUPT;
        if (err == ERR_CORRUPT && spool_record_skip(segment->number, walk->last_sequence, &bytes)) {
            continue;
        }
        if (err == ERR_OK) {
            err = walk->take(walk->context, segment, offset, &record);
        }
        if (err != ERR_OK) {
            return err;
        }
        if (record.kind == SPOOL_BATCH) {
            walk->last_sequence = record.batch.sequence;
        }
        bytes = rest;
        walk->end = (uint64_t)(bytes.pos - start);
    }
}

/* Not mapped: a disk that does not give a page is an error, not a signal. ERR_IO with errno. */
static enum err read_whole(const struct spool_segment *segment, uint8_t *bytes)
{
    uint64_t size = 0;
    while (size < segment->size) {
        ssize_t got = pread(segment->fd, bytes + size, segment->size - size, (off_t)size);
        if (got <= 0) {
            return ERR_IO;
        }
        size += (uint64_t)got;
    }
    return ERR_OK;
}

static enum err scan(struct spool_segment *segment, struct walk *walk)
{
    uint64_t size = segment->size;
    uint8_t *bytes = malloc(size);
    if (bytes == NULL) {
        return ERR_MEMORY;
    }
    enum err err = read_whole(segment, bytes);
    if (err == ERR_OK) {
        err = spool_segment_header_parse(&segment->ingest_id, cursor_of(bytes, size));
        segment->is_nameless = err == ERR_CORRUPT;
    }
    if (err == ERR_OK || segment->is_nameless) {
        err = take_records(segment, cursor_of(bytes, size), walk);
    }
    free(bytes);
    if (segment->is_nameless && walk->end == SPOOL_SEGMENT_HEADER) {
        return err == ERR_MEMORY ? err : ERR_CORRUPT; /* nothing in it shows that it is ours */
    }
    if (err == ERR_END || (err == ERR_CORRUPT && walk->is_damaged)) {
        segment->size = walk->end;
    }
    if (err == ERR_CORRUPT && walk->is_damaged) {
        err = ftruncate(segment->fd, (off_t)segment->size) == 0 ? ERR_OK : ERR_IO;
    }
    walk->is_damaged |= segment->is_nameless;
    return err == ERR_END ? ERR_OK : err;
}

/* What is not a file of its own there is none of ours: a folder, a link, a pipe. */
static enum err open_file(struct spool_segment *segment, int folder_fd)
{
    char name[NAME_SIZE];
    segment_name(segment->number, name);
    segment->fd = openat(folder_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat status;
    if (segment->fd < 0 || fstat(segment->fd, &status) != 0) {
        bool is_other = errno == EISDIR || errno == ELOOP || errno == ENXIO;
        return is_other ? ERR_CORRUPT : ERR_IO;
    }
    segment->size = (uint64_t)status.st_size;
    return S_ISREG(status.st_mode) && segment->size >= SPOOL_SEGMENT_HEADER ? ERR_OK : ERR_CORRUPT;
}

enum err spool_segment_open(struct spool_segment *segment_p, bool *is_damaged_p, int folder_fd,
    spool_record_fn *take, void *context)
{
    struct walk walk = {.take = take, .context = context, .end = SPOOL_SEGMENT_HEADER};
    enum err err = open_file(segment_p, folder_fd);
    if (err == ERR_OK) {
        err = scan(segment_p, &walk);
    }
    *is_damaged_p = walk.is_damaged;
    if (err != ERR_OK) {
        int cause = errno;
        spool_segment_close(segment_p);
        errno = cause;
    }
    return err;
}

void spool_segment_name(struct spool_segment *segment, uint64_t ingest_id)
{
    uint8_t header[SPOOL_SEGMENT_HEADER];
    spool_segment_header_pack(ingest_id, header);
    ssize_t written = pwrite(segment->fd, header, sizeof header, 0);
    (void)written; /* then the next process has to find it out again */
    segment->ingest_id = ingest_id;
    segment->is_nameless = false;
}

enum err spool_segment_reopen(struct spool_segment *segment, int folder_fd)
{
    char name[NAME_SIZE];
    segment_name(segment->number, name);
    int fd = openat(folder_fd, name, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return ERR_IO;
    }
    uint8_t header[SPOOL_SEGMENT_HEADER];
    uint64_t ingest_id = 0;
    ssize_t size = pread(fd, header, sizeof header, 0);
    if (size != (ssize_t)sizeof header ||
        spool_segment_header_parse(&ingest_id, cursor_of(header, sizeof header)) != ERR_OK ||
        ingest_id != segment->ingest_id) {
        (void)close(fd);
        return ERR_CORRUPT;
    }
    spool_segment_close(segment);
    segment->fd = fd;
    return ERR_OK;
}

enum err spool_segment_append(struct spool_segment *segment, const struct spool_content *content)
{
    uint8_t header[SPOOL_RECORD_HEADER];
    uint8_t mark[SPOOL_END_MARK];
    spool_record_pack(segment->number, content, header);
    spool_end_mark_pack(segment->number, mark);
    struct iovec parts[] = {
        {.iov_base = header, .iov_len = sizeof header},
        {.iov_base = (void *)content->payload, .iov_len = content->size},
        {.iov_base = mark, .iov_len = sizeof mark},
    };
    size_t size = sizeof header + content->size;
    ssize_t written = pwritev(segment->fd, parts, 3, (off_t)segment->size);
    if (written == (ssize_t)(size + sizeof mark)) {
        segment->size += size;
        return ERR_OK;
    }
    /* A short write is a full disk. What is left of it would only look torn. */
    int cause = written < 0 ? errno : ENOSPC;
    int failed = ftruncate(segment->fd, (off_t)segment->size);
    (void)failed; /* then the next append overwrites it */
    errno = cause;
    return ERR_IO;
}

enum err spool_segment_read(
    const struct spool_segment *segment, const struct window_batch *batch, zmq_msg_t *payload_p)
{
    size_t size = SPOOL_RECORD_HEADER + batch->stored_size;
    uint8_t *bytes = malloc(size);
    if (bytes == NULL) {
        return ERR_MEMORY;
    }
    ssize_t got = pread(segment->fd, bytes, size, (off_t)batch->place.offset);
    enum err err = got < 0 ? ERR_IO : ERR_CORRUPT;
    if (got == (ssize_t)size) {
        struct cursor cursor = cursor_of(bytes, size);
        struct spool_record record;
        err = spool_record_take(&record, segment->number, &cursor);
        if (err != ERR_OK || record.batch.sequence != batch->sequence) {
            err = ERR_CORRUPT;
        }
    }
    if (err == ERR_OK) {
        memmove(bytes, bytes + SPOOL_RECORD_HEADER, batch->stored_size);
        err = link_message_take(payload_p, bytes, batch->stored_size);
    }
    if (err != ERR_OK) {
        free(bytes);
    }
    return err;
}

void spool_segment_close(struct spool_segment *segment)
{
    if (segment->fd >= 0) {
        (void)close(segment->fd);
        segment->fd = -1;
    }
}

void spool_segment_unlink(struct spool_segment *segment, int folder_fd)
{
    char name[NAME_SIZE];
    segment_name(segment->number, name);
    if (!segment->is_unlinked) {
        (void)unlinkat(folder_fd, name, 0);
    }
    spool_segment_close(segment);
}
