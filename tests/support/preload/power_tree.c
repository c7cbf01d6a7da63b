/* SPDX-License-Identifier: BSD-3-Clause -- what of a tree of folders would survive a power failure.
 */
/*
 * Loaded before libc. Whatever a program syncs is copied to the folder that POWER_TREE names: a
 * file as fINODE, a folder as dINODE with a line "INODE TYPE NAME" for each entry, a link as lINODE
 * with its target. syncfs(2) does so for all that is below POWER_ROOT. What was not synced is not
 * there, neither bytes nor names: the least that a disk may keep.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
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

static char type_of(unsigned char type)
{
    return (char)(type == DT_DIR ? 'd' : type == DT_LNK ? 'l' : 'f');
}

static void copy_names(int fd, FILE *to)
{
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = again >= 0 ? fdopendir(again) : NULL;
    if (entries == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        if (entry->d_name[0] != '.') {
            (void)fprintf(
                to, "%ju %c %s\n", (uintmax_t)entry->d_ino, type_of(entry->d_type), entry->d_name);
        }
    }
    (void)closedir(entries);
}

static void copy_target(int fd, FILE *to)
{
    char target[4096];
    ssize_t size = readlinkat(fd, "", target, sizeof target);
    (void)fwrite(target, 1, size > 0 ? (size_t)size : 0, to);
}

/* Under its name at once and whole, as the program may be killed at any time. */
static void remember(int fd)
{
    const char *folder = getenv("POWER_TREE");
    struct stat status;
    if (folder == NULL || fstat(fd, &status) != 0) {
        return;
    }
    char path[512];
    char fresh[560];
    char type = (char)(S_ISDIR(status.st_mode) ? 'd' : S_ISLNK(status.st_mode) ? 'l' : 'f');
    (void)snprintf(path, sizeof path, "%s/%c%ju", folder, type, (uintmax_t)status.st_ino);
    (void)snprintf(fresh, sizeof fresh, "%s.%d", path, fd);
    FILE *to = fopen(fresh, "we");
    if (to == NULL) {
        return;
    }
    (type == 'd' ? copy_names : type == 'l' ? copy_target : copy_file)(fd, to);
    if (fclose(to) == 0) {
        (void)rename(fresh, path);
    }
}

static int visit(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)walk;
    (void)status;
    int fd = open(path, (type == FTW_SL ? O_PATH : O_RDONLY) | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) { /* else it went in the meantime */
        remember(fd);
        (void)close(fd);
    }
    return 0;
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

EXPORTED int syncfs(int fd)
{
    const char *root = getenv("POWER_ROOT");
    if (root != NULL) {
        (void)nftw(root, visit, 64, FTW_PHYS);
    }
    return NEXT(syncfs)(fd);
}
