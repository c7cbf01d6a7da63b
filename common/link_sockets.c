/* SPDX-License-Identifier: BSD-3-Clause -- the sockets of the return channel. */
#include "common/link_sockets.h"

#include "common/link_keyring.h"
#include "common/log.h"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static enum err watch_socket(struct link_sockets *sockets, zsock_t *socket)
{
    struct epoll_event event = {.events = EPOLLIN};
    bool is_added = epoll_ctl(sockets->epoll_fd, EPOLL_CTL_ADD, zsock_fd(socket), &event) == 0;
    return is_added ? ERR_OK : ERR_MEMORY;
}

static enum err watch_data(struct link_sockets *sockets, zsock_t *socket)
{
    struct epoll_event event = {.events = EPOLLIN};
    int failed = epoll_ctl(sockets->data_epoll_fd, EPOLL_CTL_ADD, zsock_fd(socket), &event);
    return failed == 0 ? ERR_OK : ERR_MEMORY;
}

static void close_end(struct link_sockets *sockets, struct link_end *end)
{
    if (end->socket != NULL) {
        (void)epoll_ctl(sockets->epoll_fd, EPOLL_CTL_DEL, zsock_fd(end->socket), NULL);
        zsock_destroy(&end->socket);
    }
}

static void set_old_name(const struct link_sockets *sockets, zsock_t *socket)
{
    uint8_t name[LINK_OLD_NAME_SIZE];
    link_old_name(sockets->old_name, name);
    (void)zmq_setsockopt(zsock_resolve(socket), ZMQ_ROUTING_ID, name, sizeof name);
}

static enum err open_end(struct link_sockets *sockets, struct link_end *end, bool has_old_name)
{
    end->socket = link_return_socket(ZMQ_DEALER);
    if (end->socket == NULL) {
        return ERR_MEMORY;
    }
    if (has_old_name) {
        set_old_name(sockets, end->socket);
    }
    char plain[LINK_PLAIN_SIZE];
    enum err err = watch_socket(sockets, end->socket);
    if (err == ERR_OK) {
        err = link_keyring_connect(
            sockets->keyring, end->socket, sockets->peer, end->data_endpoint, plain);
    }
    if (err == ERR_OK) {
        const struct link_place place = {"-zmq.connect", end->data_endpoint, end->endpoint};
        err = link_connect(end->socket, &place);
    }
    if (err != ERR_OK) {
        close_end(sockets, end);
    }
    return err;
}

static enum err open_router(struct link_sockets *sockets)
{
    sockets->router = link_return_socket(ZMQ_ROUTER);
    if (sockets->router == NULL) {
        return ERR_MEMORY;
    }
    if (sockets->old_name != 0) {
        set_old_name(sockets, sockets->router);
    }
    /* An empty message begins each connection, so that the other side notices that it is new. */
    zsock_set_probe_router(sockets->router, 1);
    zsock_set_router_mandatory(sockets->router, 1);
    /* A peer that says no Hello may come back while its last connection is still half open. */
    zsock_set_router_handover(sockets->router, 1);
    return watch_socket(sockets, sockets->router);
}

static enum err return_endpoint(const char *data_endpoint, char out[LINK_ENDPOINT_SIZE])
{
    enum err err = link_ack_endpoint(data_endpoint, out);
    if (err != ERR_OK) {
        log_error("link", "not an endpoint",
            "endpoint=%s mend=\"give tcp://HOST:PORT (port 1 to 65534) or ipc://PATH\"",
            data_endpoint);
    }
    return err;
}

static struct link_listener *add_listener(
    struct link_sockets *sockets, zsock_t *socket, const char *given)
{
    struct link_listener *listener = &sockets->listeners[sockets->listener_count++];
    *listener = (struct link_listener){
        .socket = socket, .keyring = sockets->keyring, .peer = sockets->peer, .given = given};
    return listener;
}

static enum err limit_both(struct link_sockets *sockets)
{
    struct counter *ended = sockets->crowded_out;
    enum err err =
        link_limit_new(&sockets->router_limit, sockets->router, &ended[LINK_LIMIT_RETURN]);
    return err == ERR_OK
               ? link_limit_new(&sockets->data_limit, sockets->data, &ended[LINK_LIMIT_DATA])
               : err;
}

/* The return channel first: a batch should find it open. */
static enum err bind_all(struct link_sockets *sockets, const struct option_list *bind)
{
    enum err err = bind->count > 0 ? open_router(sockets) : ERR_OK;
    if (err == ERR_OK && bind->count > 0) {
        err = limit_both(sockets);
    }
    for (size_t i = 0; i < bind->count && err == ERR_OK; i++) {
        struct link_listener *channel = add_listener(sockets, sockets->router, bind->values[i]);
        err = return_endpoint(bind->values[i], channel->endpoint);
        if (err == ERR_OK) {
            err = link_listener_open(channel);
        }
        if (err == ERR_OK) {
            struct link_listener *data = add_listener(sockets, sockets->data, bind->values[i]);
            (void)snprintf(data->endpoint, LINK_ENDPOINT_SIZE, "%s", bind->values[i]);
            err = link_listener_open(data);
        }
    }
    return err;
}

