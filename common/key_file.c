/* SPDX-License-Identifier: BSD-3-Clause -- files of a keys folder. */
#include "common/key_file.h"

#include "common/log.h"

#include <stdio.h>

#define COMPONENT "keys"

enum err key_file_path(char path[KEY_FILE_PATH_SIZE], const char *folder, const char *part,
    const char *name, const char *ending)
{
    int size = snprintf(path, KEY_FILE_PATH_SIZE, "%s/%s%s%s%s", folder, part,
        part[0] != '\0' ? "/" : "", name, ending);
    if (size > 0 && size < KEY_FILE_PATH_SIZE) {
        return ERR_OK;
    }
    log_error(COMPONENT, "the path of a key is too long", "folder=%s", folder);
    return ERR_INVALID;
}

zcert_t *key_file_load(const char *path)
{
    zcert_t *cert = zcert_load(path);
    if (cert == NULL) {
        log_error(COMPONENT, "cannot read a key file",
            "flag=-zmq.keys file=%s mend=\"make it again with goflow-keys\"", path);
    }
    return cert;
}
