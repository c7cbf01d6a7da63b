/* SPDX-License-Identifier: BSD-3-Clause -- Hello on the return channel, and who is where. */
#include "common/link_channel.h"

#include "common/clock.h"
#include "common/link_absence.h"
#include "common/link_claims.h"
#include "common/link_keyring.h"
#include "common/link_peers.h"
#include "common/link_sockets.h"
#include "common/log.h"

#include <inttypes.h>
#include <string.h>

enum {
    WAITING_SIZE = 96,
    AWAY_SIZE = 48,
    TICK_MS = 1000,
    BIND_MS = 10,   /* between two tries to bind again */
    GONE_MS = 10000 /* a peer that was accepted and is silent for so long */
};

struct link_channel {
    struct link_channel_options options;
    struct link_sockets sockets;
    struct link_connection ends[OPTION_LIST_MAX]; /* as those of the sockets */
    struct link_peers peers;
    struct link_claims claims;
    struct link_absence absence;
    uint64_t tick_due_ns;
};

static const char *peer_word(const struct link_channel *channel)
{
    return channel->options.role == LINK_INGEST ? "store" : "ingest";
}

enum err link_channel_new(
    struct link_channel **channel_p, const struct link_channel_options *options)
{
    *channel_p = NULL;
    struct link_channel *channel = calloc(1, sizeof *channel);
    if (channel == NULL) {
        return ERR_MEMORY;
    }
    bool is_ingest = options->role == LINK_INGEST;
    channel->options = *options;
    link_absence_begin(&channel->absence, clock_monotonic_ns());
    enum err err = link_sockets_open(&channel->sockets, options->endpoints, options->data,
        is_ingest ? options->id : 0, options->counters->crowded_out);
    for (size_t i = 0; i < channel->sockets.end_count; i++) {
        link_connection_init(&channel->ends[i], is_ingest);
    }
    if (err != ERR_OK) {
        link_channel_destroy(&channel);
        return err;
    }
    *channel_p = channel;
    return ERR_OK;
}

void link_channel_destroy(struct link_channel **channel_p)
{
    struct link_channel *channel = *channel_p;
    if (channel == NULL) {
        return;
    }
    link_sockets_close(&channel->sockets);
    link_peers_clear(&channel->peers);
    link_claims_clear(&channel->claims);
    free(channel);
    *channel_p = NULL;
}

int link_channel_fd(const struct link_channel *channel)
{
    return channel->sockets.epoll_fd;
}

int link_channel_data_fd(const struct link_channel *channel)
{
    return channel->sockets.data_epoll_fd;
}

static bool send_hello(
    struct link_channel *channel, const struct link_address *to, bool is_answer, bool wants_fresh)
{
    struct link_hello hello = {
        .role = channel->options.role,
        .id = channel->options.id,
        .epoch = channel->options.epoch,
        .is_answer = is_answer,
        .wants_fresh = wants_fresh,
    };
    uint8_t bytes[LINK_HELLO_MAX];
    return link_sockets_send(&channel->sockets, to, bytes, link_hello_pack(&hello, bytes));
}

void link_channel_rename(struct link_channel *channel, uint64_t id, uint64_t epoch)
{
    if (id == channel->options.id && epoch == channel->options.epoch) {
        return;
    }
    channel->options.id = id;
    channel->options.epoch = epoch;
    for (size_t i = 0; i < channel->sockets.end_count; i++) {
        link_connection_hurry(&channel->ends[i]);
    }
    for (size_t i = 0; i < channel->peers.count; i++) {
        (void)send_hello(channel, &channel->peers.values[i].address, false, false);
    }
}

/* False: longer than any address of ours. */
static bool read_address(zframe_t *frame, struct link_address *address_p)
{
    size_t size = zframe_size(frame);
    if (size == 0 || size > LINK_ADDRESS_MAX) {
        return false;
    }
    address_p->size = (uint8_t)size;
    memcpy(address_p->bytes, zframe_data(frame), size);
    return true;
}

bool link_channel_reply(
    struct link_channel *channel, zframe_t *address, const uint8_t *bytes, size_t size)
{
    struct link_address to;
    return read_address(address, &to) && link_sockets_send(&channel->sockets, &to, bytes, size);
}

/* An ingest that does not say Hello is found by the name that libzmq has for its connection. */
static bool send_by_old_name(
    struct link_channel *channel, uint64_t id, const uint8_t *bytes, size_t size)
{
    struct link_address to = {.size = 1 + LINK_OLD_NAME_SIZE, .bytes = {LINK_ACCEPTED}};
    link_old_name(id, to.bytes + 1);
    return link_sockets_send(&channel->sockets, &to, bytes, size);
}

