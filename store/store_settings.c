/* SPDX-License-Identifier: BSD-3-Clause -- the flags of goflow-store. */
#include "store/store_settings.h"

#include "common/log.h"
#include "common/option_checks.h"
#include "store/sink/sink_address.h"

#include <string.h>

#define MEMBER(member) .offset = offsetof(struct store_settings, member)
#define HOUR_MS        (UINT64_C(3600) * 1000)

static const struct option OPTIONS[] = {
    {"ch", OPTION_BOOL, "true", MEMBER(is_on), .help = "Stores into ClickHouse."},
    {"ch.addr", OPTION_LIST, "embedded", MEMBER(addresses),
        .help = "Servers (host, host:port or URL), tried in turn; or embedded: the engine in this "
                "process, without a server."},
    {"ch.port", OPTION_NUMBER, "8123", .min = 1, .max = OPTION_PORT_MAX, MEMBER(port),
        .help = "HTTP port of servers that are given without one."},
    {"ch.username", OPTION_TEXT, "default", MEMBER(username), .help = "User."},
    {"ch.password", OPTION_TEXT, NULL, MEMBER(password), .is_secret = true, .help = "Password."},
    {"ch.password.file", OPTION_TEXT, NULL, MEMBER(password_file),
        .help = "File whose first line is the password."},
    {"ch.database", OPTION_TEXT, "default", MEMBER(database),
        .help = "Database; created when missing."},
    {"ch.table", OPTION_TEXT, "netflow", MEMBER(table), .help = "Table; created when missing."},
    {"mapping", OPTION_TEXT, NULL, MEMBER(mapping), .reach = OPTION_READS_FILE,
        .help = "File of columns for information elements, the same for ingest and stores: "
                "ENTERPRISE/ID COLUMN [TYPE]; SIGHUP reads it again."},
    {"ch.path", OPTION_TEXT, "goflow-data", MEMBER(path), .help = "Folder of the embedded engine."},
    {"ch.lib", OPTION_TEXT, NULL, MEMBER(library),
        .help = "The embedded engine, libchdb.so; empty: looked for in the usual places."},
    {"ch.serve", OPTION_TEXT, NULL, MEMBER(serve_address), .reach = OPTION_BINDS,
        .help = "Serves the embedded engine over ClickHouse's HTTP interface at ADDR:PORT."},
    {"ch.serve.socket", OPTION_TEXT, NULL, MEMBER(serve_socket), .reach = OPTION_BINDS,
        .help = "Serves the embedded engine also at unix:PATH, to programs of the same user and "
                "without a password."},
    {"ch.serve.users", OPTION_TEXT, NULL, MEMBER(serve_protection.users),
        .reach = OPTION_READS_FILE,
        .help = "File of users of -ch.serve: NAME HASH ro|rw [PREFIXES]; SIGHUP reads it again."},
    {"ch.serve.tls.cert", OPTION_TEXT, NULL, MEMBER(serve_protection.certificate),
        .reach = OPTION_READS_FILE,
        .help = "File of the certificate of -ch.serve and its chain, in PEM: serves HTTPS."},
    {"ch.serve.tls.key", OPTION_TEXT, NULL, MEMBER(serve_protection.key),
        .reach = OPTION_READS_FILE,
        .help = "File of the private key of -ch.serve.tls.cert, in PEM."},
    {"ch.serve.host", OPTION_LIST, NULL, MEMBER(serve_hosts),
        .help = "Names that clients of -ch.serve may call it by, beside addresses and localhost."},
    {"ch.serve.origin", OPTION_LIST, NULL, MEMBER(serve_origins),
        .help = "Origins of web pages that may ask -ch.serve, like https://grafana.example."},
    {"ch.ttl", OPTION_DURATION, "18w", MEMBER(ttl_ms),
        .help = "How long a table that is created keeps its rows; 0: for ever."},
    {"ch.columns", OPTION_CHOICE, "filled", .choices = "filled|all", MEMBER(columns),
        .help =
            "Columns of a table that is created: filled, where a column takes space once a flow "
            "has a value for it, or all."},
    {"ch.timeout", OPTION_DURATION, "30s", .min = 100, .max = HOUR_MS, MEMBER(timeout_ms),
        .help = "Time a server has to answer."},
    {"ch.compress", OPTION_BOOL, "false", MEMBER(compresses),
        .help = "Sends blocks lz4-compressed, where the server takes it."},
    {"zmq.connect", OPTION_LIST, NULL, MEMBER(link.connect), .reach = OPTION_CONNECTS,
        .help = "Endpoints of ingests to connect to; without any tcp://127.0.0.1:5557."},
    {"zmq.bind", OPTION_LIST, NULL, MEMBER(link.bind), .reach = OPTION_BINDS,
        .help = "Endpoints ingests connect to."},
    {"zmq.keys", OPTION_TEXT, NULL, MEMBER(protection.keys_folder), .reach = OPTION_READS_FOLDER,
        .help = "Folder of goflow-keys: peers over tcp need keys that are allowed there; SIGHUP "
                "reads it again."},
    {"zmq.insecure", OPTION_BOOL, "false", MEMBER(protection.is_insecure),
        .help = "Lets other hosts reach the link without keys."},
    {"block.rows", OPTION_NUMBER, "500000", .min = 8192, .max = 16 << 20, MEMBER(block_rows),
        .help = "Rows at which a block is inserted."},
    {"block.bytes", OPTION_SIZE, "256MiB", .min = 1 << 20, .max = UINT64_C(4) << 30,
        MEMBER(block_bytes), .help = "Size at which a block is inserted."},
    {"block.age", OPTION_DURATION, "1s", .min = 10, .max = HOUR_MS, MEMBER(block_age_ms),
        .help = "Age at which a block is inserted."},
    {"inflight", OPTION_NUMBER, "2", .min = 1, .max = 16, MEMBER(inflight),
        .help = "Full blocks that may wait for the database; then pulling stops."},
    {"deadletter.dir", OPTION_TEXT, NULL, MEMBER(deadletter_dir), .reach = OPTION_WRITES_FOLDER,
        .help = "Folder for blocks that the database refuses; empty: they are tried again."},
    {"deadletter.replay", OPTION_BOOL, "false", MEMBER(replays_deadletter),
        .help =
            "Puts the blocks of -deadletter.dir into the database, removes them there, and ends."},
    {"stop.timeout", OPTION_DURATION, "30s", .max = HOUR_MS, MEMBER(stop_timeout_ms),
        .help =
            "Time in which a clean stop writes what is held and waits for queries of -ch.serve."},
    {"user", OPTION_TEXT, NULL, MEMBER(confinement.user),
        .help = "Becomes this user (USER or USER:GROUP) before anything is opened."},
    {"confine", OPTION_CHOICE, "auto", .choices = "auto|off", MEMBER(confinement.mode),
        .help = "Reaches only the files and ports that the settings name, and no system call that "
                "nobody needs, as far as the kernel can; off: reaches all, and may leave a core."},
    {"loglevel", OPTION_TEXT, "warning", MEMBER(log_level), .help = "error, warning, info, debug."},
    {"logfmt", OPTION_TEXT, "normal", MEMBER(log_format), .help = "normal or json."},
    {"metrics.addr", OPTION_TEXT, "127.0.0.1:8081", MEMBER(metrics_address), .reach = OPTION_BINDS,
        .help = "Address of the HTTP server; empty: none."},
    {"metrics.path", OPTION_TEXT, "/metrics", MEMBER(metrics_path), .help = "Path of the metrics."},
    {"metrics.users", OPTION_TEXT, NULL, MEMBER(metrics_protection.users),
        .reach = OPTION_READS_FILE,
        .help = "File of users whose password the HTTP server asks for, except at /healthz and "
                "/readyz; SIGHUP reads it again."},
    {"metrics.tls.cert", OPTION_TEXT, NULL, MEMBER(metrics_protection.certificate),
        .reach = OPTION_READS_FILE,
        .help = "File of the HTTP server's certificate and its chain, in PEM: serves HTTPS."},
    {"metrics.tls.key", OPTION_TEXT, NULL, MEMBER(metrics_protection.key),
        .reach = OPTION_READS_FILE,
        .help = "File of the private key of -metrics.tls.cert, in PEM."},
    {"by", OPTION_CHOICE, "src", .choices = "src|dst|as|port|interface|exporter", MEMBER(top_by),
        .help = "For goflow-store top: what the traffic is summed up by."},
    {"since", OPTION_DURATION, "1h", MEMBER(top_since_ms),
        .help = "For goflow-store top: how far it looks back."},
    {"limit", OPTION_NUMBER, "10", .min = 1, .max = 10000, MEMBER(top_limit),
        .help = "For goflow-store top: rows of the answer."},
};

