/* SPDX-License-Identifier: BSD-3-Clause -- what the embedded engine is configured with. */
#include "store/sink/engine_config.h"

#include "common/file.h"
#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Without a file to read, the engine takes whatever config.xml the working folder holds. On a host
 * without cgroups it prints a stack trace, unless it asks its allocator how much memory it uses.
 *
 * merge_tree holds the defaults of all tables. A part is synced before its INSERT is answered and
 * before a merge removes the parts it replaces; the engine removes those at once. After a power
 * failure parts may be broken nevertheless, for example those of INSERTs that were not answered:
 * however many there are, they are set aside (engine_parts.h) and the table opens.
 */
static const char CONFIG[] =
    "<clickhouse>"
    "<memory_worker_use_cgroup>false</memory_worker_use_cgroup>"
    "<merge_tree>"
    "<fsync_after_insert>1</fsync_after_insert>"
    "<fsync_part_directory>1</fsync_part_directory>"
    "<min_compressed_bytes_to_fsync_after_merge>1</min_compressed_bytes_to_fsync_after_merge>"
    "<max_suspicious_broken_parts>1000000</max_suspicious_broken_parts>"
    "<max_suspicious_broken_parts_bytes>1000000000000000</max_suspicious_broken_parts_bytes>"
    "</merge_tree>"
    "</clickhouse>";

static enum err refuse(void)
{
    log_error("engine", "cannot make the engine's configuration", "error=\"%s\"", strerror(errno));
    return ERR_IO;
}

enum err engine_config_open(struct engine_config *config_p)
{
    *config_p = (struct engine_config){.fd = memfd_create("engine-config", MFD_CLOEXEC)};
    if (config_p->fd < 0 || file_write(config_p->fd, CONFIG, sizeof CONFIG - 1) != ERR_OK) {
        return refuse();
    }
    (void)snprintf(
        config_p->flag, sizeof config_p->flag, "--config-file=/proc/self/fd/%d", config_p->fd);
    return ERR_OK;
}

void engine_config_close(struct engine_config *config)
{
    if (config->fd > 0) {
        (void)close(config->fd);
    }
    *config = (struct engine_config){0};
}