static bool send_to_unknown(struct link_channel *channel, const uint8_t *bytes, size_t size)
{
    bool is_sent = false;
    for (size_t i = 0; i < channel->sockets.end_count; i++) {
        struct link_connection *end = &channel->ends[i];
        struct link_address to = link_sockets_address(i);
        if (end->is_connected && !end->has_answered) {
            is_sent = link_sockets_send(&channel->sockets, &to, bytes, size) || is_sent;
        }
        link_connection_hurry(end);
    }
    channel->tick_due_ns = 0;
    return is_sent;
}

bool link_channel_send(struct link_channel *channel, const struct link_process *to,
    const uint8_t *bytes, size_t size, bool is_question)
{
    const struct link_peer *peer = link_peers_find(&channel->peers, to->id, to->epoch);
    if (peer != NULL) {
        return link_sockets_send(&channel->sockets, &peer->address, bytes, size);
    }
    bool is_sent = send_by_old_name(channel, to->id, bytes, size);
    return (is_question && send_to_unknown(channel, bytes, size)) || is_sent;
}

/* --- peers --------------------------------------------------------------------------- */

static void count_peers(struct link_channel *channel)
{
    counter_set(&channel->options.counters->peers, channel->peers.count);
}

/* " waiting_batches=3 waiting_flows=120", for the end of a line. */
static const char *waiting_text(const struct link_channel *channel, char out[WAITING_SIZE])
{
    const struct link_channel_options *options = &channel->options;
    out[0] = '\0';
    if (options->waiting_batches != NULL && options->waiting_flows != NULL) {
        (void)snprintf(out, WAITING_SIZE, " waiting_batches=%" PRIu64 " waiting_flows=%" PRIu64,
            counter_get(options->waiting_batches), counter_get(options->waiting_flows));
    }
    return out;
}

static void log_gone(struct link_channel *channel, const struct link_peer *peer)
{
    count_peers(channel);
    bool is_elsewhere = link_peers_find(&channel->peers, peer->id, 0) != NULL;
    if (is_elsewhere) {
        return;
    }
    link_absence_leave(&channel->absence, peer->id, channel->peers.count, clock_monotonic_ns());
    if (peer->epoch != 0) {
        char waiting[WAITING_SIZE];
        log_notice("link", "a peer is gone", "%s=%" PRIu64 " peers_left=%zu%s", peer_word(channel),
            peer->id, channel->peers.count, waiting_text(channel, waiting));
    }
}

/* How long it was away; under a new id, how long nobody was there. */
static void log_come(
    struct link_channel *channel, uint64_t id, uint64_t epoch, const struct link_return *back)
{
    char waiting[WAITING_SIZE];
    char away[AWAY_SIZE] = "";
    if (back->was_known) {
        (void)snprintf(away, sizeof away, " away_s=%" PRIu64, back->away_ns / NS_PER_S);
    } else if (back->was_alone) {
        (void)snprintf(away, sizeof away, " no_peer_for_s=%" PRIu64, back->alone_ns / NS_PER_S);
    }
    log_notice("link", "a peer is connected", "%s=%" PRIu64 " epoch=%" PRIu64 "%s%s",
        peer_word(channel), id, epoch, away, waiting_text(channel, waiting));
}

static void log_if_unmet(struct link_channel *channel, uint64_t now_ns)
{
    char waiting[WAITING_SIZE];
    if (link_absence_is_unmet(&channel->absence, now_ns)) {
        log_notice("link",
            "no peer has connected yet; check that it runs and that its -zmq flags lead here",
            "waiting_for=%s%s", peer_word(channel), waiting_text(channel, waiting));
    }
}

static void drop_peers(struct link_channel *channel, size_t index)
{
    struct link_peer peer;
    struct link_address address = link_sockets_address(index);
    while (link_peers_drop(&channel->peers, &address, &peer)) {
        log_gone(channel, &peer);
    }
}

/* True: whoever has this key may speak with the id. */
static bool may_use_id(struct link_channel *channel, const char *key, uint64_t id)
{
    bool is_own = link_claims_check(&channel->claims, key, id, channel->sockets.peer);
    counter_add(&channel->options.counters->ids_refused, is_own ? 0 : 1);
    return is_own;
}