const struct option_program STORE_PROGRAM = {.name = "goflow-store",
    .summary = "takes flows from goflow-ingest and writes them into ClickHouse",
    .usage = "  goflow-store [FLAGS]                        takes flows until it is stopped\n"
             "  goflow-store query \"SELECT ...\" [FLAGS]     prints the answer of the database\n"
             "  goflow-store top [-by=...] [FLAGS]          prints the largest talkers\n\n",
    .options = OPTIONS,
    .option_count = sizeof OPTIONS / sizeof OPTIONS[0]};

static enum err check_is_on(const struct store_settings *settings)
{
    if (!settings->is_on) {
        options_refuse(
            &STORE_PROGRAM, "ch", "false leaves nothing to store into; leave the flag out");
        return ERR_INVALID;
    }
    return ERR_OK;
}

static bool is_embedded(const struct store_settings *settings)
{
    return settings->addresses.count == 1 &&
           sink_address_is_embedded(settings->addresses.values[0]);
}

/* A password in a URL is not repeated: this line may end in a log. */
static void refuse_address(const char *address)
{
    const char *at = strrchr(address, '@');
    options_refuse(&STORE_PROGRAM, "ch.addr",
        "\"%s%s\" is not an address; give embedded, host, host:port, or a URL without user and "
        "path",
        at != NULL ? "...@" : "", at != NULL ? at + 1 : address);
}

