/* SPDX-License-Identifier: BSD-3-Clause -- the keys folder, read and searched. */
#include "common/link_keys.h"

#include "common/array.h"
#include "common/file.h"
#include "common/key_file.h"
#include "common/log.h"

#include <ctype.h>
#include <czmq.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COMPONENT "keys"

enum {
    READABLE_BY_OTHERS = 077
};

static const struct {
    const char *name;
    const char *folder;
} KINDS[LINK_PEER_KIND_COUNT] = {
    [LINK_PEER_INGEST] = {"ingest", "ingests"},
    [LINK_PEER_STORE] = {"store", "stores"},
    [LINK_PEER_TAP] = {"tap", "taps"},
};

struct key_list {
    struct link_key *values; /* by name */
    size_t count;
    size_t room;
};

struct link_keys {
    char *folder;
    char public_text[LINK_KEY_TEXT_SIZE];
    char secret_text[LINK_KEY_TEXT_SIZE];
    struct key_list allowed[LINK_PEER_KIND_COUNT];
};

const char *link_peer_kind_folder(enum link_peer_kind kind)
{
    return KINDS[kind].folder;
}

const char *link_peer_kind_name(enum link_peer_kind kind)
{
    return KINDS[kind].name;
}

bool link_peer_kind_parse(enum link_peer_kind *kind_p, const char *name)
{
    for (size_t i = 0; i < LINK_PEER_KIND_COUNT; i++) {
        if (strcmp(KINDS[i].name, name) == 0) {
            *kind_p = (enum link_peer_kind)i;
            return true;
        }
    }
    return false;
}

