/* SPDX-License-Identifier: BSD-3-Clause -- from settings to the options of the stages. */
#include "ingest/ingest_plan.h"

#include "ingest/publish/identity_folder.h"

#include <string.h>

static void plan_publisher(
    struct ingest_plan *plan, const struct ingest_settings *settings, struct link_keyring *keyring)
{
    plan->publisher = (struct publisher_options){
        .endpoints = settings->link,
        .tap_endpoint = settings->tap_endpoint,
        .ingest_id = settings->ingest_id,
        .state_dir = settings->state_dir,
        .is_state_shared = settings->state_dir[0] == '\0',
        .window_bytes = settings->window_bytes,
        .spool_dir = settings->spool_dir,
        .spool_bytes = settings->spool_bytes,
        .spool_sync_ms = (uint32_t)settings->spool_sync_ms,
        .ack_timeout_ms = (uint32_t)settings->ack_timeout_ms,
        .stop_timeout_ms = (uint32_t)settings->stop_timeout_ms,
        .compress = strcmp(settings->compression, "zstd") == 0,
        .tells_losses = settings->sends_records,
    };
    plan->publisher.endpoints.keyring = keyring;
    plan->publisher.endpoints.peer = LINK_PEER_STORE;
    bool has_default = identity_folder_default(plan->state_folder, PATH_MAX) == ERR_OK;
    if (plan->publisher.is_state_shared && has_default) {
        plan->publisher.state_dir = plan->state_folder;
    }
}

static void plan_receiver(struct ingest_plan *plan, const struct ingest_settings *settings)
{
    static const char *const PREFIXES[INGEST_PORTS] = {"nf.", "nfl.", "sflow."};
    const struct listener_settings *listeners[INGEST_PORTS] = {
        &settings->nf, &settings->nfl, &settings->sflow};
    size_t count = 0;
    for (size_t i = 0; i < INGEST_PORTS; i++) {
        if (listeners[i]->is_on) {
            plan->ports[count++] = (struct udp_options){
                .host = listeners[i]->host,
                .interface = listeners[i]->interface,
                .port = (uint16_t)listeners[i]->port,
                .is_shared = listeners[i]->is_shared,
                .buffer_bytes = settings->receive_buffer_bytes,
                .flag_prefix = settings->has_short_flags ? "" : PREFIXES[i],
            };
        }
    }
    plan->receiver = (struct receiver_ports){
        .ports = plan->ports,
        .port_count = count,
        .worker_count = (uint32_t)settings->workers,
    };
}

void ingest_plan_init(
    struct ingest_plan *plan, const struct ingest_settings *settings, struct link_keyring *keyring)
{
    plan_publisher(plan, settings, keyring);
    plan_receiver(plan, settings);
}
