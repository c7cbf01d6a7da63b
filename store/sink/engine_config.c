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
    "<users_config>/proc/self/fd/%d</users_config>"
    "<remote_url_allow_hosts></remote_url_allow_hosts>"
    "<user_scripts_path>/proc/self/none/</user_scripts_path>"
    "<memory_worker_use_cgroup>false</memory_worker_use_cgroup>"
    "<merge_tree>"
    "<fsync_after_insert>1</fsync_after_insert>"
    "<fsync_part_directory>1</fsync_part_directory>"
    "<min_compressed_bytes_to_fsync_after_merge>1</min_compressed_bytes_to_fsync_after_merge>"
    "<max_suspicious_broken_parts>1000000</max_suspicious_broken_parts>"
    "<max_suspicious_broken_parts_bytes>1000000000000000</max_suspicious_broken_parts_bytes>"
    "</merge_tree>"
    "</clickhouse>";

/*
 * The engine has one user. Its own grants are what a reader may do; the role `writer` adds what
 * changes tables, and `feeder` reads files, which INSERTs need for their data in memory. Our own
 * sessions start with both roles; those of -ch.serve give them up (serve_exchange.c). Nobody has
 * the network, BACKUP, SYSTEM SHUTDOWN or users, nor a table engine that reaches them: a grant on
 * an engine includes its source. The settings below would read or write files or ask other hosts
 * by themselves, hide expressions in texts, run views with the rights of another user, or change
 * what the parser understands. JSON stays UTF-8 where names of exporters are not.
 */
static const char USERS[] =
    "<clickhouse><profiles><default>"
    "<default_materialized_view_sql_security>INVOKER</default_materialized_view_sql_security>"
    "<output_format_json_validate_utf8>1</output_format_json_validate_utf8>"
    "<constraints>"
    "<default_view_definer><readonly/></default_view_definer>"
    "<default_normal_view_sql_security><readonly/></default_normal_view_sql_security>"
    "<default_materialized_view_sql_security><readonly/></default_materialized_view_sql_security>"
    "<format_avro_schema_registry_url><readonly/></format_avro_schema_registry_url>"
    "<merge_tree_disk><readonly/></merge_tree_disk>"
    "<dialect><readonly/></dialect>"
    "<format_schema><readonly/></format_schema>"
    "<format_schema_source><readonly/></format_schema_source>"
    "<format_template_resultset><readonly/></format_template_resultset>"
    "<format_template_row><readonly/></format_template_row>"
    "<output_format_schema><readonly/></output_format_schema>"
    "<additional_table_filters><readonly/></additional_table_filters>"
    "<additional_result_filter><readonly/></additional_result_filter>"
    "</constraints></default></profiles><quotas><default/></quotas>"
    "<roles><writer><grants>"
    "<query>GRANT INSERT, ALTER TABLE, ALTER VIEW, CREATE DATABASE, CREATE TABLE, CREATE VIEW, "
    "CREATE DICTIONARY, CREATE FUNCTION, DROP, UNDROP TABLE, TRUNCATE, OPTIMIZE, CHECK, KILL "
    "QUERY, "
    "SYSTEM MERGES, SYSTEM TTL MERGES, SYSTEM MOVES, SYSTEM VIEWS, SYSTEM RELOAD DICTIONARY, "
    "SYSTEM DROP CACHE, SYSTEM FLUSH ON *.*</query>"
    "<query>GRANT TABLE ENGINE ON MergeTree, TABLE ENGINE ON ReplacingMergeTree, "
    "TABLE ENGINE ON SummingMergeTree, TABLE ENGINE ON AggregatingMergeTree, "
    "TABLE ENGINE ON CollapsingMergeTree, TABLE ENGINE ON VersionedCollapsingMergeTree, "
    "TABLE ENGINE ON CoalescingMergeTree, TABLE ENGINE ON GraphiteMergeTree, "
    "TABLE ENGINE ON Memory, TABLE ENGINE ON Log, TABLE ENGINE ON TinyLog, "
    "TABLE ENGINE ON StripeLog, TABLE ENGINE ON Null, TABLE ENGINE ON Set, TABLE ENGINE ON Join, "
    "TABLE ENGINE ON Merge, TABLE ENGINE ON Dictionary, "
    "TABLE ENGINE ON GenerateRandom</query></grants></writer>"
    "<feeder><grants><query>GRANT FILE ON *.*</query></grants></feeder></roles>"
    "<users><default><password></password><networks><ip>::/0</ip></networks>"
    "<profile>default</profile><quota>default</quota><grants>"
    "<query>GRANT SELECT, SHOW, dictGet, CREATE TEMPORARY TABLE ON *.*</query>"
    "<query>GRANT writer, feeder</query></grants></default></users></clickhouse>";

static enum err refuse(void)
{
    log_error("engine", "cannot make the engine's configuration", "error=\"%s\"", strerror(errno));
    return ERR_IO;
}

enum err engine_config_open(struct engine_config *config_p)
{
    *config_p = (struct engine_config){.fd = memfd_create("engine-config", MFD_CLOEXEC),
        .users_fd = memfd_create("engine-users", MFD_CLOEXEC)};
    if (config_p->fd < 0 || config_p->users_fd < 0 ||
        dprintf(config_p->fd, CONFIG, config_p->users_fd) < 0 ||
        file_write(config_p->users_fd, USERS, sizeof USERS - 1) != ERR_OK) {
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
    if (config->users_fd > 0) {
        (void)close(config->users_fd);
    }
    *config = (struct engine_config){0};
}
