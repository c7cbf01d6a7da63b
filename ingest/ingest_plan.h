/*
 * ingest_plan.h -- the options of the stages, made of the settings: for a start and for -check.
 */
#pragma once

#include "ingest/ingest_settings.h"
#include "ingest/publish/publish.h"
#include "ingest/receive/receiver.h"

#include <limits.h>

enum {
    INGEST_PORTS = 3 /* of -nf, -nfl and -sflow */
};

/* Points into itself and into the settings, so it is not copied. */
struct ingest_plan {
    char state_folder[PATH_MAX];
    struct publisher_options publisher;
    struct udp_options ports[INGEST_PORTS];
    struct receiver_ports receiver;
};

void ingest_plan_init(
    struct ingest_plan *plan, const struct ingest_settings *settings, struct link_keyring *keyring);
