/* SPDX-License-Identifier: BSD-3-Clause -- remembers what of a disk would survive a power failure.
 */
/*
 * Loaded before libc. Whatever a program syncs is copied to the folder that POWER_LOSS names: a
 * file as its inode's number, a folder as "names", a line "INODE NAME" for each entry. What was not
 * synced is not there, neither bytes nor names: the least that a disk may keep.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORTED   __attribute__((visibility("default")))
#define NEXT(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

static void copy_file(int fd, FILE *to)
{
    char bytes[1 << 16];
    off_t at = 0;
    for (ssize_t size = pread(fd, bytes, sizeof bytes, at); size > 0;
         size = pread(fd, bytes, sizeof bytes, at)) {
        (void)fwrite(bytes, 1, (size_t)size, to);
        at += size;
    }
}

static void copy_names(int fd, FILE *to)
{
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = again >= 0 ? fdopendir(again) : NULL;
    if (entries == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        (void)fprintf(to, "%ju %s\n", (uintmax_t)entry->d_ino, entry->d_name);
    }
    (void)closedir(entries);
}

/* Under its name at once and whole, as the program may be killed at any time. */
static void remember(int fd)
{
    const char *folder = getenv("POWER_LOSS");
    struct stat status;
    if (folder == NULL || fstat(fd, &status) != 0) {
        return;
    }
    char path[512];
    char fresh[560];
    if (S_ISDIR(status.st_mode)) {
        (void)snprintf(path, sizeof path, "%s/names", folder);
    } else {
        (void)snprintf(path, sizeof path, "%s/%ju", folder, (uintmax_t)status.st_ino);
    }
    (void)snprintf(fresh, sizeof fresh, "%s.%d", path, fd);
    FILE *to = fopen(fresh, "we");
    if (to == NULL) {
        return;
    }
    (S_ISDIR(status.st_mode) ? copy_names : copy_file)(fd, to);
    if (fclose(to) == 0) {
        (void)rename(fresh, path);
    }
}

EXPORTED int fdatasync(int fd)
{
    remember(fd);
    return NEXT(fdatasync)(fd);
}

EXPORTED int fsync(int fd)
{
    remember(fd);
    return NEXT(fsync)(fd);
}
