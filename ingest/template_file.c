/* SPDX-License-Identifier: BSD-3-Clause -- templates and sampling rates across restarts. */
#include "ingest/template_file.h"

#include "common/clock.h"
#include "common/crc32c.h"
#include "common/log.h"
#include "ingest/decode/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Far more than the templates of any site; a larger file is not ours. */
#define FILE_MAX_BYTES (INT64_C(1) << 30)

struct template_file {
    char *path;      /* NULL: nothing is written */
    char *new_path;  /* written first, then renamed */
    bool is_failing; /* the last try to write did not succeed */
    uint32_t written_crc;
    struct snapshot *snapshot;
};

static bool read_all(int fd, char *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t count = read(fd, bytes + done, size - done);
        if (count <= 0) {
            return false;
        }
        done += (size_t)count;
    }
    return true;
}

static bool write_all(int fd, const char *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t count = write(fd, bytes + done, size - done);
        if (count <= 0) {
            return false;
        }
        done += (size_t)count;
    }
    return true;
}

/* ERR_NOT_FOUND: there is no such file. */
static enum err parse_file(struct snapshot **snapshot_p, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    enum err err = ERR_IO;
    struct stat status;
    char *bytes = NULL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size < FILE_MAX_BYTES) {
        size_t size = (size_t)status.st_size;
        bytes = malloc(size + 1);
        err = bytes == NULL ? ERR_MEMORY : ERR_IO;
        if (bytes != NULL && read_all(fd, bytes, size)) {
            err = snapshot_parse(snapshot_p, bytes, size);
        }
    }
    free(bytes);
    (void)close(fd);
    return err;
}

/* Only a file of our own is written over: another one may be somebody's only copy. */
static void load(struct template_file *file)
{
    enum err err = parse_file(&file->snapshot, file->path);
    switch (err) {
    case ERR_OK:
        log_info("templates", "read", "file=%s exporters=%zu", file->path,
            snapshot_count(file->snapshot));
        break;
    case ERR_NOT_FOUND:
        break;
    case ERR_CORRUPT:
        log_warning(
            "templates", "the file is damaged and will be written anew", "file=%s", file->path);
        break;
    default:
        log_warning("templates", "cannot be used: nothing is read or written",
            "file=%s error=\"%s\"", file->path,
            err == ERR_UNSUPPORTED ? "no file of templates that this version knows"
                                   : err_text(err));
        free(file->path);
        file->path = NULL;
    }
}

enum err template_file_open(struct template_file **file_p, const char *path)
{
    struct template_file *file = calloc(1, sizeof *file);
    *file_p = file;
    if (file == NULL) {
        return ERR_MEMORY;
    }
    if (path[0] == '\0') {
        return ERR_OK;
    }
    file->path = strdup(path);
    if (file->path == NULL || asprintf(&file->new_path, "%s.new", path) < 0) {
        file->new_path = NULL;
        template_file_close(file_p);
        return ERR_MEMORY;
    }
    load(file);
    return ERR_OK;
}

void template_file_close(struct template_file **file_p)
{
    if (*file_p == NULL) {
        return;
    }
    snapshot_destroy(&(*file_p)->snapshot);
    free((*file_p)->path);
    free((*file_p)->new_path);
    free(*file_p);
    *file_p = NULL;
}

const struct snapshot *template_file_snapshot(const struct template_file *file)
{
    return file->snapshot;
}

/* On failure errno tells why. */
static bool replace(const struct template_file *file, const struct buffer *content)
{
    int fd = open(file->new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        return false;
    }
    bool is_written = write_all(fd, content->bytes, content->size) && fsync(fd) == 0;
    is_written = close(fd) == 0 && is_written;
    return is_written && rename(file->new_path, file->path) == 0;
}

static void write_changed(struct template_file *file, const struct buffer *content)
{
    uint32_t crc = crc32c(0, content->bytes, content->size);
    if (crc == file->written_crc && !file->is_failing) {
        return;
    }
    bool is_written = replace(file, content);
    if (!is_written && !file->is_failing) {
        log_warning(
            "templates", "cannot write", "file=%s error=\"%s\"", file->path, strerror(errno));
    }
    file->is_failing = !is_written;
    file->written_crc = is_written ? crc : 0;
}

void template_file_save(struct template_file *file, struct receiver *receiver)
{
    if (file->path == NULL) {
        return;
    }
    struct buffer exporters = {0};
    struct buffer content = {0};
    enum err err = receiver_print_snapshot(receiver, &exporters);
    if (err == ERR_OK) {
        snapshot_write(&content, &exporters, file->snapshot, clock_wall_ns());
        err = buffer_check(&content);
    }
    if (err == ERR_OK) {
        write_changed(file, &content);
    } else {
        log_warning("templates", "cannot be collected", "error=\"%s\"", err_text(err));
    }
    buffer_clear(&content);
    buffer_clear(&exporters);
}