bool link_key_is_name(const char *text, size_t size)
{
    if (size == 0 || size >= LINK_KEY_NAME_SIZE || text[0] == '.') {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (!isalnum((unsigned char)text[i]) && strchr("._-", text[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static enum err add_allowed(struct key_list *list, const char *path, const char *name, size_t size)
{
    if (list->count == LINK_KEYS_MAX) {
        log_error(COMPONENT, "too many keys in one folder",
            "flag=-zmq.keys path=%s max=%d mend=\"remove some: goflow-keys refuse\"", path,
            LINK_KEYS_MAX);
        return ERR_INVALID;
    }
    struct link_key *grown = array_grow(list->values, list->count, &list->room, sizeof *grown);
    if (grown == NULL) {
        return ERR_MEMORY;
    }
    list->values = grown;
    zcert_t *cert = key_file_load(path);
    if (cert == NULL) {
        return ERR_INVALID;
    }
    struct link_key *key = &list->values[list->count++];
    memset(key, 0, sizeof *key);
    memcpy(key->name, name, size);
    memcpy(key->public_key, zcert_public_key(cert), LINK_KEY_SIZE);
    zcert_destroy(&cert);
    return ERR_OK;
}

/* The length of the name in NAME.key; 0: another file. */
static size_t name_size(const char *file)
{
    size_t size = strlen(file);
    size_t ending = strlen(".key");
    bool is_key = size > ending && strcmp(file + size - ending, ".key") == 0;
    return is_key && link_key_is_name(file, size - ending) ? size - ending : 0;
}

static int by_name(const void *a, const void *b)
{
    const struct link_key *one = a;
    const struct link_key *other = b;
    return strcmp(one->name, other->name);
}

static enum err read_allowed(struct link_keys *keys, enum link_peer_kind kind)
{
    char path[KEY_FILE_PATH_SIZE];
    struct key_list *list = &keys->allowed[kind];
    enum err err = key_file_path(path, keys->folder, "", KINDS[kind].folder, "");
    DIR *folder = err == ERR_OK ? opendir(path) : NULL;
    if (folder == NULL) {
        return err; /* nobody is allowed to be that */
    }
    for (struct dirent *entry = readdir(folder); entry != NULL && err == ERR_OK;
         entry = readdir(folder)) {
        size_t size = name_size(entry->d_name);
        if (size > 0) {
            err = key_file_path(path, keys->folder, KINDS[kind].folder, entry->d_name, "");
        }
        if (size > 0 && err == ERR_OK) {
            err = add_allowed(list, path, entry->d_name, size);
        }
    }
    (void)closedir(folder);
    if (list->count > 0) {
        qsort(list->values, list->count, sizeof *list->values, by_name);
    }
    return err;
}

static enum err check_secret_mode(const char *path)
{
    struct stat found;
    if (stat(path, &found) != 0) {
        log_error(COMPONENT, "no secret key",
            "flag=-zmq.keys file=%s error=\"%s\" mend=\"make a pair: goflow-keys make FOLDER\"",
            path, strerror(errno));
        return ERR_INVALID;
    }
    if ((found.st_mode & READABLE_BY_OTHERS) != 0) {
        log_error(COMPONENT, "others may read the secret key",
            "flag=-zmq.keys file=%s mode=%o mend=\"chmod 600 it\"", path, found.st_mode & 0777U);
        return ERR_INVALID;
    }
    return ERR_OK;
}

static enum err read_own(struct link_keys *keys)
{
    char path[KEY_FILE_PATH_SIZE];
    enum err err = key_file_path(path, keys->folder, "", "own.key_secret", "");
    if (err == ERR_OK) {
        err = check_secret_mode(path);
    }
    zcert_t *cert = err == ERR_OK ? key_file_load(path) : NULL;
    if (cert == NULL) {
        return ERR_INVALID;
    }
    (void)snprintf(keys->public_text, LINK_KEY_TEXT_SIZE, "%s", zcert_public_txt(cert));
    (void)snprintf(keys->secret_text, LINK_KEY_TEXT_SIZE, "%s", zcert_secret_txt(cert));
    zcert_destroy(&cert);
    return ERR_OK;
}

enum err link_keys_read(struct link_keys **keys_p, const char *folder)
{
    *keys_p = NULL;
    struct link_keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL || (keys->folder = strdup(folder)) == NULL) {
        free(keys);
        return ERR_MEMORY;
    }
    enum err err = read_own(keys);
    for (size_t i = 0; i < LINK_PEER_KIND_COUNT && err == ERR_OK; i++) {
        err = read_allowed(keys, (enum link_peer_kind)i);
    }
    if (err != ERR_OK) {
        link_keys_destroy(&keys);
        return err;
    }
    *keys_p = keys;
    return ERR_OK;
}

void link_keys_destroy(struct link_keys **keys_p)
{
    struct link_keys *keys = *keys_p;
    if (keys == NULL) {
        return;
    }
    for (size_t i = 0; i < LINK_PEER_KIND_COUNT; i++) {
        free(keys->allowed[i].values);
    }
    explicit_bzero(keys->secret_text, sizeof keys->secret_text);
    free(keys->folder);
    free(keys);
    *keys_p = NULL;
}

static enum err copy_list(struct key_list *copy, const struct key_list *list)
{
    if (list->count == 0) {
        return ERR_OK;
    }
    copy->values = malloc(list->count * sizeof *list->values);
    if (copy->values == NULL) {
        return ERR_MEMORY;
    }
    memcpy(copy->values, list->values, list->count * sizeof *list->values);
    copy->count = copy->room = list->count;
    return ERR_OK;
}

enum err link_keys_copy(struct link_keys **copy_p, const struct link_keys *keys)
{
    *copy_p = NULL;
    struct link_keys *copy = calloc(1, sizeof *copy);
    if (copy == NULL || (copy->folder = strdup(keys->folder)) == NULL) {
        free(copy);
        return ERR_MEMORY;
    }
    memcpy(copy->public_text, keys->public_text, LINK_KEY_TEXT_SIZE);
    memcpy(copy->secret_text, keys->secret_text, LINK_KEY_TEXT_SIZE);
    enum err err = ERR_OK;
    for (size_t i = 0; i < LINK_PEER_KIND_COUNT && err == ERR_OK; i++) {
        err = copy_list(&copy->allowed[i], &keys->allowed[i]);
    }
    if (err != ERR_OK) {
        link_keys_destroy(&copy);
    }
    *copy_p = copy;
    return err;
}

const char *link_keys_public_text(const struct link_keys *keys)
{
    return keys->public_text;
}

const char *link_keys_secret_text(const struct link_keys *keys)
{
    return keys->secret_text;
}

const char *link_keys_folder(const struct link_keys *keys)
{
    return keys->folder;
}

size_t link_keys_count(const struct link_keys *keys, enum link_peer_kind kind)
{
    return keys->allowed[kind].count;
}

const struct link_key *link_keys_at(
    const struct link_keys *keys, enum link_peer_kind kind, size_t index)
{
    return &keys->allowed[kind].values[index];
}

const struct link_key *link_keys_find(
    const struct link_keys *keys, enum link_peer_kind kind, const uint8_t public_key[LINK_KEY_SIZE])
{
    const struct key_list *list = &keys->allowed[kind];
    for (size_t i = 0; i < list->count; i++) {
        if (memcmp(list->values[i].public_key, public_key, LINK_KEY_SIZE) == 0) {
            return &list->values[i];
        }
    }
    return NULL;
}

const struct link_key *link_keys_named(
    const struct link_keys *keys, enum link_peer_kind kind, const char *name)
{
    const struct key_list *list = &keys->allowed[kind];
    if (name == NULL) {
        return list->count == 1 ? &list->values[0] : NULL;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->values[i].name, name) == 0) {
            return &list->values[i];
        }
    }
    return NULL;
}

/* True: the other keys also allow everybody in the list. */
static bool is_within(
    const struct key_list *list, const struct link_keys *keys, enum link_peer_kind kind)
{
    for (size_t i = 0; i < list->count; i++) {
        if (link_keys_find(keys, kind, list->values[i].public_key) == NULL) {
            return false;
        }
    }
    return true;
}

bool link_keys_revoke(const struct link_keys *before, const struct link_keys *after)
{
    for (size_t i = 0; i < LINK_PEER_KIND_COUNT; i++) {
        if (!is_within(&before->allowed[i], after, (enum link_peer_kind)i)) {
            return true;
        }
    }
    return strcmp(before->secret_text, after->secret_text) != 0;
}
