/* SPDX-License-Identifier: BSD-3-Clause -- templates and sampling rates across restarts. */
#include "ingest/template_file.h"

#include "common/clock.h"
#include "common/crc32c.h"
#include "common/file.h"
#include "common/log.h"
#include "ingest/decode/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Far more than the templates of any site; a larger file is not ours. */
enum {
    FILE_MAX_BYTES = 1 << 30,
    FILE_MODE = 0644
};

struct template_file {
    char *path;      /* NULL: nothing is written */
    bool is_failing; /* the last try to write did not succeed */
    uint32_t written_crc;
    struct snapshot *snapshot;
};

static enum err parse_file(struct snapshot **snapshot_p, const char *path)
{
    struct buffer bytes = {0};
    enum err err = file_read(path, FILE_MAX_BYTES, &bytes);
    if (err == ERR_OK) {
        err = snapshot_parse(snapshot_p, bytes.bytes, bytes.size);
    }
    buffer_clear(&bytes);
    return err;
}

static void refuse(struct template_file *file, const char *reason)
{
    log_warning("templates", "cannot be used: nothing is read or written", "file=%s error=\"%s\"",
        file->path, reason);
    free(file->path);
    file->path = NULL;
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
    case ERR_IO:
        refuse(file, strerror(errno));
        break;
    case ERR_UNSUPPORTED:
        refuse(file, "no file of templates that this version knows");
        break;
    default:
        refuse(file, err_text(err));
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
    if (file->path == NULL) {
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
    free(*file_p);
    *file_p = NULL;
}

const struct snapshot *template_file_snapshot(const struct template_file *file)
{
    return file->snapshot;
}

static void write_changed(struct template_file *file, const struct buffer *content)
{
    uint32_t crc = crc32c(0, content->bytes, content->size);
    if (crc == file->written_crc && !file->is_failing) {
        return;
    }
    bool is_written = file_replace(file->path, FILE_MODE, content->bytes, content->size) == ERR_OK;
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
