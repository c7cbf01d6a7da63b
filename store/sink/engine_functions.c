/* SPDX-License-Identifier: BSD-3-Clause -- the user-defined function that hides file(). */
#include "store/sink/engine_functions.h"

#include "common/file.h"
#include "common/log.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    FOLDER_MODE = 0750,
    FILE_MODE = 0640
};

/* With one argument the engine refuses the call because two are expected. */
static const char FILE_FUNCTION[] =
    "CREATE FUNCTION file AS (path, fallback) -> "
    "throwIf(1, 'the function file() is not available in goflow-store')\n";

static enum err refuse(const char *path)
{
    log_error("engine", "cannot write the function that hides file()", "path=%s error=\"%s\"", path,
        strerror(errno));
    return ERR_IO;
}

/* So that an engine starts on a full disk: its own files wait there for room. */
static bool is_written(const char *name)
{
    struct buffer text = {0};
    bool is_same = file_read(name, sizeof FILE_FUNCTION, &text) == ERR_OK &&
                   text.size == sizeof FILE_FUNCTION - 1 &&
                   memcmp(text.bytes, FILE_FUNCTION, text.size) == 0;
    buffer_clear(&text);
    return is_same;
}

enum err engine_functions_cover(const char *path)
{
    char name[PATH_MAX];
    int length = snprintf(name, sizeof name, "%s/user_defined", path);
    if (length < 0 || length >= (int)sizeof name - (int)sizeof "/function_file.sql") {
        errno = ENAMETOOLONG;
        return refuse(path);
    }
    if (file_make_folder(name, FOLDER_MODE) != ERR_OK) {
        return refuse(name);
    }
    (void)snprintf(name + length, sizeof name - (size_t)length, "/function_file.sql");
    if (is_written(name)) {
        return ERR_OK;
    }
    return file_replace(name, FILE_MODE, FILE_FUNCTION, sizeof FILE_FUNCTION - 1) == ERR_OK
               ? ERR_OK
               : refuse(name);
}
