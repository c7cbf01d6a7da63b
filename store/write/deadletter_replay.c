/* SPDX-License-Identifier: BSD-3-Clause -- dead letters into the table, later. */
#include "store/write/deadletter_replay.h"

#include "common/file.h"
#include "common/log.h"
#include "store/columns/native_cut.h"
#include "store/sink/table_ddl.h"
#include "store/write/deadletter_file.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COMPONENT "deadletter"

/* One run over a folder. */
struct replay {
    struct sink *sink;
    const struct sink_options *options;
    uint64_t rows_max; /* of an INSERT, since a larger one was too large */
    struct deadletter_replay_sums *sums;
};

/* Some batches of a file, one after the other. */
struct part {
    size_t first;
    size_t end;
    uint64_t rows;
};

static int is_letter(const struct dirent *entry)
{
    return deadletter_file_is_name(entry->d_name);
}

static void name_table(
    const struct sink_options *options, enum record_kind kind, struct buffer *name)
{
    char table[NAME_MAX];
    const char *end = RECORD_SCHEMAS[kind].name;
    (void)snprintf(table, sizeof table, "%s%s%s", options->table, end != NULL ? "_" : "",
        end != NULL ? end : "");
    table_ddl_name(name, options->database, table);
}

static void append_question(
    struct buffer *sql, const struct deadletter_file *file, const char *table)
{
    uint64_t first = UINT64_MAX;
    uint64_t last = 0;
    buffer_format(sql,
        "SELECT " ROW_INGEST_ID ", " ROW_SEQUENCE ", count() FROM %s WHERE " ROW_INGEST_ID " IN (",
        table);
    for (size_t i = 0; i < file->batch_count; i++) {
        const struct row_identity *identity = &file->batches[i].identity;
        bool is_repeated = i > 0 && identity->ingest_id == file->batches[i - 1].identity.ingest_id;
        if (!is_repeated) {
            buffer_format(sql, "%s%" PRIu64, i > 0 ? ", " : "", identity->ingest_id);
        }
        first = identity->sequence < first ? identity->sequence : first;
        last = identity->sequence > last ? identity->sequence : last;
    }
    buffer_format(sql,
        ") AND " ROW_SEQUENCE " >= %" PRIu64 " AND " ROW_SEQUENCE " <= %" PRIu64
        " GROUP BY " ROW_INGEST_ID ", " ROW_SEQUENCE,
        first, last);
}

static void take_count(
    struct deadletter_file *file, struct row_identity found, uint64_t count, bool are_shards)
{
    for (size_t i = 0; i < file->batch_count; i++) {
        struct deadletter_batch *batch = &file->batches[i];
        bool is_same = batch->identity.ingest_id == found.ingest_id &&
                       batch->identity.sequence == found.sequence;
        if (is_same && (are_shards || count > batch->stored)) {
            batch->stored = are_shards ? batch->stored + count : count;
        }
    }
}

static void take_counts(struct deadletter_file *file, const char *answer, bool are_shards)
{
    for (const char *line = answer; *line != '\0';) {
        char *end;
        struct row_identity found;
        found.ingest_id = strtoull(line, &end, 10);
        found.sequence = strtoull(end, &end, 10);
        take_count(file, found, strtoull(end, &end, 10), are_shards);
        line = strchrnul(end, '\n');
        line += *line == '\n';
    }
}

/* A batch of which the table has a part can be neither put in nor passed over. */
static enum sink_outcome check_parts(
    const struct replay *replay, const struct deadletter_file *file, struct buffer *error)
{
    for (size_t i = 0; i < file->batch_count; i++) {
        const struct deadletter_batch *batch = &file->batches[i];
        if (batch->stored > 0 && batch->stored < batch->rows &&
            sink_counts_rows(replay->sink, file->kind)) {
            buffer_format(error,
                "the table has %" PRIu64 " of %" PRIu64 " rows of the batch " ROW_INGEST_ID
                " = %" PRIu64 " AND " ROW_SEQUENCE " = %" PRIu64 ": delete them first",
                batch->stored, batch->rows, batch->identity.ingest_id, batch->identity.sequence);
            return SINK_REJECT;
        }
    }
    return SINK_DONE;
}

/* A table without the identity columns can't be asked, and has nothing then. */
static enum sink_outcome find(
    const struct replay *replay, struct deadletter_file *file, struct buffer *error)
{
    if (!sink_has_identity(replay->sink, file->kind)) {
        return SINK_DONE;
    }
    struct buffer question = {0};
    struct buffer answer = {0};
    append_question(&question, file, sink_asked_table(replay->sink, file->kind));
    enum sink_outcome outcome =
        sink_ask(replay->sink, file->kind, buffer_text(&question), &answer, error);
    if (outcome == SINK_DONE) {
        bool are_shards = sink_asks_shards(replay->sink, file->kind);
        take_counts(file, buffer_text(&answer), are_shards);
        outcome = check_parts(replay, file, error);
    }
    buffer_clear(&answer);
    buffer_clear(&question);
    return outcome;
}