static void meet(struct link_channel *channel, const struct link_address *from, uint64_t id,
    uint64_t epoch, uint64_t now_ns)
{
    bool was_there = link_peers_find(&channel->peers, id, 0) != NULL;
    enum link_meeting meeting = link_peers_hear(&channel->peers, from, id, epoch, now_ns);
    count_peers(channel);
    bool is_news = meeting == LINK_MET_OTHER || (meeting == LINK_MET_NEW && !was_there);
    if (!is_news) {
        return;
    }
    struct link_return back = link_absence_come(&channel->absence, id, now_ns);
    if (epoch != 0) {
        log_come(channel, id, epoch, &back);
    }
}

/* The data connection goes with it where nobody is there. */
static void connect_anew(struct link_channel *channel, size_t index, enum link_fresh_reason reason)
{
    counter_add(&channel->options.counters->fresh[reason], 1);
    drop_peers(channel, index);
    channel->ends[index].is_connected = false;
    /* Where it cannot be made, the tick tries again. */
    link_sockets_reopen(&channel->sockets, index, channel->ends[index].has_old_name);
    if (reason == LINK_FRESH_SILENT || reason == LINK_FRESH_REFUSED ||
        reason == LINK_FRESH_REVOKED) {
        link_sockets_reconnect_data(&channel->sockets, index);
    }
}

void link_channel_unanswered(struct link_channel *channel, uint64_t id)
{
    const struct link_peer *peer = link_peers_find(&channel->peers, id, 0);
    if (peer == NULL) {
        link_channel_unheard(channel);
        return;
    }
    size_t index = link_sockets_index(&channel->sockets, &peer->address);
    if (index != SIZE_MAX) {
        connect_anew(channel, index, LINK_FRESH_UNANSWERED);
        return;
    }
    struct link_peer dropped;
    struct link_address address = peer->address;
    (void)send_hello(channel, &address, false, true);
    if (link_peers_drop(&channel->peers, &address, &dropped)) {
        log_gone(channel, &dropped);
    }
}

void link_channel_unheard(struct link_channel *channel)
{
    for (size_t i = 0; i < channel->sockets.end_count; i++) {
        const struct link_connection *end = &channel->ends[i];
        /* One that has yet to try the old name does so by itself. */
        bool is_tried = end->has_old_name || !end->may_use_old_name;
        if (end->is_connected && !end->is_heard && is_tried) {
            connect_anew(channel, i, LINK_FRESH_UNANSWERED);
        }
    }
}

/* --- receiving ----------------------------------------------------------------------- */

static void take_hello(struct link_channel *channel, const struct link_address *from,
    const struct link_hello *hello, uint64_t now_ns)
{
    if (hello->role == channel->options.role ||
        !may_use_id(channel, channel->sockets.speaker, hello->id)) {
        return;
    }
    meet(channel, from, hello->id, hello->epoch, now_ns);
    size_t index = link_sockets_index(&channel->sockets, from);
    if (index == SIZE_MAX) {
        if (!hello->is_answer) {
            (void)send_hello(channel, from, true, false);
        }
        return;
    }
    link_connection_hear(&channel->ends[index], true, now_ns);
    if (hello->wants_fresh) {
        connect_anew(channel, index, LINK_FRESH_ASKED);
    }
}

/* An empty message: the accepting side has a new connection. */
static void take_probe(struct link_channel *channel, size_t index, uint64_t now_ns)
{
    if (index != SIZE_MAX) {
        drop_peers(channel, index);
        link_connection_begin(&channel->ends[index], now_ns);
        channel->tick_due_ns = 0;
    }
}

/* True: the message is for the owner of the channel. */
static bool take_message(
    struct link_channel *channel, const struct link_address *from, zframe_t *body, uint64_t now_ns)
{
    size_t index = link_sockets_index(&channel->sockets, from);
    if (zframe_size(body) == 0) {
        take_probe(channel, index, now_ns);
        return false;
    }
    struct link_hello hello;
    if (link_hello_parse(&hello, zframe_data(body), zframe_size(body)) == ERR_OK) {
        take_hello(channel, from, &hello, now_ns);
        return false;
    }
    if (index != SIZE_MAX) {
        link_connection_hear(&channel->ends[index], false, now_ns);
    }
    return true;
}

zmsg_t *link_channel_receive(struct link_channel *channel, uint64_t now_ns)
{
    zmsg_t *message = link_sockets_receive(&channel->sockets);
    if (message == NULL) {
        return NULL;
    }
    struct link_address from;
    zframe_t *address = zmsg_first(message);
    zframe_t *body = zmsg_next(message);
    bool is_for_owner =
        body != NULL && read_address(address, &from) && take_message(channel, &from, body, now_ns);
    if (!is_for_owner) {
        zmsg_destroy(&message);
        return zmsg_new();
    }
    return message;
}