static zsock_t *data_of(const struct link_sockets *sockets, const struct link_end *end)
{
    return end->data != NULL ? end->data : sockets->data;
}

static enum err connect_data(struct link_sockets *sockets, const struct link_end *end)
{
    char plain[LINK_PLAIN_SIZE];
    zsock_t *data = data_of(sockets, end);
    enum err err =
        link_keyring_connect(sockets->keyring, data, sockets->peer, end->data_endpoint, plain);
    const struct link_place place = {"-zmq.connect", end->data_endpoint, plain};
    return err == ERR_OK ? link_connect(data, &place) : err;
}

static enum err open_data(struct link_sockets *sockets, struct link_end *end)
{
    if (sockets->data_epoll_fd < 0) {
        return ERR_OK;
    }
    end->data = link_data_socket(ZMQ_PULL);
    return end->data != NULL ? watch_data(sockets, end->data) : ERR_MEMORY;
}

static enum err connect_all(struct link_sockets *sockets, const struct option_list *connect)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < connect->count && err == ERR_OK; i++) {
        struct link_end *end = &sockets->ends[sockets->end_count++];
        end->data_endpoint = connect->values[i];
        char plain[LINK_PLAIN_SIZE];
        (void)link_endpoint_split(end->data_endpoint, plain);
        err = return_endpoint(plain, end->endpoint);
        if (err == ERR_OK) {
            err = open_end(sockets, end, false);
        }
        if (err == ERR_OK) {
            err = open_data(sockets, end);
        }
        if (err == ERR_OK) {
            err = connect_data(sockets, end);
        }
    }
    return err;
}

static enum err open_epoll(struct link_sockets *sockets)
{
    sockets->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    bool has_batches = zsock_type(sockets->data) == ZMQ_PULL;
    sockets->data_epoll_fd = has_batches ? epoll_create1(EPOLL_CLOEXEC) : -1;
    if (sockets->epoll_fd < 0 || (has_batches && sockets->data_epoll_fd < 0)) {
        return ERR_IO;
    }
    return has_batches ? watch_data(sockets, sockets->data) : ERR_OK;
}

enum err link_sockets_open(struct link_sockets *sockets, const struct link_endpoints *endpoints,
    zsock_t *data, uint64_t old_name, struct counter *crowded_out)
{
    *sockets = (struct link_sockets){.keyring = endpoints->keyring,
        .peer = endpoints->peer,
        .old_name = old_name,
        .data = data,
        .crowded_out = crowded_out};
    enum err err = open_epoll(sockets);
    if (err == ERR_OK) {
        err = bind_all(sockets, &endpoints->bind);
    }
    return err != ERR_OK ? err : connect_all(sockets, &endpoints->connect);
}

static void close_descriptor(int *descriptor)
{
    if (*descriptor >= 0) {
        (void)close(*descriptor);
        *descriptor = -1;
    }
}

void link_sockets_close(struct link_sockets *sockets)
{
    for (size_t i = 0; i < sockets->end_count; i++) {
        close_end(sockets, &sockets->ends[i]);
        zsock_destroy(&sockets->ends[i].data);
    }
    link_limit_destroy(&sockets->data_limit);
    link_limit_destroy(&sockets->router_limit);
    zsock_destroy(&sockets->router);
    close_descriptor(&sockets->epoll_fd);
    close_descriptor(&sockets->data_epoll_fd);
}

void link_sockets_reopen(struct link_sockets *sockets, size_t index, bool has_old_name)
{
    struct link_end *end = &sockets->ends[index];
    close_end(sockets, end);
    if (open_end(sockets, end, has_old_name) != ERR_OK) {
        end->socket = NULL;
    }
}

void link_sockets_reconnect_data(struct link_sockets *sockets, size_t index)
{
    struct link_end *end = &sockets->ends[index];
    char plain[LINK_PLAIN_SIZE];
    (void)link_endpoint_split(end->data_endpoint, plain);
    (void)zmq_disconnect(zsock_resolve(data_of(sockets, end)), plain);
    end->lacks_data = connect_data(sockets, end) != ERR_OK;
}

void link_sockets_renew(struct link_sockets *sockets)
{
    for (size_t i = 0; i < sockets->listener_count; i++) {
        if (link_keyring_covers(sockets->keyring, sockets->listeners[i].endpoint)) {
            link_listener_renew(&sockets->listeners[i], 0);
        }
    }
}