/* The next batches that the table lacks, as many as one INSERT may have; false: none. */
static bool next_part(
    const struct replay *replay, const struct deadletter_file *file, struct part *part)
{
    part->first = part->end;
    while (part->first < file->batch_count && file->batches[part->first].stored > 0) {
        part->first++;
    }
    part->rows = 0;
    for (part->end = part->first; part->end < file->batch_count; part->end++) {
        const struct deadletter_batch *batch = &file->batches[part->end];
        bool is_full = part->rows > 0 && part->rows + batch->rows > replay->rows_max;
        if (batch->stored > 0 || is_full) {
            break;
        }
        part->rows += batch->rows;
    }
    return part->rows > 0;
}

/* The part's rows, and a path under which the engine finds them. */
static enum sink_outcome insert_bytes(const struct replay *replay,
    const struct deadletter_file *file, const struct part *part, const struct buffer *bytes,
    struct buffer *error)
{
    struct buffer table = {0};
    char path[PATH_MAX];
    int fd = memfd_create("dead-letter", MFD_CLOEXEC);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    enum sink_outcome outcome = SINK_RETRY;
    if (fd < 0 || file_write(fd, bytes->bytes, bytes->size) != ERR_OK) {
        buffer_format(error, "no memory for the rows: %s", strerror(errno));
    } else {
        name_table(replay->options, file->kind, &table);
        const struct sink_file sent = {.kind = file->kind,
            .table = buffer_text(&table),
            .path = path,
            .bytes = bytes,
            .rows = (uint32_t)part->rows,
            .is_one_batch = part->end - part->first == 1};
        outcome = sink_insert_file(replay->sink, &sent, error);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    buffer_clear(&table);
    return outcome;
}

static enum sink_outcome insert_part(const struct replay *replay,
    const struct deadletter_file *file, const struct part *part, struct buffer *error)
{
    struct buffer bytes = {0};
    enum err err =
        native_cut(&file->bytes, file->batches[part->first].first_row, part->rows, &bytes);
    enum sink_outcome outcome = SINK_REJECT;
    if (err == ERR_OK) {
        outcome = insert_bytes(replay, file, part, &bytes, error);
    } else {
        buffer_text_append(error, err_text(err));
    }
    buffer_clear(&bytes);
    return outcome;
}

/* Inserts what the table lacks, in parts that get smaller while they are too large. */
static enum sink_outcome insert_missing(
    struct replay *replay, const struct deadletter_file *file, struct buffer *error)
{
    enum sink_outcome outcome = SINK_DONE;
    struct part part = {0};
    while (outcome == SINK_DONE && next_part(replay, file, &part)) {
        outcome = insert_part(replay, file, &part, error);
        if (outcome == SINK_DONE) {
            replay->sums->rows += part.rows;
        } else if (outcome == SINK_TOO_LARGE) {
            replay->rows_max = part.rows / 2;
            part.end = part.first;
            buffer_clear(error);
            outcome = SINK_DONE;
        }
    }
    return outcome;
}

static enum sink_outcome put_in(
    struct replay *replay, struct deadletter_file *file, struct buffer *error)
{
    struct buffer table = {0};
    name_table(replay->options, file->kind, &table);
    enum sink_outcome outcome = sink_prepare(replay->sink, file->kind, error);
    if (outcome == SINK_DONE) {
        outcome = find(replay, file, error);
    }
    if (outcome == SINK_DONE) {
        uint64_t before = replay->sums->rows;
        outcome = insert_missing(replay, file, error);
        replay->sums->known += outcome == SINK_DONE && replay->sums->rows == before;
    }
    buffer_clear(&table);
    return outcome;
}

static enum err stay(
    struct replay *replay, const struct deadletter_file *file, enum err err, const char *why)
{
    replay->sums->failed++;
    log_error(COMPONENT, "stays in the folder", "path=%s error=\"%s\"", file->path, why);
    return err;
}

static enum err replay_file(struct replay *replay, const char *folder, const char *name)
{
    struct deadletter_file file = {0};
    struct buffer error = {0};
    enum err err = deadletter_file_read(&file, folder, name);
    if (err != ERR_OK) {
        err = stay(replay, &file, ERR_REFUSED, err_text(err));
        deadletter_file_clear(&file);
        return err;
    }
    enum sink_outcome outcome = put_in(replay, &file, &error);
    if (outcome == SINK_DONE) {
        replay->sums->files++;
        deadletter_file_remove(&file);
    } else {
        bool is_final = outcome == SINK_REJECT || outcome == SINK_SUSPECT;
        err = stay(replay, &file, is_final ? ERR_REFUSED : ERR_AGAIN, buffer_text(&error));
    }
    buffer_clear(&error);
    deadletter_file_clear(&file);
    return err;
}

enum err deadletter_replay(struct sink *sink, const struct sink_options *options,
    const char *folder, struct deadletter_replay_sums *sums_p)
{
    *sums_p = (struct deadletter_replay_sums){0};
    struct replay replay = {
        .sink = sink, .options = options, .rows_max = UINT64_MAX, .sums = sums_p};
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_letter, alphasort);
    if (count < 0) {
        log_error(COMPONENT, "cannot read the folder", "deadletter.dir=%s error=\"%s\"", folder,
            strerror(errno));
        return ERR_IO;
    }
    enum err result = ERR_OK;
    for (int i = 0; i < count; i++) {
        if (result != ERR_AGAIN) {
            enum err err = replay_file(&replay, folder, entries[i]->d_name);
            result = err != ERR_OK ? err : result;
        }
        free(entries[i]);
    }
    free(entries);
    return result;
}
