/* SPDX-License-Identifier: BSD-3-Clause -- rules for files and TCP ports, by system calls. */
#include "common/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Versions of the kernel's interface, and what came with them after Debian's headers. */
enum {
    ABI_RENAME = 2, /* files may move between folders that both allow it */
    ABI_TRUNCATE = 3,
    ABI_NETWORK = 4,
    ABI_IOCTL = 5,
    ABI_SCOPE = 6
};
enum {
    RULE_PORT = 2 /* LANDLOCK_RULE_NET_PORT */
};
static const uint64_t ACCESS_TRUNCATE = UINT64_C(1) << 14;
static const uint64_t ACCESS_IOCTL = UINT64_C(1) << 15;
static const uint64_t ACCESS_BIND = UINT64_C(1) << 0;
static const uint64_t ACCESS_CONNECT = UINT64_C(1) << 1;
static const uint64_t SCOPE_SIGNAL = UINT64_C(1) << 1;

struct ruleset_attributes {
    uint64_t files;
    uint64_t ports;
    uint64_t scoped;
};
struct port_rule {
    uint64_t access;
    uint64_t port;
};

static const uint64_t READS = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t WRITES =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER;
static const uint64_t NEVER =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;

enum {
    PINNED_MAX = 16
};

struct landlock {
    int fd;
    bool failed; /* a rule was refused: checked once at the end */
    int error;   /* errno of it */
    struct ruleset_attributes handled;
    /*
     * /proc makes a new inode whenever one fell out of the kernel's cache, and the rule would be
     * lost with the old one. An open descriptor keeps it there, so these stay open for ever.
     */
    int pinned[PINNED_MAX];
    size_t pinned_count;
};

static struct ruleset_attributes attributes_of(long abi)
{
    struct ruleset_attributes handled = {.files = READS | WRITES | NEVER};
    if (abi >= ABI_TRUNCATE) {
        handled.files |= ACCESS_TRUNCATE;
    }
    if (abi >= ABI_NETWORK) {
        handled.ports = ACCESS_BIND | ACCESS_CONNECT;
    }
    if (abi >= ABI_IOCTL) {
        handled.files |= ACCESS_IOCTL;
    }
    if (abi >= ABI_SCOPE) {
        handled.scoped = SCOPE_SIGNAL;
    }
    return handled;
}

/* Old kernels take a shorter structure. */
static size_t attributes_size(long abi)
{
    if (abi >= ABI_SCOPE) {
        return sizeof(struct ruleset_attributes);
    }
    return abi >= ABI_NETWORK ? offsetof(struct ruleset_attributes, scoped)
                              : offsetof(struct ruleset_attributes, ports);
}

enum err landlock_new(struct landlock **landlock_p)
{
    *landlock_p = NULL;
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < ABI_RENAME) {
        return ERR_UNSUPPORTED;
    }
    struct landlock *landlock = calloc(1, sizeof *landlock);
    if (landlock == NULL) {
        return ERR_MEMORY;
    }
    landlock->handled = attributes_of(abi);
    landlock->fd =
        (int)syscall(SYS_landlock_create_ruleset, &landlock->handled, attributes_size(abi), 0);
    if (landlock->fd < 0) {
        free(landlock);
        return ERR_UNSUPPORTED;
    }
    *landlock_p = landlock;
    return ERR_OK;
}

void landlock_destroy(struct landlock **landlock_p)
{
    if (*landlock_p != NULL) {
        (void)close((*landlock_p)->fd);
        free(*landlock_p);
        *landlock_p = NULL;
    }
}

bool landlock_has_network(const struct landlock *landlock)
{
    return landlock->handled.ports != 0;
}

static void add_rule(struct landlock *landlock, int type, const void *rule)
{
    if (syscall(SYS_landlock_add_rule, landlock->fd, type, rule, 0) != 0 && !landlock->failed) {
        landlock->failed = true;
        landlock->error = errno;
    }
}

/* The kernel refuses a rule for a file that names rights which only folders have. */
static uint64_t access_of(const struct landlock *landlock, int fd, enum landlock_access access)
{
    struct stat status;
    uint64_t files = access == LANDLOCK_READ ? READS : READS | WRITES | ACCESS_TRUNCATE;
    if (fstat(fd, &status) != 0 || !S_ISDIR(status.st_mode)) {
        files &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE;
    }
    return files & landlock->handled.files;
}

void landlock_allow(struct landlock *landlock, const char *path, enum landlock_access access)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    const struct landlock_path_beneath_attr rule = {
        .allowed_access = access_of(landlock, fd, access), .parent_fd = fd};
    add_rule(landlock, LANDLOCK_RULE_PATH_BENEATH, &rule);
    bool is_pinned = strncmp(path, "/proc/", strlen("/proc/")) == 0;
    if (is_pinned && landlock->pinned_count < PINNED_MAX) {
        landlock->pinned[landlock->pinned_count++] = fd;
        return;
    }
    (void)close(fd);
}

static void allow_port(struct landlock *landlock, uint64_t access, uint16_t port)
{
    const struct port_rule rule = {.access = access, .port = port};
    if (landlock_has_network(landlock)) {
        add_rule(landlock, RULE_PORT, &rule);
    }
}

void landlock_allow_bind(struct landlock *landlock, uint16_t port)
{
    allow_port(landlock, ACCESS_BIND, port);
}

void landlock_allow_connect(struct landlock *landlock, uint16_t port)
{
    allow_port(landlock, ACCESS_CONNECT, port);
}

enum err landlock_enforce(struct landlock *landlock)
{
    if (landlock->failed) {
        errno = landlock->error;
        return ERR_IO;
    }
    bool is_enforced = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                       syscall(SYS_landlock_restrict_self, landlock->fd, 0) == 0;
    return is_enforced ? ERR_OK : ERR_IO;
}