bool link_sockets_tend(struct link_sockets *sockets)
{
    bool is_unbound = false;
    for (size_t i = 0; i < sockets->listener_count; i++) {
        link_listener_tend(&sockets->listeners[i]);
        is_unbound = is_unbound || sockets->listeners[i].is_unbound;
    }
    return is_unbound;
}

bool link_sockets_may_be_refused(const struct link_sockets *sockets, size_t index)
{
    return link_keyring_covers(sockets->keyring, sockets->ends[index].data_endpoint);
}

bool link_sockets_is_connected(const struct link_sockets *sockets, size_t index)
{
    zsock_t *socket = sockets->ends[index].socket;
    return socket != NULL && (zsock_events(socket) & ZMQ_POLLOUT) != 0;
}

struct link_address link_sockets_address(size_t index)
{
    return (struct link_address){.size = 1, .bytes = {(uint8_t)(index + 1)}};
}

size_t link_sockets_index(const struct link_sockets *sockets, const struct link_address *address)
{
    uint8_t number = address->bytes[0];
    return number != LINK_ACCEPTED && number <= sockets->end_count ? number - 1U : SIZE_MAX;
}

static bool send_frame(zsock_t *socket, const void *bytes, size_t size, int flags)
{
    return socket != NULL &&
           zmq_send(zsock_resolve(socket), bytes, size, flags | ZMQ_DONTWAIT) >= 0;
}

bool link_sockets_send(
    struct link_sockets *sockets, const struct link_address *to, const uint8_t *bytes, size_t size)
{
    size_t index = link_sockets_index(sockets, to);
    if (index != SIZE_MAX) {
        return send_frame(sockets->ends[index].socket, bytes, size, 0);
    }
    return send_frame(sockets->router, to->bytes + 1, to->size - 1U, ZMQ_SNDMORE) &&
           send_frame(sockets->router, bytes, size, 0);
}

/* Takes the routing id from the message. One that is too long is none of ours: not answered. */
static struct link_address pop_address(zmsg_t *message)
{
    struct link_address address = {.size = 1, .bytes = {LINK_ACCEPTED}};
    zframe_t *routing_id = zmsg_pop(message);
    size_t size = zframe_size(routing_id);
    if (size < LINK_ADDRESS_MAX) {
        memcpy(address.bytes + 1, zframe_data(routing_id), size);
        address.size = (uint8_t)(size + 1);
    }
    zframe_destroy(&routing_id);
    return address;
}

/*
 * Of an accepted connection libzmq notes the name that the ZAP handler gave with each message; a
 * connection that was made is the named peer's, or there is none.
 */
static void note_speaker(const struct link_sockets *sockets, char speaker[LINK_KEY_NAME_SIZE],
    const char *user, size_t index)
{
    const char *name = user;
    if (index != SIZE_MAX) {
        name = link_keyring_peer_name(
            sockets->keyring, sockets->peer, sockets->ends[index].data_endpoint);
    }
    (void)snprintf(speaker, LINK_KEY_NAME_SIZE, "%s", name != NULL ? name : "");
}

static zmsg_t *receive_from(struct link_sockets *sockets, size_t turn, struct link_address *from_p)
{
    zsock_t *socket = turn == 0 ? sockets->router : sockets->ends[turn - 1].socket;
    zmsg_t *message = socket != NULL ? zmsg_recv_nowait(socket) : NULL;
    if (message != NULL) {
        *from_p = turn == 0 ? pop_address(message) : link_sockets_address(turn - 1);
    }
    return message;
}

zmsg_t *link_sockets_receive(struct link_sockets *sockets)
{
    size_t count = sockets->end_count + 1;
    zmsg_t *message = NULL;
    struct link_address from = {0};
    for (size_t i = 0; i < count && message == NULL; i++) {
        message = receive_from(sockets, sockets->turn, &from);
        sockets->turn = (sockets->turn + 1) % count;
    }
    if (message != NULL) {
        zframe_t *first = zmsg_first(message);
        note_speaker(sockets, sockets->speaker,
            first != NULL ? zframe_meta(first, "User-Id") : NULL,
            link_sockets_index(sockets, &from));
        (void)zmsg_pushmem(message, from.bytes, from.size);
    }
    return message;
}

zsock_t *link_sockets_receive_data(struct link_sockets *sockets, zmq_msg_t *first)
{
    size_t count = sockets->end_count + 1;
    for (size_t i = 0; i < count; i++) {
        size_t turn = sockets->data_turn;
        zsock_t *socket = turn == 0 ? sockets->data : sockets->ends[turn - 1].data;
        sockets->data_turn = (turn + 1) % count;
        if (zmq_msg_recv(first, zsock_resolve(socket), ZMQ_DONTWAIT) >= 0) {
            note_speaker(sockets, sockets->data_speaker, zmq_msg_gets(first, "User-Id"),
                turn == 0 ? SIZE_MAX : turn - 1);
            return socket;
        }
    }
    return NULL;
}
