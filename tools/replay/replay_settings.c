/* SPDX-License-Identifier: BSD-3-Clause -- the flags of goflow-replay. */
#include "tools/replay/replay_settings.h"

#include <string.h>

#define MEMBER(member) .offset = offsetof(struct replay_settings, member)

enum {
    EXPORTERS_MAX = 1 << 20 /* 127.0.0.2 and on: well inside 127.0.0.0/8 */
};

static const struct option OPTIONS[] = {
    {"target", OPTION_TEXT, "127.0.0.1:2055", MEMBER(target), .help = "Where to send: IP:PORT."},
    {"write", OPTION_TEXT, NULL, MEMBER(write_path),
        .help = "Writes a pcap file instead of sending."},
    {"synthetic", OPTION_CHOICE, "none", .choices = "none|netflow5|netflow9|ipfix|sflow",
        MEMBER(synthetic), .help = "Makes exports instead of reading a capture."},
    {"exporters", OPTION_NUMBER, "1", .min = 1, .max = EXPORTERS_MAX, MEMBER(exporters),
        .help = "Source addresses, 127.0.0.2 and on; 1: the system's own."},
    {"seed", OPTION_NUMBER, "1", MEMBER(seed), .help = "Equal seeds make equal flows."},
    {"sampling", OPTION_NUMBER, "1", .min = 1, .max = UINT32_MAX, MEMBER(sampling_rate),
        .help = "Sampling rate that synthetic exports announce."},
    {"unique", OPTION_NUMBER, "0", .max = UINT32_MAX, MEMBER(first_number),
        .help =
            "Gives each synthetic flow a number as its bytes, counting up from this one; 0: none."},
    {"pps", OPTION_NUMBER, "0", .max = 100000000, MEMBER(rate_pps),
        .help = "Datagrams a second; 0: as fast as possible."},
    {"count", OPTION_NUMBER, "0", MEMBER(count),
        .help = "Stops after so many datagrams; 0: no limit."},
    {"duration", OPTION_DURATION, "0", MEMBER(duration_ms),
        .help = "Stops after this time; 0: no limit."},
    {"format", OPTION_CHOICE, "text", .choices = "text|json", MEMBER(format),
        .help = "Format of the summary on standard output."},
};

const struct option_program REPLAY_PROGRAM = {.name = "goflow-replay",
    .summary = "sends the exports of a capture, or synthetic ones",
    .usage = "  goflow-replay FILE [FLAGS]               sends a pcap or pcapng file\n"
             "  goflow-replay -synthetic=... [FLAGS]    sends exports that it makes\n\n",
    .options = OPTIONS,
    .option_count = sizeof OPTIONS / sizeof OPTIONS[0]};

static bool is_loopback(const struct address *address)
{
    return address_is_ipv4(address) && address->bytes[12] == 127;
}

enum err replay_settings_validate(const void *context)
{
    const struct replay_settings *settings = context;
    struct output_target target;
    if (output_target_parse(&target, settings->target) != ERR_OK) {
        options_refuse(&REPLAY_PROGRAM, "target", "\"%s\" is not IP:PORT", settings->target);
        return ERR_INVALID;
    }
    bool is_sent = settings->write_path[0] == '\0';
    if (is_sent && settings->exporters > 1 && !is_loopback(&target.address)) {
        options_refuse(&REPLAY_PROGRAM, "exporters",
            "more than one needs a target in 127.0.0.0/8, for they send from there");
        return ERR_INVALID;
    }
    if (!is_sent && !address_is_ipv4(&target.address)) {
        options_refuse(&REPLAY_PROGRAM, "write", "files hold IPv4: -target must be IPv4");
        return ERR_INVALID;
    }
    if (strcmp(settings->synthetic, "none") != 0 && settings->count == 0 &&
        settings->duration_ms == 0) {
        options_refuse(&REPLAY_PROGRAM, "synthetic", "needs -count or -duration to end");
        return ERR_INVALID;
    }
    if (settings->first_number != 0 && strcmp(settings->synthetic, "sflow") == 0) {
        options_refuse(&REPLAY_PROGRAM, "unique", "an sFlow sample's bytes are those of its frame");
        return ERR_INVALID;
    }
    return ERR_OK;
}

static void refuse_source(bool is_synthetic, size_t files)
{
    const char *reason = files == 0 ? "neither it nor a capture file is given"
                                    : "one capture file can be given, not several";
    options_refuse(&REPLAY_PROGRAM, "synthetic", "%s",
        is_synthetic ? "takes no capture file beside it" : reason);
}

enum err replay_settings_translate(const struct replay_settings *settings,
    struct replay_options *options_p, struct output_target *target_p)
{
    bool is_synthetic = strcmp(settings->synthetic, "none") != 0;
    if (settings->files.count != (is_synthetic ? 0 : 1)) {
        refuse_source(is_synthetic, settings->files.count);
        return ERR_INVALID;
    }
    *options_p = (struct replay_options){
        .capture_path = is_synthetic ? NULL : settings->files.values[0],
        .synthetic = {.exporters = (uint32_t)settings->exporters,
            .seed = settings->seed,
            .sampling_rate = (uint32_t)settings->sampling_rate,
            .first_number = (uint32_t)settings->first_number},
        .rate_pps = settings->rate_pps,
        .count = settings->count,
        .duration_ms = settings->duration_ms,
        .is_file = settings->write_path[0] != '\0',
    };
    enum err err = output_target_parse(target_p, settings->target);
    target_p->exporters = (uint32_t)settings->exporters;
    if (err == ERR_OK && is_synthetic) {
        err = synthetic_protocol_parse(&options_p->synthetic.protocol, settings->synthetic);
    }
    return err;
}
