/* SPDX-License-Identifier: BSD-3-Clause -- checks of values that several programs have. */
#include "common/option_checks.h"

#include "common/address.h"
#include "common/link.h"
#include "common/link_curve.h"
#include "common/log.h"
#include "common/mapping_file.h"

enum err option_check_host(const struct option_program *program, const char *name, const char *host)
{
    struct address address;
    if (host[0] != '\0' && address_parse_zoned(&address, host) != ERR_OK) {
        options_refuse(program, name,
            "\"%s\" is not an IP address, or its zone is not an interface of this host; give an "
            "address of this host, or leave it empty for all",
            host);
        return ERR_INVALID;
    }
    return ERR_OK;
}

enum err option_check_path(const struct option_program *program, const char *name, const char *path)
{
    if (path[0] != '/') {
        options_refuse(
            program, name, "\"%s\" does not start with /; give a path like /metrics", path);
        return ERR_INVALID;
    }
    return ERR_OK;
}

enum err option_check_endpoints(
    const struct option_program *program, const char *name, const struct option_list *endpoints)
{
    for (size_t i = 0; i < endpoints->count; i++) {
        char ack[LINK_ENDPOINT_SIZE];
        char plain[LINK_PLAIN_SIZE];
        (void)link_endpoint_split(endpoints->values[i], plain);
        if (link_ack_endpoint(plain, ack) != ERR_OK) {
            options_refuse(program, name,
                "\"%s\" is not an endpoint; give tcp://HOST:PORT (port 1 to 65534) or ipc://PATH",
                endpoints->values[i]);
            return ERR_INVALID;
        }
    }
    return ERR_OK;
}

enum err option_check_mapping(const char *path)
{
    struct mapping *mapping = NULL;
    enum err err = path[0] != '\0' ? mapping_file_read(&mapping, path) : ERR_OK;
    mapping_destroy(&mapping);
    return err == ERR_OK ? ERR_OK : ERR_INVALID; /* the line that is logged names the flag */
}

enum err option_check_log(
    const struct option_program *program, const char *level, const char *format)
{
    enum log_level known_level;
    enum log_format known_format;
    if (log_level_parse(&known_level, level) != ERR_OK) {
        options_refuse(program, "loglevel", "\"%s\" is none of error, warning, info, debug", level);
        return ERR_INVALID;
    }
    if (log_format_parse(&known_format, format) != ERR_OK) {
        options_refuse(program, "logfmt", "\"%s\" is neither normal nor json", format);
        return ERR_INVALID;
    }
    return ERR_OK;
}
