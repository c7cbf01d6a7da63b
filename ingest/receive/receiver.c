/* SPDX-License-Identifier: BSD-3-Clause -- all ports and all workers. */
#include "ingest/receive/receiver.h"

#include "common/clock.h"
#include "common/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A scan of the port must not fill the log. */
#define REPORT_PERIOD_NS (60 * NS_PER_S)

/* Socket i of each port is worker i's; those of workers that have started are theirs. */
struct receiver {
    pthread_mutex_t questions; /* a worker answers one at a time */
    uint32_t socket_count;     /* of each port: one a worker */
    uint32_t worker_count;     /* that have started */
    struct worker *workers[RECEIVER_WORKERS_MAX];
    size_t port_count;
    struct udp_bound ports[WORKER_PORTS_MAX];
    uint64_t refused_datagrams; /* logged */
    uint64_t refused_ns;        /* when, or 0 */
    int sockets[WORKER_PORTS_MAX][RECEIVER_WORKERS_MAX];
};

/* Every port takes every protocol, so two flags may name one port. */
static bool is_repeated(const struct receiver_ports *options, size_t index)
{
    const struct udp_options *port = &options->ports[index];
    for (size_t i = 0; i < index; i++) {
        const struct udp_options *other = &options->ports[i];
        if (port->port != 0 && port->port == other->port && strcmp(port->host, other->host) == 0) {
            return true;
        }
    }
    return false;
}

static void warn_of_small_buffer(
    const struct receiver_ports *options, const struct receiver *receiver)
{
    uint64_t granted = receiver->ports[0].buffer_bytes;
    uint64_t wanted = options->ports[0].buffer_bytes;
    if (granted < wanted) {
        log_warning("receive",
            "socket buffers are smaller than -udp.rcvbuf: raise "
            "net.core.rmem_max or grant CAP_NET_ADMIN",
            "wanted_bytes=%" PRIu64 " granted_bytes=%" PRIu64, wanted, granted);
    }
}

static enum err open_ports(struct receiver *receiver, const struct receiver_ports *options)
{
    for (size_t i = 0; i < options->port_count; i++) {
        if (is_repeated(options, i)) {
            continue;
        }
        struct udp_bound *bound = &receiver->ports[receiver->port_count];
        enum err err = udp_open(&options->ports[i], receiver->sockets[receiver->port_count],
            receiver->socket_count, bound);
        if (err != ERR_OK) {
            return err;
        }
        receiver->port_count++;
    }
    return ERR_OK;
}

static void log_ports(const struct receiver_ports *options, const struct receiver *receiver)
{
    for (size_t i = 0; i < receiver->port_count; i++) {
        log_info("receive", "listening", "address=%s port=%u workers=%u", receiver->ports[i].host,
            receiver->ports[i].port, options->worker_count);
    }
    warn_of_small_buffer(options, receiver);
}

/* As receiver_new(), and nothing is logged of what succeeds. */
static enum err open_receiver(struct receiver **receiver_p, const struct receiver_ports *ports)
{
    *receiver_p = NULL;
    if (ports->port_count == 0 || ports->port_count > WORKER_PORTS_MAX ||
        ports->worker_count == 0 || ports->worker_count > RECEIVER_WORKERS_MAX) {
        return ERR_INVALID;
    }
    struct receiver *receiver = calloc(1, sizeof *receiver);
    if (receiver == NULL) {
        return ERR_MEMORY;
    }
    (void)pthread_mutex_init(&receiver->questions, NULL); /* of the default kind: cannot fail */
    receiver->socket_count = ports->worker_count;
    *receiver_p = receiver;
    enum err err = open_ports(receiver, ports);
    if (err != ERR_OK) {
        receiver_destroy(receiver_p);
    }
    return err;
}

enum err receiver_new(struct receiver **receiver_p, const struct receiver_ports *ports)
{
    enum err err = open_receiver(receiver_p, ports);
    if (err == ERR_OK) {
        log_ports(ports, *receiver_p);
    }
    return err;
}

enum err receiver_check(const struct receiver_ports *ports)
{
    struct receiver *receiver = NULL;
    enum err err = open_receiver(&receiver, ports);
    receiver_destroy(&receiver);
    return err;
}

/* The worker takes its sockets, also when it fails. */
static enum err start_worker(struct receiver *receiver, const struct receiver_options *options)
{
    uint32_t index = receiver->worker_count;
    struct worker_options start = {.index = index,
        .has_remote_ports = options->has_remote_ports,
        .decoder = options->decoder,
        .allowed = options->allowed,
        .port_count = receiver->port_count};
    enum err err = options->make_outlet(options->context, &start.outlet);
    if (err != ERR_OK) {
        return err;
    }
    for (size_t i = 0; i < receiver->port_count; i++) {
        start.ports[i] = (struct worker_port){receiver->sockets[i][index], receiver->ports[i]};
        receiver->sockets[i][index] = -1;
    }
    return worker_new(&receiver->workers[index], &start);
}

enum err receiver_start(struct receiver *receiver, const struct receiver_options *options)
{
    enum err err = ERR_OK;
    while (err == ERR_OK && receiver->worker_count < receiver->socket_count) {
        err = start_worker(receiver, options);
        receiver->worker_count += err == ERR_OK;
    }
    return err;
}