bool link_channel_learn(
    struct link_channel *channel, zframe_t *address, uint64_t id, uint64_t now_ns)
{
    struct link_address from;
    if (id == 0 || !read_address(address, &from)) {
        return true;
    }
    if (!may_use_id(channel, channel->sockets.speaker, id)) {
        return false;
    }
    const struct link_peer *known = link_peers_at(&channel->peers, &from);
    /* One that says Hello has said it better. */
    if (known == NULL || known->epoch == 0) {
        meet(channel, &from, id, 0, now_ns);
    }
    return true;
}

zsock_t *link_channel_receive_data(struct link_channel *channel, zmq_msg_t *first)
{
    return link_sockets_receive_data(&channel->sockets, first);
}

bool link_channel_owns(struct link_channel *channel, uint64_t id)
{
    return may_use_id(channel, channel->sockets.data_speaker, id);
}

/* Whoever is still allowed comes back within a moment, and says Hello. */
void link_channel_renew(struct link_channel *channel)
{
    log_notice("link", "a key was removed: all connections with keys are made anew", "peer=%s",
        peer_word(channel));
    link_claims_release(&channel->claims, channel->sockets.keyring, channel->sockets.peer);
    link_sockets_renew(&channel->sockets);
    for (size_t i = 0; i < channel->sockets.end_count; i++) {
        if (link_sockets_may_be_refused(&channel->sockets, i)) {
            connect_anew(channel, i, LINK_FRESH_REVOKED);
        }
    }
    channel->tick_due_ns = 0;
}

/* Keys: one that was refused is made anew, as it may be allowed by now. */
static void knock(struct link_channel *channel, size_t index, uint64_t now_ns)
{
    struct link_sockets *sockets = &channel->sockets;
    if (!link_sockets_may_be_refused(sockets, index)) {
        return;
    }
    switch (link_connection_knock(&channel->ends[index], now_ns)) {
    case LINK_KNOCK_AGAIN:
        link_keyring_log_refused(sockets->keyring, sockets->ends[index].data_endpoint,
            channel->options.role == LINK_INGEST ? LINK_PEER_INGEST : LINK_PEER_STORE);
        connect_anew(channel, index, LINK_FRESH_REFUSED);
        break;
    case LINK_KNOCK_LET_IN:
        link_sockets_reconnect_data(sockets, index);
        break;
    case LINK_KNOCK_NONE:
        break;
    }
}

static void step_end(struct link_channel *channel, size_t index, uint64_t now_ns)
{
    struct link_connection *end = &channel->ends[index];
    if (channel->sockets.ends[index].socket == NULL) {
        link_sockets_reopen(&channel->sockets, index, end->has_old_name);
    }
    if (channel->sockets.ends[index].lacks_data) {
        link_sockets_reconnect_data(&channel->sockets, index);
    }
    bool is_connected = link_sockets_is_connected(&channel->sockets, index);
    if (link_connection_look(end, is_connected, now_ns)) {
        drop_peers(channel, index);
    }
    knock(channel, index, now_ns);
    struct link_address to = link_sockets_address(index);
    switch (link_connection_step(end, now_ns)) {
    case LINK_STEP_HELLO:
        (void)send_hello(channel, &to, false, false);
        break;
    case LINK_STEP_SILENT:
        connect_anew(channel, index, LINK_FRESH_SILENT);
        break;
    case LINK_STEP_VERSION:
        connect_anew(channel, index, LINK_FRESH_VERSION);
        break;
    case LINK_STEP_NONE:
        break;
    }
}

void link_channel_tick(struct link_channel *channel, uint64_t now_ns)
{
    if (now_ns < channel->tick_due_ns) {
        return;
    }
    channel->tick_due_ns = now_ns + TICK_MS * NS_PER_MS;
    for (size_t i = 0; i < channel->sockets.end_count; i++) {
        step_end(channel, i, now_ns);
        uint64_t due_ns = link_connection_due_ns(&channel->ends[i]);
        if (due_ns < channel->tick_due_ns) {
            channel->tick_due_ns = due_ns;
        }
    }
    if (link_sockets_tend(&channel->sockets)) {
        channel->tick_due_ns = now_ns + BIND_MS * NS_PER_MS;
    }
    struct link_peer peer;
    uint64_t gone_ns = GONE_MS * NS_PER_MS;
    while (now_ns > gone_ns && link_peers_expire(&channel->peers, now_ns - gone_ns, &peer)) {
        log_gone(channel, &peer);
    }
    log_if_unmet(channel, now_ns);
}

uint64_t link_channel_due_ns(const struct link_channel *channel)
{
    return channel->tick_due_ns;
}
