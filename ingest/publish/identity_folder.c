/* SPDX-License-Identifier: BSD-3-Clause -- the folder of an identity. */
#include "ingest/publish/identity_folder.h"

#include "common/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static enum err write_path(
    char *out, size_t size, const char *base, int base_length, const char *below)
{
    int length = snprintf(out, size, "%.*s%s", base_length, base, below);
    return length >= 0 && (size_t)length < size ? ERR_OK : ERR_FULL;
}

enum err identity_folder_default(char *out, size_t size)
{
    const char *system = getenv("STATE_DIRECTORY");
    if (system != NULL && *system == '/') {
        return write_path(out, size, system, (int)strcspn(system, ":"), "");
    }
    const char *state = getenv("XDG_STATE_HOME");
    if (state != NULL && *state == '/') {
        return write_path(out, size, state, (int)strlen(state), "/goflow");
    }
    const char *home = getenv("HOME");
    if (home != NULL && *home == '/') {
        return write_path(out, size, home, (int)strlen(home), "/.local/state/goflow");
    }
    return ERR_NOT_FOUND;
}

enum err identity_folder_make(const char *path)
{
    char *part = strdup(path);
    if (part == NULL) {
        return ERR_MEMORY;
    }
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(part, IDENTITY_FOLDER_MODE); /* what is wrong shows at the last one */
        *slash = '/';
    }
    free(part);
    return file_make_folder(path, IDENTITY_FOLDER_MODE);
}
