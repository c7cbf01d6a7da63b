/* SPDX-License-Identifier: BSD-3-Clause -- files of the control plane, as a whole. */
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PART_BYTES = 1 << 16
};

/* The next part of the file; ERR_END: there is none. */
static enum err read_part(int fd, struct buffer *out)
{
    void *room = buffer_reserve(out, PART_BYTES);
    if (room == NULL) {
        return ERR_MEMORY;
    }
    ssize_t size;
    do {
        size = read(fd, room, PART_BYTES);
    } while (size < 0 && errno == EINTR);
    if (size <= 0) {
        return size == 0 ? ERR_END : ERR_IO;
    }
    out->size += (size_t)size;
    return ERR_OK;
}

/* close() must not hide why something failed before it. */
static void close_after(int fd, int reason)
{
    (void)close(fd);
    errno = reason;
}

enum err file_read(const char *path, size_t max_bytes, struct buffer *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    size_t start = out->size;
    enum err err = ERR_OK;
    while (err == ERR_OK) {
        err = out->size - start > max_bytes ? ERR_FULL : read_part(fd, out);
    }
    close_after(fd, errno);
    return err == ERR_END ? ERR_OK : err;
}

enum err file_make_folder(const char *path, mode_t mode)
{
    if (mkdir(path, mode) == 0) {
        return ERR_OK;
    }
    struct stat status;
    if (errno != EEXIST || stat(path, &status) != 0) {
        return ERR_IO;
    }
    errno = ENOTDIR;
    return S_ISDIR(status.st_mode) ? ERR_OK : ERR_IO;
}

static enum err check_parent(const char *path, enum file_folder makes)
{
    char parent[PATH_MAX];
    int length = snprintf(parent, sizeof parent, "%s", path);
    while (length > 1 && length < PATH_MAX && parent[length - 1] == '/') {
        parent[--length] = '\0';
    }
    if (length <= 0 || length >= PATH_MAX) {
        errno = length <= 0 ? ENOENT : ENAMETOOLONG;
        return ERR_IO;
    }
    char *slash = strrchr(parent, '/');
    if (slash == NULL) {
        return file_check_folder(".", FILE_FOLDER_EXISTS);
    }
    slash[slash == parent ? 1 : 0] = '\0';
    return file_check_folder(
        parent, makes == FILE_FOLDER_PARENTS_MADE ? makes : FILE_FOLDER_EXISTS);
}

enum err file_check_folder(const char *path, enum file_folder makes)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        bool is_made = errno == ENOENT && makes != FILE_FOLDER_EXISTS && path[0] != '\0';
        return is_made ? check_parent(path, makes) : ERR_IO;
    }
    if (!S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        return ERR_IO;
    }
    return faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0 ? ERR_OK : ERR_IO;
}

enum err file_write(int fd, const void *bytes, size_t size)
{
    const uint8_t *next = bytes;
    while (size > 0) {
        ssize_t written = write(fd, next, size);
        if (written < 0 && errno != EINTR) {
            return ERR_IO;
        }
        next += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return ERR_OK;
}

static enum err write_synced(const char *path, mode_t mode, const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0) {
        return ERR_IO;
    }
    enum err err = file_write(fd, bytes, size);
    if (err == ERR_OK && fsync(fd) != 0) {
        err = ERR_IO;
    }
    if (err != ERR_OK) {
        close_after(fd, errno);
        return err;
    }
    return close(fd) == 0 ? ERR_OK : ERR_IO;
}

enum err file_replace(const char *path, mode_t mode, const void *bytes, size_t size)
{
    char new_path[PATH_MAX];
    if (snprintf(new_path, sizeof new_path, "%s.new", path) >= (int)sizeof new_path) {
        errno = ENAMETOOLONG;
        return ERR_IO;
    }
    enum err err = write_synced(new_path, mode, bytes, size);
    if (err == ERR_OK && rename(new_path, path) == 0) {
        return ERR_OK;
    }
    int reason = errno;
    (void)unlink(new_path);
    errno = reason;
    return ERR_IO;
}
