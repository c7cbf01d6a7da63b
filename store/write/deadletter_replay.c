/* SPDX-License-Identifier: BSD-3-Clause -- shelved blocks into the table, later. */
#include "store/write/deadletter_replay.h"

#include "common/file.h"
#include "common/log.h"
#include "common/record.h"
#include "store/sink/table_ddl.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMPONENT "deadletter"
#define SUFFIX    ".native"

/* Before the values of a block's last two columns: name and type, each after its length. */
#define INGEST_HEAD   "\x08" ROW_INGEST_ID "\x06UInt64"
#define SEQUENCE_HEAD "\x0d" ROW_SEQUENCE "\x06UInt64"

struct letter {
    char path[PATH_MAX];
    enum record_kind kind;
    struct buffer bytes;
    uint64_t rows;
    struct row_identity first; /* of the rows */
};

static bool has_end(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length > strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static int is_letter(const struct dirent *entry)
{
    return has_end(entry->d_name, SUFFIX);
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

static uint64_t read_varint(const uint8_t **pos_p, const uint8_t *end)
{
    uint64_t value = 0;
    for (unsigned shift = 0; *pos_p < end && shift < 64; shift += 7) {
        uint8_t byte = *(*pos_p)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            break;
        }
    }
    return value;
}

/* One column of `rows` 64-bit numbers that ends at *end_p, which then is where its head begins. */
static enum err take_last_column(
    const struct letter *letter, const char *head, size_t *end_p, uint64_t *first_p)
{
    size_t head_size = strlen(head);
    size_t values_size = letter->rows * sizeof *first_p;
    if (letter->rows > letter->bytes.size || *end_p < values_size + head_size) {
        return ERR_CORRUPT;
    }
    const char *values = letter->bytes.bytes + *end_p - values_size;
    if (letter->rows == 0 || memcmp(values - head_size, head, head_size) != 0) {
        return ERR_CORRUPT;
    }
    memcpy(first_p, values, sizeof *first_p); /* Native is little-endian, as we are */
    *end_p -= values_size + head_size;
    return ERR_OK;
}

/* The identity columns are the last ones of every file that deadletter.c writes. */
static enum err parse(struct letter *letter)
{
    const uint8_t *pos = (const uint8_t *)letter->bytes.bytes;
    const uint8_t *end = pos + letter->bytes.size;
    (void)read_varint(&pos, end); /* columns */
    letter->rows = read_varint(&pos, end);
    size_t column_end = letter->bytes.size;
    enum err err = take_last_column(letter, SEQUENCE_HEAD, &column_end, &letter->first.sequence);
    if (err == ERR_OK) {
        err = take_last_column(letter, INGEST_HEAD, &column_end, &letter->first.ingest_id);
    }
    return err;
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

/* A table without the identity columns can't be asked, and has nothing then. */
static enum sink_outcome find(struct sink *sink, const struct letter *letter, const char *table,
    bool *is_known_p, struct buffer *error)
{
    struct buffer question = {0};
    struct buffer answer = {0};
    buffer_format(&question,
        "SELECT count() FROM %s WHERE " ROW_INGEST_ID " = %" PRIu64 " AND " ROW_SEQUENCE
        " = %" PRIu64,
        table, letter->first.ingest_id, letter->first.sequence);
    enum sink_outcome outcome =
        sink_query(sink, buffer_text(&question), "TabSeparated", &answer, error);
    *is_known_p = outcome == SINK_DONE && strtoull(buffer_text(&answer), NULL, 10) > 0;
    if (outcome == SINK_REJECT) {
        buffer_clear(error);
        outcome = SINK_DONE;
    }
    buffer_clear(&answer);
    buffer_clear(&question);
    return outcome;
}

static enum sink_outcome put_in(struct sink *sink, const struct sink_options *options,
    const struct letter *letter, bool *is_known_p, struct buffer *error)
{
    struct buffer table = {0};
    name_table(options, letter->kind, &table);
    enum sink_outcome outcome = sink_prepare(sink, letter->kind, error);
    if (outcome == SINK_DONE) {
        outcome = find(sink, letter, buffer_text(&table), is_known_p, error);
    }
    if (outcome == SINK_DONE && !*is_known_p) {
        const struct sink_file file = {.table = buffer_text(&table),
            .path = letter->path,
            .bytes = &letter->bytes,
            .rows = (uint32_t)letter->rows};
        outcome = sink_insert_file(sink, &file, error);
    }
    buffer_clear(&table);
    return outcome;
}

/* The file, and the error beside it, whose name ends behind TIME-N. */
static void remove_letter(const struct letter *letter)
{
    char error_path[PATH_MAX + sizeof ".error"];
    char kind_end[64] = SUFFIX;
    if (letter->kind != RECORD_FLOWS) {
        (void)snprintf(kind_end, sizeof kind_end, ".%s" SUFFIX, RECORD_SCHEMAS[letter->kind].name);
    }
    (void)snprintf(error_path, sizeof error_path, "%.*s.error",
        (int)(strlen(letter->path) - strlen(kind_end)), letter->path);
    if (unlink(letter->path) != 0) {
        log_error(
            COMPONENT, "cannot remove", "path=%s error=\"%s\"", letter->path, strerror(errno));
    }
    (void)unlink(error_path);
}

static enum err stay(
    const struct letter *letter, struct deadletter_replay_sums *sums, enum err err, const char *why)
{
    sums->failed++;
    log_error(COMPONENT, "stays in the folder", "path=%s error=\"%s\"", letter->path, why);
    return err;
}

static enum err replay(struct sink *sink, const struct sink_options *options, struct letter *letter,
    struct deadletter_replay_sums *sums)
{
    enum err err = file_read(letter->path, SIZE_MAX, &letter->bytes);
    if (err == ERR_OK) {
        err = parse(letter);
    }
    if (err != ERR_OK) {
        return stay(letter, sums, ERR_REFUSED, err_text(err));
    }
    struct buffer error = {0};
    bool is_known = false;
    enum sink_outcome outcome = put_in(sink, options, letter, &is_known, &error);
    if (outcome == SINK_DONE) {
        sums->files++;
        sums->known += is_known;
        sums->rows += is_known ? 0 : letter->rows;
        remove_letter(letter);
    } else {
        err = stay(
            letter, sums, outcome == SINK_REJECT ? ERR_REFUSED : ERR_AGAIN, buffer_text(&error));
    }
    buffer_clear(&error);
    return err;
}

enum err deadletter_replay(struct sink *sink, const struct sink_options *options,
    const char *folder, struct deadletter_replay_sums *sums_p)
{
    *sums_p = (struct deadletter_replay_sums){0};
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_letter, alphasort);
    if (count < 0) {
        log_error(COMPONENT, "cannot read the folder", "deadletter.dir=%s error=\"%s\"", folder,
            strerror(errno));
        return ERR_IO;
    }
    enum err result = ERR_OK;
    for (int i = 0; i < count; i++) {
        struct letter letter = {.kind = kind_of(entries[i]->d_name)};
        (void)snprintf(letter.path, sizeof letter.path, "%s/%s", folder, entries[i]->d_name);
        if (result != ERR_AGAIN) {
            enum err err = replay(sink, options, &letter, sums_p);
            result = err != ERR_OK ? err : result;
        }
        buffer_clear(&letter.bytes);
        free(entries[i]);
    }
    free(entries);
    return result;
}
