/* SPDX-License-Identifier: BSD-3-Clause -- users, groups and capabilities of this process. */
#include "common/privileges.h"

#include "common/log.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    NAME_SIZE = 256
};

struct identity {
    char name[NAME_SIZE];
    char home[PATH_MAX];
    uid_t user;
    gid_t group;
};

#define BIT(capability) (UINT64_C(1) << (capability))

/* What opens and tunes sockets. */
static const uint64_t PORTS = BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_NET_ADMIN);
/* By which root reads and writes the files of others, and what schedules threads. */
static const uint64_t FILES = BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) |
                              BIT(CAP_CHOWN) | BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SYS_NICE);

static bool parse_number(const char *text, unsigned *number_p)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    *number_p = (unsigned)number;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && number < UINT_MAX;
}

static enum err find_user(struct identity *identity)
{
    unsigned number;
    bool is_number = parse_number(identity->name, &number);
    const struct passwd *entry = is_number ? getpwuid(number) : getpwnam(identity->name);
    if (entry != NULL) {
        identity->user = entry->pw_uid;
        identity->group = entry->pw_gid;
        (void)snprintf(identity->name, sizeof identity->name, "%s", entry->pw_name);
        (void)snprintf(identity->home, sizeof identity->home, "%s", entry->pw_dir);
        return ERR_OK;
    }
    identity->user = number;
    identity->group = number;
    return is_number ? ERR_OK : ERR_NOT_FOUND;
}

static enum err find_group(struct identity *identity, const char *name)
{
    unsigned number;
    if (parse_number(name, &number)) {
        identity->group = number;
        return ERR_OK;
    }
    const struct group *entry = getgrnam(name);
    if (entry == NULL) {
        return ERR_NOT_FOUND;
    }
    identity->group = entry->gr_gid;
    return ERR_OK;
}

static enum err find_identity(struct identity *identity, const char *text)
{
    *identity = (struct identity){.home = "/"};
    size_t length = strcspn(text, ":");
    if (length == 0 || length >= sizeof identity->name) {
        return ERR_NOT_FOUND;
    }
    memcpy(identity->name, text, length);
    enum err err = find_user(identity);
    return err == ERR_OK && text[length] == ':' ? find_group(identity, text + length + 1) : err;
}

enum err privileges_check_user(const char *user)
{
    struct identity identity;
    return user[0] == '\0' ? ERR_OK : find_identity(&identity, user);
}

/* Of this thread; `inheritable` go to programs that it starts. */
static bool set_capabilities(uint64_t wanted, uint64_t inheritable)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0) {
        return false;
    }
    if (data[0].permitted == 0 && data[1].permitted == 0 && wanted == 0) {
        return true; /* a service manager may have taken even the call */
    }
    for (size_t i = 0; i < 2; i++) {
        data[i].permitted &= (uint32_t)(wanted >> 32 * i);
        data[i].effective = data[i].permitted;
        data[i].inheritable = data[i].permitted & (uint32_t)(inheritable >> 32 * i);
    }
    return syscall(SYS_capset, &header, data) == 0;
}

/* Programs that this one starts have them, too. */
static bool raise_ambient(uint64_t wanted)
{
    for (unsigned long i = 0; i < 64; i++) {
        if ((wanted & BIT(i)) != 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) != 0) {
            return false;
        }
    }
    return true;
}

static bool change_identity(const struct identity *identity, bool keeps_ports)
{
    bool is_root = geteuid() == 0;
    bool is_changed =
        is_root && prctl(PR_SET_KEEPCAPS, keeps_ports, 0, 0, 0) == 0 &&
        (initgroups(identity->name, identity->group) == 0 || setgroups(0, NULL) == 0) &&
        setresgid(identity->group, identity->group, identity->group) == 0 &&
        setresuid(identity->user, identity->user, identity->user) == 0;
    return is_changed && (!keeps_ports || (set_capabilities(PORTS, PORTS) && raise_ambient(PORTS)));
}

static enum err refuse(const char *user, const char *reason)
{
    log_error(
        "privileges", "cannot become the user of -user", "user=%s error=\"%s\"", user, reason);
    return ERR_DENIED;
}

enum err privileges_become(const char *user, bool keeps_ports)
{
    struct identity identity;
    if (user[0] == '\0') {
        return ERR_OK;
    }
    if (find_identity(&identity, user) != ERR_OK) {
        return refuse(user, "no such user or group: make it with useradd --system");
    }
    if (identity.user == geteuid() && identity.group == getegid()) {
        return ERR_OK;
    }
    if (geteuid() != 0) {
        return refuse(user, "only root can become another user");
    }
    if (!change_identity(&identity, keeps_ports)) {
        return refuse(user, strerror(errno));
    }
    bool is_set = setenv("HOME", identity.home, 1) == 0 && setenv("USER", identity.name, 1) == 0 &&
                  setenv("LOGNAME", identity.name, 1) == 0;
    return is_set ? ERR_OK : ERR_MEMORY;
}

enum err privileges_drop(void)
{
    bool is_dropped = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
                      set_capabilities(geteuid() == 0 ? FILES : 0, 0) &&
                      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    if (!is_dropped) {
        log_error("privileges", "cannot give up capabilities", "error=\"%s\"", strerror(errno));
        return ERR_IO;
    }
    return ERR_OK;
}

const char *privileges_user(void)
{
    static char name[NAME_SIZE];
    const struct passwd *entry = getpwuid(geteuid());
    if (entry != NULL) {
        (void)snprintf(name, sizeof name, "%s", entry->pw_name);
    } else {
        (void)snprintf(name, sizeof name, "%u", (unsigned)geteuid());
    }
    return name;
}
