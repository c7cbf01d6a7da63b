/* SPDX-License-Identifier: BSD-3-Clause -- the one line that says why a program does not start. */
#include "common/refusal.h"

#include "common/log.h"

#include <czmq.h>
#include <errno.h>

struct remedy {
    int cause;
    enum err err;
    const char *text;
};

static const struct remedy ADDRESS_REMEDIES[] = {
    {EADDRINUSE, ERR_IN_USE, "stop the program that has it (ss -lntup shows it), or give another"},
    {EADDRNOTAVAIL, ERR_INVALID, "give an address of this host (ip addr shows them)"},
    {ENODEV, ERR_INVALID, "give an address or interface of this host (ip addr shows them)"},
    {EACCES, ERR_DENIED,
        "ports below 1024 need CAP_NET_BIND_SERVICE, and sockets write permission for their "
        "folder"},
    {EAFNOSUPPORT, ERR_INVALID, "this host has no such address family: give another address"},
    {EEXIST, ERR_INVALID, "another file has this path: remove it, or give another path"},
    {EINVAL, ERR_INVALID, "write it as the help of this flag says (-h)"},
    {ENAMETOOLONG, ERR_INVALID, "give a path of at most 103 characters"},
    {ENOENT, ERR_IO, "make the folder of the socket"},
    {ENOTDIR, ERR_IO, "give a path in a folder"},
};

static const struct remedy FOLDER_REMEDIES[] = {
    {EWOULDBLOCK, ERR_IN_USE, "stop the other process (fuser -v shows it), or give another folder"},
    {ENOENT, ERR_IO, "make the folders above it, or mend the name"},
    {ENOTDIR, ERR_IO, "a part of the path is not a folder: give another one"},
    {EACCES, ERR_IO, "give this user the permission to write there, or give another folder"},
    {EPERM, ERR_IO, "give this user the permission to write there, or give another folder"},
    {EROFS, ERR_IO, "mount the file system for writing, or give another folder"},
    {ENOSPC, ERR_IO, "make room on the disk, or give a folder on another one"},
    {ENAMETOOLONG, ERR_IO, "give a shorter path"},
};

static const struct remedy FILE_REMEDIES[] = {
    {ENOENT, ERR_IO, "make the file, or mend the name"},
    {ENOTDIR, ERR_IO, "a part of the path is not a folder: mend the name"},
    {EISDIR, ERR_IO, "give a file in that folder"},
    {EACCES, ERR_IO, "give this user the permission to read it"},
};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static const struct remedy *find_remedy(const struct remedy *list, size_t count, int cause)
{
    static const struct remedy OTHER = {0, ERR_IO, "mend what the error says, or give another"};
    for (size_t i = 0; i < count; i++) {
        if (list[i].cause == cause) {
            return &list[i];
        }
    }
    return &OTHER;
}

void refuse(
    const struct refusal *refusal, const char *message, const char *reason, const char *mend)
{
    log_error(refusal->component, message, "flag=%s %s=%s error=\"%s\" mend=\"%s\"", refusal->flag,
        refusal->key, refusal->value, reason, mend);
}

static enum err refuse_by(
    const struct refusal *refusal, const char *message, const struct remedy *list, size_t count)
{
    const struct remedy *remedy = find_remedy(list, count, refusal->cause);
    refuse(refusal, message, zmq_strerror(refusal->cause), remedy->text);
    return remedy->err;
}

enum err refuse_address(const struct refusal *refusal)
{
    return refuse_by(refusal, "cannot listen", ADDRESS_REMEDIES, COUNT(ADDRESS_REMEDIES));
}

enum err refuse_folder(const struct refusal *refusal)
{
    if (refusal->cause == EWOULDBLOCK) {
        const struct remedy *remedy = &FOLDER_REMEDIES[0];
        refuse(refusal, "cannot use the folder", "another process has it open", remedy->text);
        return remedy->err;
    }
    return refuse_by(refusal, "cannot use the folder", FOLDER_REMEDIES, COUNT(FOLDER_REMEDIES));
}

enum err refuse_file(const struct refusal *refusal)
{
    return refuse_by(refusal, "cannot read the file", FILE_REMEDIES, COUNT(FILE_REMEDIES));
}
