/* SPDX-License-Identifier: BSD-3-Clause -- what a dead letter holds. */
#include "store/write/deadletter_file.h"

#include "common/file.h"
#include "common/log.h"
#include "store/columns/native_cut.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMPONENT "deadletter"
#define SUFFIX    ".native"

/* Before the values of a block's last two columns: name and type, each after its length. */
#define INGEST_HEAD   "\x08" ROW_INGEST_ID "\x06UInt64"
#define SEQUENCE_HEAD "\x0d" ROW_SEQUENCE "\x06UInt64"

static bool has_end(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length > strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

bool deadletter_file_is_name(const char *name)
{
    return has_end(name, SUFFIX);
}

/* TIME-N.native holds flows, TIME-N.counters.native counters, and so on. */
static enum record_kind kind_of(const char *name)
{
    for (int kind = RECORD_FLOWS + 1; kind < RECORD_KIND_COUNT; kind++) {
        char end[64];
        (void)snprintf(end, sizeof end, ".%s" SUFFIX, RECORD_SCHEMAS[kind].name);
        if (has_end(name, end)) {
            return (enum record_kind)kind;
        }
    }
    return RECORD_FLOWS;
}

/* The values of a column of 64-bit numbers that ends at *end_p, which then is where it begins. */
static const char *find_last_column(
    const struct deadletter_file *file, const char *head, size_t *end_p)
{
    size_t head_size = strlen(head);
    size_t values_size = file->rows * sizeof(uint64_t);
    if (file->rows > file->bytes.size || *end_p < values_size + head_size) {
        return NULL;
    }
    const char *values = file->bytes.bytes + *end_p - values_size;
    if (file->rows == 0 || memcmp(values - head_size, head, head_size) != 0) {
        return NULL;
    }
    *end_p -= values_size + head_size;
    return values;
}

static uint64_t load(const char *values, uint64_t row)
{
    uint64_t value;
    memcpy(&value, values + row * sizeof value, sizeof value); /* little-endian, as we are */
    return value;
}

static bool is_of(const struct deadletter_batch *batch, struct row_identity identity)
{
    return batch->identity.ingest_id == identity.ingest_id &&
           batch->identity.sequence == identity.sequence;
}

/* The identity columns are the last ones of every file that deadletter.c writes. */
static enum err find_batches(struct deadletter_file *file)
{
    size_t end = file->bytes.size;
    const char *sequences = find_last_column(file, SEQUENCE_HEAD, &end);
    const char *ingests = sequences != NULL ? find_last_column(file, INGEST_HEAD, &end) : NULL;
    if (ingests == NULL) {
        return ERR_CORRUPT;
    }
    file->batches = calloc(file->rows, sizeof *file->batches);
    if (file->batches == NULL) {
        return ERR_MEMORY;
    }
    for (uint64_t row = 0; row < file->rows; row++) {
        struct row_identity identity = {load(ingests, row), load(sequences, row)};
        if (file->batch_count == 0 || !is_of(&file->batches[file->batch_count - 1], identity)) {
            file->batches[file->batch_count++] =
                (struct deadletter_batch){.identity = identity, .first_row = row};
        }
        file->batches[file->batch_count - 1].rows++;
    }
    return ERR_OK;
}

enum err deadletter_file_read(struct deadletter_file *file_p, const char *folder, const char *name)
{
    *file_p = (struct deadletter_file){.kind = kind_of(name)};
    (void)snprintf(file_p->path, sizeof file_p->path, "%s/%s", folder, name);
    enum err err = file_read(file_p->path, SIZE_MAX, &file_p->bytes);
    if (err == ERR_OK) {
        err = native_cut_rows(&file_p->bytes, &file_p->rows);
    }
    return err == ERR_OK ? find_batches(file_p) : err;
}

void deadletter_file_clear(struct deadletter_file *file)
{
    buffer_clear(&file->bytes);
    free(file->batches);
    file->batches = NULL;
}

void deadletter_file_remove(const struct deadletter_file *file)
{
    char error_path[PATH_MAX + sizeof ".error"];
    char end[64] = SUFFIX;
    if (file->kind != RECORD_FLOWS) {
        (void)snprintf(end, sizeof end, ".%s" SUFFIX, RECORD_SCHEMAS[file->kind].name);
    }
    (void)snprintf(error_path, sizeof error_path, "%.*s.error",
        (int)(strlen(file->path) - strlen(end)), file->path);
    if (unlink(file->path) != 0) {
        log_error(COMPONENT, "cannot remove", "path=%s error=\"%s\"", file->path, strerror(errno));
    }
    (void)unlink(error_path);
}