void receiver_stop(struct receiver *receiver)
{
    for (uint32_t i = 0; i < receiver->worker_count; i++) {
        worker_stop(receiver->workers[i]);
    }
}

/* Those that no worker has taken. */
static void close_sockets(const int *sockets, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (sockets[i] >= 0) {
            (void)close(sockets[i]);
        }
    }
}

void receiver_destroy(struct receiver **receiver_p)
{
    struct receiver *receiver = *receiver_p;
    if (receiver == NULL) {
        return;
    }
    for (uint32_t i = 0; i < receiver->worker_count; i++) {
        worker_destroy(&receiver->workers[i]);
    }
    for (size_t port = 0; port < receiver->port_count; port++) {
        close_sockets(receiver->sockets[port], receiver->socket_count);
    }
    (void)pthread_mutex_destroy(&receiver->questions);
    free(receiver);
    *receiver_p = NULL;
}

/* The workers' parts as the members of one JSON object. */
static enum err print_object(
    struct receiver *receiver, enum decoder_document document, struct buffer *out)
{
    buffer_text_append(out, "{");
    for (uint32_t i = 0; i < receiver->worker_count; i++) {
        struct buffer part = {0};
        enum err err = worker_print(receiver->workers[i], document, &part);
        if (err == ERR_OK && part.size > 0) {
            buffer_text_append(out, out->size > 1 ? "," : "");
            buffer_append(out, part.bytes, part.size);
        }
        buffer_clear(&part);
        if (err != ERR_OK) {
            return err;
        }
    }
    buffer_text_append(out, "}\n");
    return buffer_check(out);
}

static enum err ask_object(
    struct receiver *receiver, enum decoder_document document, struct buffer *out)
{
    (void)pthread_mutex_lock(&receiver->questions);
    enum err err = print_object(receiver, document, out);
    (void)pthread_mutex_unlock(&receiver->questions);
    return err;
}

enum err receiver_print_templates(struct receiver *receiver, struct buffer *out)
{
    return ask_object(receiver, DECODER_TEMPLATES, out);
}

enum err receiver_print_exporters(struct receiver *receiver, struct buffer *out)
{
    return ask_object(receiver, DECODER_EXPORTERS, out);
}

enum err receiver_print_snapshot(struct receiver *receiver, struct buffer *exporters)
{
    enum err err = ERR_OK;
    (void)pthread_mutex_lock(&receiver->questions);
    for (uint32_t i = 0; err == ERR_OK && i < receiver->worker_count; i++) {
        err = worker_print(receiver->workers[i], DECODER_SNAPSHOT, exporters);
    }
    (void)pthread_mutex_unlock(&receiver->questions);
    return err;
}

void receiver_use_sampling_map(struct receiver *receiver, const struct sampling_map *map)
{
    (void)pthread_mutex_lock(&receiver->questions);
    for (uint32_t i = 0; i < receiver->worker_count; i++) {
        worker_use_sampling_map(receiver->workers[i], map);
    }
    (void)pthread_mutex_unlock(&receiver->questions);
}

void receiver_use_mapping(struct receiver *receiver, const struct mapping *mapping)
{
    (void)pthread_mutex_lock(&receiver->questions);
    for (uint32_t i = 0; i < receiver->worker_count; i++) {
        worker_use_mapping(receiver->workers[i], mapping);
    }
    (void)pthread_mutex_unlock(&receiver->questions);
}

void receiver_use_allow_list(struct receiver *receiver, const struct allow_list *list)
{
    (void)pthread_mutex_lock(&receiver->questions);
    for (uint32_t i = 0; i < receiver->worker_count; i++) {
        worker_use_allow_list(receiver->workers[i], list);
    }
    (void)pthread_mutex_unlock(&receiver->questions);
}

void receiver_report_refused(struct receiver *receiver, uint64_t now_ns)
{
    uint64_t datagrams = 0;
    struct address sender = {{0}};
    for (uint32_t i = 0; i < receiver->worker_count; i++) {
        struct worker_refused refused = worker_refused(receiver->workers[i]);
        datagrams += refused.datagrams;
        sender = refused.datagrams > 0 ? refused.last_sender : sender;
    }
    bool is_due = receiver->refused_ns == 0 || now_ns - receiver->refused_ns >= REPORT_PERIOD_NS;
    if (datagrams == receiver->refused_datagrams || !is_due) {
        return;
    }
    char text[ADDRESS_ZONED_TEXT_SIZE];
    address_format_zoned(&sender, text);
    log_notice("receive", "-exporters.allow does not list the sender of some datagrams",
        "datagrams=%" PRIu64 " last_sender=%s", datagrams - receiver->refused_datagrams, text);
    receiver->refused_datagrams = datagrams;
    receiver->refused_ns = now_ns;
}

const struct udp_bound *receiver_ports(const struct receiver *receiver, size_t *count_p)
{
    *count_p = receiver->port_count;
    return receiver->ports;
}

void receiver_count_drops(const struct receiver *receiver, struct drop_counts *counts)
{
    for (uint32_t i = 0; i < receiver->worker_count; i++) {
        worker_count_drops(receiver->workers[i], counts);
    }
}

void receiver_collect(void *context, struct metrics_page *page)
{
    const struct receiver *receiver = context;
    for (uint32_t i = 0; i < receiver->worker_count; i++) {
        worker_collect(receiver->workers[i], page);
    }
}
