/* SPDX-License-Identifier: BSD-3-Clause -- the flags of goflow-ingest. */
#include "ingest/ingest_settings.h"

#include "common/log.h"
#include "common/option_checks.h"

#include <inttypes.h>
#include <string.h>

#define MEMBER(member) .offset = offsetof(struct ingest_settings, member)

/* The batch must fit in the window, and one packed flow in the batch. */
enum {
    BATCH_MIN = 64 << 10,
    BATCH_MAX = 64 << 20,
    WINDOW_MIN = 1 << 20,
    SPOOL_MIN = 1 << 20,
    TEMPLATES_MIN = 1 << 20
};

/* A year: decoders count it in ns. */
#define LIFETIME_MAX_MS (UINT64_C(366) * 24 * 3600 * 1000)

static const struct option OPTIONS[] = {
    {"nf", OPTION_BOOL, "true", MEMBER(nf.is_on), .help = "Listens on the NetFlow port."},
    {"nf.addr", OPTION_TEXT, NULL, MEMBER(nf.host),
        .help = "IP address to listen on, or a multicast group to join; empty: all, IPv6 and "
                "IPv4."},
    {"nf.interface", OPTION_TEXT, NULL, MEMBER(nf.interface),
        .help =
            "Receives only what arrives at this interface (or VRF), and joins the group there."},
    {"nf.port", OPTION_NUMBER, "2055", .max = OPTION_PORT_MAX, MEMBER(nf.port),
        .help = "UDP port; 0: the system chooses."},
    {"nf.reuserport", OPTION_BOOL, "false", MEMBER(nf.is_shared),
        .help = "Shares the port with other processes."},
    {"nfl", OPTION_BOOL, "true", MEMBER(nfl.is_on), .help = "Listens on the NetFlow 5 port."},
    {"nfl.addr", OPTION_TEXT, NULL, MEMBER(nfl.host),
        .help = "IP address to listen on, or a multicast group to join; empty: all, IPv6 and "
                "IPv4."},
    {"nfl.interface", OPTION_TEXT, NULL, MEMBER(nfl.interface),
        .help =
            "Receives only what arrives at this interface (or VRF), and joins the group there."},
    {"nfl.port", OPTION_NUMBER, "2056", .max = OPTION_PORT_MAX, MEMBER(nfl.port),
        .help = "UDP port; 0: the system chooses."},
    {"nfl.reuserport", OPTION_BOOL, "false", MEMBER(nfl.is_shared),
        .help = "Shares the port with other processes."},
    {"sflow", OPTION_BOOL, "true", MEMBER(sflow.is_on), .help = "Listens on the sFlow port."},
    {"sflow.addr", OPTION_TEXT, NULL, MEMBER(sflow.host),
        .help = "IP address to listen on, or a multicast group to join; empty: all, IPv6 and "
                "IPv4."},
    {"sflow.interface", OPTION_TEXT, NULL, MEMBER(sflow.interface),
        .help =
            "Receives only what arrives at this interface (or VRF), and joins the group there."},
    {"sflow.port", OPTION_NUMBER, "6343", .max = OPTION_PORT_MAX, MEMBER(sflow.port),
        .help = "UDP port; 0: the system chooses."},
    {"sflow.reuserport", OPTION_BOOL, "false", MEMBER(sflow.is_shared),
        .help = "Shares the port with other processes."},
    {"workers", OPTION_NUMBER, "1", .min = 1, .max = 64, MEMBER(workers),
        .help = "Threads that receive and decode; an exporter always belongs to one of them."},
    {"udp.rcvbuf", OPTION_SIZE, "32MiB", .min = 4096, .max = UINT64_C(1) << 30,
        MEMBER(receive_buffer_bytes), .help = "Kernel buffer of each socket."},
    {"exporters.max", OPTION_NUMBER, "4096", .min = 1, .max = 1 << 20, MEMBER(decode.max_exporters),
        .help = "Exporters whose state each worker keeps; when all are used, a new one replaces "
                "one that "
                "has sent a single datagram or has been silent for ten minutes."},
    {"exporters.allow", OPTION_TEXT, NULL, MEMBER(decode.allow_list), .reach = OPTION_READS_FILE,
        .help = "File of the prefixes of exporters, one a line: datagrams from other addresses are "
                "counted and not decoded; SIGHUP reads it again."},
    {"templates.max", OPTION_NUMBER, "4096", .min = 1, .max = 1 << 20, MEMBER(decode.max_templates),
        .help = "Templates of one exporter."},
    {"templates.bytes", OPTION_SIZE, "256MiB", .min = TEMPLATES_MIN, MEMBER(decode.template_bytes),
        .help = "Memory for the templates of all exporters."},
    {"templates.lifetime", OPTION_DURATION, "0", .max = LIFETIME_MAX_MS,
        MEMBER(decode.template_lifetime_ms),
        .help = "Forgets a template that is not announced again for so long; 0: never."},
    {"templates.hold", OPTION_SIZE, "16MiB", .max = UINT64_C(1) << 32, MEMBER(decode.held_bytes),
        .help = "Memory for data that waits for its template; 0: such data is dropped."},
    {"templates.hold.age", OPTION_DURATION, "60s", .min = 1000, .max = 3600000,
        MEMBER(decode.held_age_ms), .help = "Time data waits for its template."},
    {"templates.file", OPTION_TEXT, NULL, MEMBER(decode.template_file), .reach = OPTION_WRITES_FILE,
        .help = "Keeps templates and sampling rates across restarts; empty: does not."},
    {"sampling.map", OPTION_TEXT, NULL, MEMBER(decode.sampling_map), .reach = OPTION_READS_FILE,
        .help = "File of sampling rates by exporter: PREFIX RATE [default|override]; SIGHUP reads "
                "it again."},
    {"exporter.original", OPTION_BOOL, "false", MEMBER(decode.uses_original_exporter),
        .help =
            "Takes the exporter from the record, where a mediator sends it (elements 130, 131); "
            "only for mediators you trust."},
    {"decode.prefer", OPTION_CHOICE, "outer", .choices = "outer|inner",
        MEMBER(decode.preferred_header),
        .help = "Puts this header of a tunnelled packet into the plain fields, the other one into "
                "the fields that end in Encap."},
    {"decode.extra", OPTION_BOOL, "false", MEMBER(decode.takes_extra),
        .help = "Keeps information elements and sFlow records without a field of their own, in the "
                "field Extra."},
    {"mapping", OPTION_TEXT, NULL, MEMBER(decode.mapping), .reach = OPTION_READS_FILE,
        .help = "File of columns for information elements, the same for ingest and stores: "
                "ENTERPRISE/ID COLUMN [TYPE]; SIGHUP reads it again."},
    {"read", OPTION_TEXT, NULL, MEMBER(read_path), .reach = OPTION_READS_FILE,
        .help = "Takes datagrams from a pcap or pcapng file (- is standard input) and exits."},
    {"transport", OPTION_CHOICE, "zmq", .choices = "zmq|console|none", MEMBER(transport),
        .help = "Where flows go: to the stores, to standard output, or nowhere."},
    {"format", OPTION_CHOICE, "text", .choices = "text|json|protobuf", MEMBER(format),
        .help = "Format of the console; protobuf is length-delimited."},
    {"proto.fixedlen", OPTION_BOOL, "false", MEMBER(is_length_prefixed),
        .help = "Accepted for old command lines; protobuf is always length-delimited."},
    {"zmq.bind", OPTION_LIST, NULL, MEMBER(link.bind), .reach = OPTION_BINDS,
        .help = "Endpoints stores connect to; without any endpoint tcp://127.0.0.1:5557."},
    {"zmq.connect", OPTION_LIST, NULL, MEMBER(link.connect), .reach = OPTION_CONNECTS,
        .help = "Endpoints of stores to connect to."},
    {"zmq.keys", OPTION_TEXT, NULL, MEMBER(protection.keys_folder), .reach = OPTION_READS_FOLDER,
        .help = "Folder of goflow-keys: peers over tcp need keys that are allowed there; SIGHUP "
                "reads it again."},
    {"zmq.insecure", OPTION_BOOL, "false", MEMBER(protection.is_insecure),
        .help = "Lets other hosts reach the link without keys."},
    {"zmq.compress", OPTION_CHOICE, "none", .choices = "none|zstd", MEMBER(compression),
        .help = "Compression of batches on the link."},
    {"tap.bind", OPTION_TEXT, "tcp://127.0.0.1:5559", MEMBER(tap_endpoint), .reach = OPTION_BINDS,
        .help = "Endpoint for goflow-tap; empty: none."},
    {"ingest.id", OPTION_NUMBER, "0", MEMBER(ingest_id),
        .help = "Sets the id of this ingest in the table; 0: takes a random one and keeps it."},
    {"ingest.state", OPTION_TEXT, NULL, MEMBER(state_dir), .reach = OPTION_WRITES_FOLDER,
        .help =
            "Keeps the id and the sequences in use in this folder; empty: in -spool.dir, else in "
            "the state folder of the service or user."},
    {"window.bytes", OPTION_SIZE, "512MiB", .min = WINDOW_MIN, MEMBER(window_bytes),
        .help = "Memory for batches no store has confirmed; the oldest go when it is full."},
    {"spool.dir", OPTION_TEXT, NULL, MEMBER(spool_dir), .reach = OPTION_WRITES_FOLDER,
        .help = "Folder that keeps batches until they are stored; empty: memory only."},
    {"spool.bytes", OPTION_SIZE, "4GiB", .min = SPOOL_MIN, MEMBER(spool_bytes),
        .help = "Size of the spool; the oldest batches go when it is full."},
    {"spool.sync", OPTION_DURATION, "1s", .max = 3600000, MEMBER(spool_sync_ms),
        .help = "Time until the spool is safe from a power failure; 0: before each batch is sent."},
    {"records", OPTION_BOOL, "true", MEMBER(sends_records),
        .help = "Also sends device counters, options data and losses, to tables of their own."},
    {"batch.bytes", OPTION_SIZE, "256KiB", .min = BATCH_MIN, .max = BATCH_MAX, MEMBER(batch_bytes),
        .help = "Size at which a batch is sent."},
    {"batch.flows", OPTION_NUMBER, "8192", .min = 1, .max = 1 << 20, MEMBER(batch_flows),
        .help = "Flows at which a batch is sent."},
    {"batch.age", OPTION_DURATION, "200ms", .min = 1, .max = 60000, MEMBER(batch_age_ms),
        .help = "Age at which a batch is sent."},
    {"ack.timeout", OPTION_DURATION, "10s", .min = 100, .max = 3600000, MEMBER(ack_timeout_ms),
        .help = "Time after which an unconfirmed batch is sent again."},
    {"stop.timeout", OPTION_DURATION, "30s", .max = 3600000, MEMBER(stop_timeout_ms),
        .help = "Time a clean stop waits for confirmations; below twice -ack.timeout what a killed "
                "store had may be lost."},
    {"user", OPTION_TEXT, NULL, MEMBER(confinement.user),
        .help = "Becomes this user (USER or USER:GROUP) when the UDP ports are bound."},
    {"confine", OPTION_CHOICE, "auto", .choices = "auto|off", MEMBER(confinement.mode),
        .help = "Reaches only the files and ports that the settings name, and no system call that "
                "nobody needs, as far as the kernel can; off: reaches all, and may leave a core."},
    {"loglevel", OPTION_TEXT, "warning", MEMBER(log_level), .help = "error, warning, info, debug."},
    {"logfmt", OPTION_TEXT, "normal", MEMBER(log_format), .help = "normal or json."},
    {"metrics.addr", OPTION_TEXT, "127.0.0.1:8080", MEMBER(metrics_address), .reach = OPTION_BINDS,
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
    {"metrics.remoteport", OPTION_BOOL, "false", MEMBER(has_remote_ports),
        .help = "Fills the label remote_port of flow_traffic_*: each source port is a series."},
    {"templates.path", OPTION_TEXT, "/templates", MEMBER(templates_path),
        .help = "Path of the templates in force, as JSON."},
};

const struct option_program INGEST_PROGRAM = {.name = "goflow-ingest",
    .summary = "receives NetFlow, IPFIX and sFlow and sends the flows on",
    .options = OPTIONS,
    .option_count = sizeof OPTIONS / sizeof OPTIONS[0]};

static enum err check_sources(const struct ingest_settings *settings)
{
    bool has_port = settings->nf.is_on || settings->nfl.is_on || settings->sflow.is_on;
    if (!has_port && settings->read_path[0] == '\0') {
        options_refuse(&INGEST_PROGRAM, "nf",
            "false, and so are -nfl and -sflow: nothing to do; switch one on, or give -read FILE");
        return ERR_INVALID;
    }
    if (settings->batch_bytes > settings->window_bytes) {
        options_refuse(&INGEST_PROGRAM, "batch.bytes",
            "%" PRIu64 " is larger than -window.bytes, %" PRIu64 "; lower it, or raise "
            "-window.bytes",
            settings->batch_bytes, settings->window_bytes);
        return ERR_INVALID;
    }
    return ERR_OK;
}

/* Flows go nowhere else than over the link. */
static enum err check_protection(const struct ingest_settings *settings)
{
    const struct option_program *program = &INGEST_PROGRAM;
    const struct link_protection *protection = &settings->protection;
    const struct link_endpoints *link = &settings->link;
    const struct option_list tap = {
        .count = settings->tap_endpoint[0] != '\0', .values = {settings->tap_endpoint}};
    if (strcmp(settings->transport, "zmq") != 0) {
        return ERR_OK;
    }
    bool is_valid =
        link_protection_check(program, "zmq.bind", &link->bind, protection) == ERR_OK &&
        link_protection_check(program, "zmq.connect", &link->connect, protection) == ERR_OK &&
        link_protection_check(program, "tap.bind", &tap, protection) == ERR_OK &&
        link_protection_check_roles(program, &link->bind, &link->connect, protection) == ERR_OK;
    return is_valid ? ERR_OK : ERR_INVALID;
}

/* Each check says its own line, so the first that fails ends it. */
enum err ingest_settings_validate(const void *context)
{
    const struct ingest_settings *settings = context;
    const struct option_program *program = &INGEST_PROGRAM;
    bool is_valid =
        check_sources(settings) == ERR_OK &&
        option_check_host(program, "nf.addr", settings->nf.host) == ERR_OK &&
        option_check_host(program, "nfl.addr", settings->nfl.host) == ERR_OK &&
        option_check_host(program, "sflow.addr", settings->sflow.host) == ERR_OK &&
        option_check_mapping(settings->decode.mapping) == ERR_OK &&
        option_check_path(program, "metrics.path", settings->metrics_path) == ERR_OK &&
        http_protection_check(program, "metrics", &settings->metrics_protection) == ERR_OK &&
        option_check_path(program, "templates.path", settings->templates_path) == ERR_OK &&
        option_check_endpoints(program, "zmq.bind", &settings->link.bind) == ERR_OK &&
        option_check_endpoints(program, "zmq.connect", &settings->link.connect) == ERR_OK &&
        check_protection(settings) == ERR_OK &&
        confine_check_user(program, settings->confinement.user) == ERR_OK &&
        option_check_log(program, settings->log_level, settings->log_format) == ERR_OK;
    return is_valid ? ERR_OK : ERR_INVALID;
}

void ingest_settings_complete(struct ingest_settings *settings)
{
    struct link_endpoints *link = &settings->link;
    if (link->bind.count == 0 && link->connect.count == 0) {
        link->bind = (struct option_list){.count = 1, .values = {"tcp://127.0.0.1:5557"}};
    }
}

void ingest_settings_apply_log(const struct ingest_settings *settings)
{
    log_setup(settings->log_level, settings->log_format);
}