static enum err check_addresses(const struct store_settings *settings)
{
    if (is_embedded(settings)) {
        return ERR_OK;
    }
    if (settings->addresses.count == 0) {
        options_refuse(&STORE_PROGRAM, "ch.addr",
            "empty; give embedded, or a server as host, host:port or URL");
        return ERR_INVALID;
    }
    for (size_t i = 0; i < settings->addresses.count; i++) {
        const char *address = settings->addresses.values[i];
        char url[SINK_ADDRESS_SIZE];
        if (sink_address_is_embedded(address)) {
            options_refuse(&STORE_PROGRAM, "ch.addr",
                "embedded stands alone; give servers only, or embedded only");
            return ERR_INVALID;
        }
        if (sink_address_url(address, (uint16_t)settings->port, url) != ERR_OK) {
            refuse_address(address);
            return ERR_INVALID;
        }
    }
    return ERR_OK;
}

/* Whoever reaches the port may change tables, so beyond this machine a password decides. */
static enum err check_serve(const struct store_settings *settings)
{
    static const char *const LOOPBACK[] = {"127.", "localhost:", "[::1]:", ":"};
    const char *address = settings->serve_address;
    bool is_near = address[0] == '\0' || settings->password[0] != '\0' ||
                   settings->password_file[0] != '\0' ||
                   settings->serve_protection.users[0] != '\0';
    for (size_t i = 0; i < sizeof LOOPBACK / sizeof LOOPBACK[0]; i++) {
        is_near = is_near || strncmp(address, LOOPBACK[i], strlen(LOOPBACK[i])) == 0;
    }
    if (address[0] != '\0' && strchr(address, ':') == NULL) {
        options_refuse(&STORE_PROGRAM, "ch.serve",
            "\"%s\" is not an address with a port; give HOST:PORT, [IPV6]:PORT or :PORT", address);
        return ERR_INVALID;
    }
    if (!is_near) {
        options_refuse(&STORE_PROGRAM, "ch.serve",
            "\"%s\" is beyond loopback: give -ch.password.file or -ch.password", address);
        return ERR_INVALID;
    }
    return ERR_OK;
}

