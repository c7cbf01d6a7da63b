/* SPDX-License-Identifier: BSD-3-Clause -- a disk that fails when a test says so. */
/*
 * Loaded before libc, in front of the calls that the spool makes, and of write(2) to files, which
 * is what the engine uses. The file that BAD_DISK names says what fails and how: "write 30"
 * (EROFS), "read 5", "sync 5" or "syncfs 5" (EIO); "file 28" (ENOSPC), of the engine alone; empty:
 * nothing does. The test changes it while the program runs, which no real disk lets itself be asked
 * for.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

/* Sets errno where that is to fail now. */
static int fails(const char *what)
{
    char word[16] = "";
    int number = 0;
    const char *path = getenv("BAD_DISK");
    FILE *file = path != NULL ? fopen(path, "re") : NULL;
    if (file != NULL) {
        if (fscanf(file, "%15s %d", word, &number) != 2) {
            word[0] = '\0';
        }
        (void)fclose(file);
    }
    int is_so = strcmp(word, what) == 0;
    if (is_so) {
        errno = number;
    }
    return is_so;
}

#define NEXT(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

EXPORTED ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    return fails("write") ? -1 : NEXT(pwritev)(fd, parts, count, offset);
}

EXPORTED ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    return fails("write") ? -1 : NEXT(pwrite)(fd, bytes, size, offset);
}

EXPORTED ssize_t write(int fd, const void *bytes, size_t size)
{
    struct stat status;
    bool is_file = fd > STDERR_FILENO && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    return is_file && fails("file") ? -1 : NEXT(write)(fd, bytes, size);
}

EXPORTED int ftruncate(int fd, off_t size)
{
    return fails("write") ? -1 : NEXT(ftruncate)(fd, size);
}

EXPORTED int fdatasync(int fd)
{
    return fails("write") || fails("sync") ? -1 : NEXT(fdatasync)(fd);
}

/* What a store with the embedded engine waits for before it acknowledges. */
EXPORTED int syncfs(int fd)
{
    return fails("syncfs") ? -1 : NEXT(syncfs)(fd);
}

EXPORTED int unlinkat(int folder, const char *path, int flags)
{
    return fails("write") ? -1 : NEXT(unlinkat)(folder, path, flags);
}

EXPORTED ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
    return fails("read") ? -1 : NEXT(pread)(fd, bytes, size, offset);
}
