/* SPDX-License-Identifier: BSD-3-Clause -- what a spool would refuse, before it is opened. */
#include "common/file.h"
#include "ingest/publish/spool_state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/* Only a lock file that is there: it is not made. */
static enum err check_lock(int folder_fd)
{
    int fd = openat(folder_fd, "lock", O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? ERR_OK : ERR_IO;
    }
    enum err err = flock(fd, LOCK_EX | LOCK_NB) == 0 ? ERR_OK : ERR_IN_USE;
    int cause = errno;
    (void)close(fd);
    errno = cause;
    return err;
}

struct check {
    const struct spool_options *options;
    int folder_fd;
};

/* Whose the batches of a segment are; what is damaged is not refused. */
static enum err check_segment(void *context, uint64_t number)
{
    const struct check *check = context;
    uint64_t ingest_id = 0;
    uint64_t wanted_id = check->options->ingest_id;
    if (spool_segment_owner(&ingest_id, check->folder_fd, number) != ERR_OK ||
        ingest_id == wanted_id) {
        return ERR_OK;
    }
    spool_refuse_ingest(check->options->folder, number, ingest_id, wanted_id);
    return ERR_INVALID;
}

enum err spool_check(const struct spool_options *options)
{
    if (file_check_folder(options->folder, FILE_FOLDER_IS_MADE) != ERR_OK) {
        return spool_refuse_folder(options->folder, errno);
    }
    struct spool_folder folder = SPOOL_FOLDER_CLOSED;
    folder.fd = open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder.fd < 0) {
        return errno == ENOENT ? ERR_OK : spool_refuse_folder(options->folder, errno);
    }
    enum err err = check_lock(folder.fd);
    if (err != ERR_OK) {
        err = spool_refuse_folder(options->folder, errno);
    } else if (options->ingest_id != 0) {
        struct check check = {.options = options, .folder_fd = folder.fd};
        err = spool_folder_list(&folder, check_segment, &check);
    }
    spool_folder_close(&folder);
    return err;
}
