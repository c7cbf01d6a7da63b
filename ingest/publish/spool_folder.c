/* SPDX-License-Identifier: BSD-3-Clause -- the folder of a spool. */
#include "ingest/publish/spool_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NAME_LENGTH = 16 + 6 /* of a segment file */
};

enum err spool_folder_open(struct spool_folder *folder_p, const char *path)
{
    *folder_p = SPOOL_FOLDER_CLOSED;
    if (mkdir(path, 0750) != 0 && errno != EEXIST) {
        return ERR_IO;
    }
    folder_p->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_p->fd >= 0) {
        folder_p->lock_fd = openat(folder_p->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    }
    if (folder_p->lock_fd >= 0 && flock(folder_p->lock_fd, LOCK_EX | LOCK_NB) == 0) {
        return ERR_OK;
    }
    int cause = errno;
    bool is_taken = folder_p->lock_fd >= 0 && cause == EWOULDBLOCK;
    spool_folder_close(folder_p);
    errno = cause;
    return is_taken ? ERR_IN_USE : ERR_IO;
}

void spool_folder_close(struct spool_folder *folder)
{
    if (folder->lock_fd >= 0) {
        (void)close(folder->lock_fd);
    }
    if (folder->fd >= 0) {
        (void)close(folder->fd);
    }
    *folder = SPOOL_FOLDER_CLOSED;
}

bool spool_folder_is_at(const struct spool_folder *folder, const char *path)
{
    struct stat open_one;
    struct stat named;
    return fstat(folder->fd, &open_one) == 0 && stat(path, &named) == 0 &&
           open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

enum err spool_folder_list(const struct spool_folder *folder, spool_folder_fn *take, void *context)
{
    int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    if (entries == NULL) {
        return ERR_IO;
    }
    enum err err = ERR_OK;
    for (struct dirent *entry = readdir(entries); entry != NULL && err == ERR_OK;
         entry = readdir(entries)) {
        char *end = NULL;
        uint64_t number = strtoull(entry->d_name, &end, 16);
        if (strlen(entry->d_name) == NAME_LENGTH && strcmp(end, ".spool") == 0) {
            err = take(context, number);
        }
    }
    (void)closedir(entries);
    return err;
}
