/* SPDX-License-Identifier: BSD-3-Clause -- key pairs and allowed keys, written. */
#include "tools/keys/key_folder.h"

#include "common/file.h"
#include "common/key_file.h"
#include "common/log.h"

#include <czmq.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define COMPONENT "keys"

enum {
    FOLDER_MODE = 0700,
    PUBLIC_MODE = 0644
};

static bool is_name(const char *name)
{
    if (link_key_is_name(name, strlen(name))) {
        return true;
    }
    log_error(COMPONENT, "a name has letters, digits, '.', '_' and '-'", "name=\"%s\"", name);
    return false;
}

static enum err make_folder(const char *folder, const char *part)
{
    char path[KEY_FILE_PATH_SIZE];
    enum err err = key_file_path(path, folder, "", part, "");
    if (err == ERR_OK && file_make_folder(path, FOLDER_MODE) != ERR_OK) {
        log_error(COMPONENT, "cannot make a folder", "path=%s error=\"%s\"", path, strerror(errno));
        return ERR_IO;
    }
    return err;
}

static enum err save(zcert_t *cert, const char *path, bool has_secret)
{
    /* CZMQ gives the secret file mode 0600 before it has content. */
    int failed = has_secret ? zcert_save(cert, path) : zcert_save_public(cert, path);
    if (failed != 0) {
        log_error(
            COMPONENT, "cannot write a key file", "path=%s error=\"%s\"", path, strerror(errno));
        return ERR_IO;
    }
    return chmod(path, PUBLIC_MODE) == 0 ? ERR_OK : ERR_IO;
}

static enum err make_folders(const char *folder)
{
    enum err err = make_folder(folder, "");
    for (size_t i = 0; i < LINK_PEER_KIND_COUNT && err == ERR_OK; i++) {
        err = make_folder(folder, link_peer_kind_folder((enum link_peer_kind)i));
    }
    return err;
}

/* Z85 may begin with '-', and a command line would take such a key for a flag. */
static zcert_t *new_pair(void)
{
    zcert_t *cert = zcert_new();
    while (cert != NULL && zcert_public_txt(cert)[0] == '-') {
        zcert_destroy(&cert);
        cert = zcert_new();
    }
    return cert;
}

enum err key_folder_make(const char *folder, const char *name)
{
    char path[KEY_FILE_PATH_SIZE];
    enum err err = key_file_path(path, folder, "", "own.key", "");
    if (err != ERR_OK) {
        return err;
    }
    if (access(path, F_OK) == 0) {
        log_error(COMPONENT, "there is a pair already: remove it to make another", "path=%s", path);
        return ERR_IN_USE;
    }
    if (!is_name(name)) {
        return ERR_INVALID;
    }
    err = make_folders(folder);
    zcert_t *cert = err == ERR_OK ? new_pair() : NULL;
    if (cert == NULL) {
        return err != ERR_OK ? err : ERR_MEMORY;
    }
    zcert_set_meta(cert, "name", "%s", name);
    err = save(cert, path, true);
    zcert_destroy(&cert);
    return err;
}

/* A certificate of the public key alone; NULL: not Z85. */
static zcert_t *from_text(const char *text)
{
    uint8_t public_key[LINK_KEY_SIZE];
    const uint8_t no_secret[LINK_KEY_SIZE] = {0};
    if (strlen(text) != LINK_KEY_TEXT_SIZE - 1 || zmq_z85_decode(public_key, text) == NULL) {
        return NULL;
    }
    return zcert_new_from(public_key, no_secret);
}

/* From a file or from Z85; NULL after a log line. */
static zcert_t *public_certificate(const char *key)
{
    if (access(key, R_OK) == 0) {
        return key_file_load(key);
    }
    zcert_t *cert = from_text(key);
    if (cert == NULL) {
        log_error(COMPONENT,
            "not a key: 40 characters of Z85, or the path of an own.key, are expected",
            "key=\"%s\"", key);
    }
    return cert;
}

enum err key_folder_allow(
    const char *folder, enum link_peer_kind kind, const char *name, const char *key)
{
    if (!is_name(name)) {
        return ERR_INVALID;
    }
    char path[KEY_FILE_PATH_SIZE];
    enum err err = make_folders(folder);
    if (err == ERR_OK) {
        err = key_file_path(path, folder, link_peer_kind_folder(kind), name, ".key");
    }
    zcert_t *cert = err == ERR_OK ? public_certificate(key) : NULL;
    if (cert == NULL) {
        return err != ERR_OK ? err : ERR_INVALID;
    }
    zcert_set_meta(cert, "name", "%s", name);
    err = save(cert, path, false);
    zcert_destroy(&cert);
    return err;
}

enum err key_folder_refuse(const char *folder, enum link_peer_kind kind, const char *name)
{
    char path[KEY_FILE_PATH_SIZE];
    enum err err = key_file_path(path, folder, link_peer_kind_folder(kind), name, ".key");
    if (err != ERR_OK || !is_name(name)) {
        return ERR_INVALID;
    }
    return unlink(path) == 0 ? ERR_OK : ERR_NOT_FOUND;
}