static enum err check_database(const struct store_settings *settings)
{
    if (settings->database[0] == '\0' || settings->table[0] == '\0') {
        options_refuse(&STORE_PROGRAM, settings->table[0] == '\0' ? "ch.table" : "ch.database",
            "empty; give a name");
        return ERR_INVALID;
    }
    bool serves = settings->serve_address[0] != '\0' || settings->serve_socket[0] != '\0';
    if (serves && !is_embedded(settings)) {
        options_refuse(&STORE_PROGRAM, "ch.serve",
            "\"%s\" needs the embedded engine, and -ch.addr names a server; leave one of them out",
            settings->serve_address);
        return ERR_INVALID;
    }
    if (settings->replays_deadletter && settings->deadletter_dir[0] == '\0') {
        options_refuse(
            &STORE_PROGRAM, "deadletter.replay", "true; give the folder with -deadletter.dir");
        return ERR_INVALID;
    }
    if (settings->password[0] != '\0' && settings->password_file[0] != '\0') {
        options_refuse(&STORE_PROGRAM, "ch.password.file",
            "\"%s\", and -ch.password is given too; give one of them", settings->password_file);
        return ERR_INVALID;
    }
    return ERR_OK;
}

static enum err check_protection(const struct store_settings *settings)
{
    const struct option_program *program = &STORE_PROGRAM;
    const struct link_protection *protection = &settings->protection;
    const struct link_endpoints *link = &settings->link;
    bool is_valid =
        link_protection_check(program, "zmq.connect", &link->connect, protection) == ERR_OK &&
        link_protection_check(program, "zmq.bind", &link->bind, protection) == ERR_OK &&
        link_protection_check_roles(program, &link->bind, &link->connect, protection) == ERR_OK;
    return is_valid ? ERR_OK : ERR_INVALID;
}

/* Each check says its own line, so the first that fails ends it. */
enum err store_settings_validate(const void *context)
{
    const struct store_settings *settings = context;
    const struct option_program *program = &STORE_PROGRAM;
    bool is_valid =
        check_is_on(settings) == ERR_OK && check_addresses(settings) == ERR_OK &&
        check_database(settings) == ERR_OK && check_serve(settings) == ERR_OK &&
        option_check_mapping(settings->mapping) == ERR_OK &&
        option_check_endpoints(program, "zmq.connect", &settings->link.connect) == ERR_OK &&
        option_check_endpoints(program, "zmq.bind", &settings->link.bind) == ERR_OK &&
        check_protection(settings) == ERR_OK &&
        confine_check_user(program, settings->confinement.user) == ERR_OK &&
        option_check_log(program, settings->log_level, settings->log_format) == ERR_OK &&
        option_check_path(program, "metrics.path", settings->metrics_path) == ERR_OK &&
        http_protection_check(program, "metrics", &settings->metrics_protection) == ERR_OK &&
        http_protection_check(program, "ch.serve", &settings->serve_protection) == ERR_OK;
    return is_valid ? ERR_OK : ERR_INVALID;
}

void store_settings_complete(struct store_settings *settings)
{
    struct link_endpoints *link = &settings->link;
    if (link->bind.count == 0 && link->connect.count == 0) {
        link->connect = (struct option_list){.count = 1, .values = {"tcp://127.0.0.1:5557"}};
    }
}

void store_settings_apply_log(const struct store_settings *settings)
{
    log_setup(settings->log_level, settings->log_format);
}
