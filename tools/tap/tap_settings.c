/* SPDX-License-Identifier: BSD-3-Clause -- the flags of goflow-tap. */
#include "tools/tap/tap_settings.h"

#include "common/flow_filter.h"

#define MEMBER(member) .offset = offsetof(struct tap_settings, member)

static const struct option OPTIONS[] = {
    {"connect", OPTION_LIST, "tcp://127.0.0.1:5559", MEMBER(connect),
        .help = "Tap endpoints of goflow-ingest to listen to."},
    {"zmq.keys", OPTION_TEXT, NULL, MEMBER(protection.keys_folder),
        .help = "Folder of goflow-keys, with the keys of the ingests."},
    {"zmq.insecure", OPTION_BOOL, "false", MEMBER(protection.is_insecure),
        .help = "Listens to other hosts without keys."},
    {"format", OPTION_CHOICE, "text", .choices = "text|json|protobuf", MEMBER(format),
        .help = "One line a flow, or length-delimited FlowMessages."},
    {"filter", OPTION_TEXT, NULL, MEMBER(filter),
        .help = "Takes only flows for which this holds: \"proto=tcp and dst net 10.0.0.0/8\"."},
    {"top", OPTION_BOOL, "false", MEMBER(is_top),
        .help = "Shows a table of talkers instead of flows, anew each second."},
    {"by", OPTION_CHOICE, "src", .choices = "src|dst|exporter", MEMBER(top_key),
        .help = "Which addresses the talkers of -top are."},
    {"n", OPTION_NUMBER, "0", MEMBER(flows), .help = "Ends after so many flows; 0: no limit."},
    {"duration", OPTION_DURATION, "0", MEMBER(duration_ms),
        .help = "Ends after so long; 0: no limit."},
};

const struct option_program TAP_PROGRAM = {.name = "goflow-tap",
    .summary = "prints flows as a goflow-ingest sees them",
    .options = OPTIONS,
    .option_count = sizeof OPTIONS / sizeof OPTIONS[0]};

enum err tap_settings_validate(const void *context)
{
    const struct tap_settings *settings = context;
    if (settings->connect.count == 0) {
        options_refuse(&TAP_PROGRAM, "connect", "empty: nothing to listen to");
        return ERR_INVALID;
    }
    if (link_protection_check(&TAP_PROGRAM, "connect", &settings->connect, &settings->protection) !=
        ERR_OK) {
        return ERR_INVALID;
    }
    if (settings->filter[0] == '\0') {
        return ERR_OK;
    }
    struct flow_filter *filter = NULL;
    char why[FLOW_FILTER_WHY_SIZE];
    enum err err = flow_filter_parse(&filter, settings->filter, why);
    if (err != ERR_OK) {
        options_refuse(&TAP_PROGRAM, "filter", "%s", why);
    }
    flow_filter_destroy(&filter);
    return err;
}
