/* SPDX-License-Identifier: BSD-3-Clause -- refused blocks as Native files. */
#include "store/write/deadletter.h"

#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "common/refusal.h"
#include "store/columns/native.h"
#include "store/columns/record_native.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COMPONENT "deadletter"

enum {
    FOLDER_MODE = 0750,
    FILE_MODE = 0640
};

struct deadletter {
    char folder[PATH_MAX / 2];
    struct native_plan *plan; /* every field, in its own type */
    uint32_t written;
};

/* The plan of our own table. */
static enum err plan_own_columns(struct native_plan **plan_p)
{
    struct table_column columns[FLOW_FIELD_COUNT + 2];
    size_t count = 0;
    for (size_t field = 0; field < FLOW_FIELD_COUNT; field++) {
        if (FLOW_FIELDS[field].column[0] != '\0') {
            columns[count++] = (struct table_column){
                .name = (char *)FLOW_FIELDS[field].name, .type = (char *)FLOW_FIELDS[field].column};
        }
    }
    columns[count++] =
        (struct table_column){.name = (char *)ROW_INGEST_ID, .type = (char *)"UInt64"};
    columns[count++] =
        (struct table_column){.name = (char *)ROW_SEQUENCE, .type = (char *)"UInt64"};
    struct buffer why = {0};
    enum err err = native_plan_new(plan_p, columns, count, &why);
    buffer_clear(&why);
    return err;
}

static enum err refuse_path(const char *folder, int cause)
{
    const struct refusal refusal = {.component = COMPONENT,
        .flag = "-deadletter.dir",
        .key = "folder",
        .value = folder,
        .cause = cause};
    return refuse_folder(&refusal);
}

enum err deadletter_check(const char *folder)
{
    if (strlen(folder) >= sizeof(((struct deadletter *)NULL)->folder)) {
        return refuse_path(folder, ENAMETOOLONG);
    }
    enum err err = file_check_folder(folder, FILE_FOLDER_IS_MADE);
    return err == ERR_OK ? ERR_OK : refuse_path(folder, errno);
}

enum err deadletter_open(struct deadletter **deadletter_p, const char *folder)
{
    struct deadletter *deadletter = calloc(1, sizeof *deadletter);
    *deadletter_p = deadletter;
    if (deadletter == NULL) {
        return ERR_MEMORY;
    }
    enum err err = plan_own_columns(&deadletter->plan);
    if (err == ERR_OK) {
        err = deadletter_check(folder);
    }
    if (err == ERR_OK && file_make_folder(folder, FOLDER_MODE) != ERR_OK) {
        err = refuse_path(folder, errno);
    }
    if (err != ERR_OK) {
        deadletter_close(deadletter_p);
        return err;
    }
    (void)snprintf(deadletter->folder, sizeof deadletter->folder, "%s", folder);
    return ERR_OK;
}

void deadletter_close(struct deadletter **deadletter_p)
{
    struct deadletter *deadletter = *deadletter_p;
    if (deadletter == NULL) {
        return;
    }
    native_plan_destroy(&deadletter->plan);
    free(deadletter);
    *deadletter_p = NULL;
}

static enum err write_file(const char *path, const char *bytes, size_t size)
{
    enum err err = file_replace(path, FILE_MODE, bytes, size);
    if (err != ERR_OK) {
        log_error(COMPONENT, "cannot write", "path=%s error=\"%s\"", path, strerror(errno));
    }
    return err;
}

/* The new names themselves must survive a power cut too. */
static enum err sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return ERR_IO;
    }
    enum err err = fsync(fd) == 0 ? ERR_OK : ERR_IO;
    (void)close(fd);
    return err;
}

static void format_path(
    const struct deadletter *deadletter, uint64_t now_ns, const char *end, char path[PATH_MAX])
{
    time_t seconds = (time_t)(now_ns / NS_PER_S);
    struct tm parts;
    (void)gmtime_r(&seconds, &parts);
    char time_text[32];
    (void)strftime(time_text, sizeof time_text, "%Y%m%dT%H%M%S", &parts);
    (void)snprintf(path, PATH_MAX, "%s/%s.%09u-%u.%s", deadletter->folder, time_text,
        (unsigned)(now_ns % NS_PER_S), (unsigned)deadletter->written, end);
}

static enum err pack(
    const struct deadletter *deadletter, const struct block *block, struct buffer *bytes)
{
    return block->kind == RECORD_FLOWS
               ? native_write(deadletter->plan, block->columns, bytes)
               : record_native_write(block->records, RECORD_NATIVE_ALL, bytes);
}

/* Other rows than flows say what they are: TIME-N.counters.native. */
static void format_native_path(const struct deadletter *deadletter, const struct block *block,
    uint64_t now_ns, char path[PATH_MAX])
{
    char end[32] = "native";
    if (block->kind != RECORD_FLOWS) {
        (void)snprintf(end, sizeof end, "%s.native", RECORD_SCHEMAS[block->kind].name);
    }
    format_path(deadletter, now_ns, end, path);
}

enum err deadletter_put(struct deadletter *deadletter, const struct block *block, const char *error)
{
    uint64_t now_ns = clock_wall_ns();
    char path[PATH_MAX];
    format_path(deadletter, now_ns, "error", path);
    enum err err = write_file(path, error, strlen(error));
    if (err != ERR_OK) {
        return err;
    }
    struct buffer bytes = {0};
    err = pack(deadletter, block, &bytes);
    if (err == ERR_OK) {
        format_native_path(deadletter, block, now_ns, path);
        err = write_file(path, bytes.bytes, bytes.size);
    }
    buffer_clear(&bytes);
    if (err == ERR_OK) {
        err = sync_folder(deadletter->folder);
    }
    if (err == ERR_OK) {
        deadletter->written++;
        log_error(COMPONENT, "the database refused a block for good",
            "path=%s rows=%u error=\"%s\"", path, (unsigned)block_rows(block), error);
    }
    return err;
}
