/*
 * file.h -- files of the control plane, each read or written as a whole.
 *
 * Any thread. Nothing is logged here: after ERR_IO errno has the cause.
 */
#pragma once

#include "common/buffer.h"
#include "common/err.h"

#include <sys/types.h>

/* Appends the file's bytes. ERR_NOT_FOUND, ERR_IO, ERR_MEMORY; ERR_FULL: longer than max_bytes. */
MUST_CHECK enum err file_read(const char *path, size_t max_bytes, struct buffer *out);

/* Makes the folder unless it is there. ERR_IO; with ENOTDIR something else is there. */
MUST_CHECK enum err file_make_folder(const char *path, mode_t mode);

enum file_folder {
    FILE_FOLDER_EXISTS,      /* it must be there */
    FILE_FOLDER_IS_MADE,     /* it is made where its parent is there */
    FILE_FOLDER_PARENTS_MADE /* those above it are made as well */
};
/* Whether files can be written there once it is made; makes nothing. ERR_IO with errno. */
MUST_CHECK enum err file_check_folder(const char *path, enum file_folder makes);

/* Writes all of them, however few the kernel takes at once. ERR_IO. */
MUST_CHECK enum err file_write(int fd, const void *bytes, size_t size);

/*
 * Gives the file this content. It is written as PATH.new, synced and renamed, so that whoever reads
 * PATH finds the old content or the new one, whole, whatever dies. ERR_IO: the old one stays.
 */
MUST_CHECK enum err file_replace(const char *path, mode_t mode, const void *bytes, size_t size);
