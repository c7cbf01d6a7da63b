/* SPDX-License-Identifier: BSD-3-Clause -- rules for what an option table names. */
#include "common/confine_reach.h"

#include "common/file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FOLDER_MODE = 0750,
    DNS_PORT = 53
};

/*
 * Libraries read these files by themselves: further libraries, time zones, certificates, numbers of
 * processors, names of services. None is a secret. /proc is open for this process and for facts
 * about the machine only.
 */
static const char *const SYSTEM[] = {"/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime",
    "/etc/ssl/openssl.cnf", "/etc/ssl/certs", "/etc/gnutls", "/etc/pki", "/etc/nsswitch.conf",
    "/etc/host.conf", "/etc/hosts", "/etc/resolv.conf", "/etc/gai.conf", "/etc/services",
    "/etc/protocols", "/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm", "/dev/urandom",
    "/dev/random", "/dev/zero"};
static const char *const PROC[] = {"/proc/self", "/proc/meminfo", "/proc/cpuinfo", "/proc/stat",
    "/proc/loadavg", "/proc/uptime", "/proc/filesystems", "/proc/vmstat", "/proc/sys"};

/*
 * To look up a name. Resolvers replace their files, often by a rename, so that rules for single
 * files would not outlive a change of the network: the folder is readable.
 */
static const char *const NAMES[] = {
    "/etc", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/var/lib/nscd"};

struct reach {
    struct landlock *landlock;
    bool has_names;
};

/* The folder that the file is in; where it is a link, also the folder it leads to. */
static void allow_folder_of(struct reach *reach, const char *path, enum landlock_access access)
{
    char folder[PATH_MAX];
    char *real = access == LANDLOCK_READ ? realpath(path, NULL) : NULL;
    (void)snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        (void)snprintf(folder, sizeof folder, ".");
    } else {
        slash[slash == folder] = '\0';
    }
    landlock_allow(reach->landlock, folder, access);
    if (real != NULL && strcmp(real, path) != 0) {
        char *end = strrchr(real, '/');
        end[end == real] = '\0';
        landlock_allow(reach->landlock, real, access);
    }
    free(real);
}

/* The link's second socket is bound to the next port. */
static void reach_bind(struct reach *reach, const char *text)
{
    struct confine_target target = confine_target_of(text);
    reach->has_names = reach->has_names || target.has_name;
    if (target.path != NULL) {
        allow_folder_of(reach, target.path, LANDLOCK_WRITE);
    } else if (target.has_port) {
        landlock_allow_bind(reach->landlock, target.port);
        landlock_allow_bind(reach->landlock, (uint16_t)(target.port + (target.port != 0)));
    }
}

static void reach_connect(struct reach *reach, const char *text)
{
    struct confine_target target = confine_target_of(text);
    reach->has_names = reach->has_names || target.has_name;
    if (target.has_port) {
        landlock_allow_connect(reach->landlock, target.port);
        landlock_allow_connect(reach->landlock, (uint16_t)(target.port + 1));
    }
}

/* A file that SIGHUP reads again may be another one by then, of the same name. */
static void reach_value(struct reach *reach, enum option_reach kind, const char *value)
{
    if (value == NULL || value[0] == '\0') {
        return;
    }
    switch (kind) {
    case OPTION_REACHES_NOTHING:
        break;
    case OPTION_READS_FILE:
        allow_folder_of(reach, value, LANDLOCK_READ);
        break;
    case OPTION_READS_FOLDER:
        landlock_allow(reach->landlock, value, LANDLOCK_READ);
        break;
    case OPTION_WRITES_FILE:
        allow_folder_of(reach, value, LANDLOCK_WRITE);
        break;
    case OPTION_WRITES_FOLDER:
        if (file_make_folder(value, FOLDER_MODE) == ERR_OK) { /* else the stage says why */
            landlock_allow(reach->landlock, value, LANDLOCK_WRITE);
        }
        break;
    case OPTION_BINDS:
        reach_bind(reach, value);
        break;
    case OPTION_CONNECTS:
        reach_connect(reach, value);
        break;
    }
}

static void reach_list(struct reach *reach, enum option_reach kind, const struct option_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        reach_value(reach, kind, list->values[i]);
    }
}

static void reach_option(struct reach *reach, const struct option *option, const void *settings)
{
    const void *member = (const char *)settings + option->offset;
    if (option->type == OPTION_LIST) {
        reach_list(reach, option->reach, member);
    } else if (option->type == OPTION_TEXT) {
        reach_value(reach, option->reach, *(const char *const *)member);
    }
}

static void allow_all(
    struct reach *reach, const char *const *paths, size_t count, enum landlock_access access)
{
    for (size_t i = 0; i < count; i++) {
        landlock_allow(reach->landlock, paths[i], access);
    }
}

void confine_reach(struct landlock *landlock, const struct confine_request *request)
{
    struct reach reach = {.landlock = landlock};
    for (size_t i = 0; i < request->program->option_count; i++) {
        reach_option(&reach, &request->program->options[i], request->settings);
    }
    allow_all(&reach, request->reads.values, request->reads.count, LANDLOCK_READ);
    allow_all(&reach, request->folders.values, request->folders.count, LANDLOCK_WRITE);
    reach_list(&reach, OPTION_CONNECTS, &request->urls);
    allow_all(&reach, SYSTEM, sizeof SYSTEM / sizeof SYSTEM[0], LANDLOCK_READ);
    allow_all(&reach, PROC, sizeof PROC / sizeof PROC[0], LANDLOCK_READ);
    landlock_allow(landlock, "/dev/null", LANDLOCK_WRITE);
    if (reach.has_names) {
        allow_all(&reach, NAMES, sizeof NAMES / sizeof NAMES[0], LANDLOCK_READ);
        landlock_allow_connect(landlock, DNS_PORT);
    }
}
