/* SPDX-License-Identifier: BSD-3-Clause -- a full HTTP server ends who waits longest. */
#include "common/http_connections.h"

#include "common/clock.h"

#include <stdlib.h>
#include <sys/socket.h>

enum err http_connections_init(struct http_connections *connections, size_t limit)
{
    *connections =
        (struct http_connections){.limit = limit, .count = limit + HTTP_CONNECTIONS_SPARE};
    connections->entries = calloc(connections->count, sizeof *connections->entries);
    if (connections->entries == NULL) {
        return ERR_MEMORY;
    }
    if (pthread_mutex_init(&connections->lock, NULL) != 0) {
        free(connections->entries);
        connections->entries = NULL;
        return ERR_MEMORY;
    }
    return ERR_OK;
}

void http_connections_clear(struct http_connections *connections)
{
    if (connections->entries != NULL) {
        (void)pthread_mutex_destroy(&connections->lock);
        free(connections->entries);
        connections->entries = NULL;
    }
}

static bool is_open(const struct http_connection *entry)
{
    return entry->state != HTTP_CONNECTION_FREE && entry->state != HTTP_CONNECTION_ENDED;
}

static size_t count_open(const struct http_connections *connections)
{
    size_t open = 0;
    for (size_t i = 0; i < connections->count; i++) {
        open += is_open(&connections->entries[i]);
    }
    return open;
}

static size_t count_of_address(
    const struct http_connections *connections, const struct address *address)
{
    size_t open = 0;
    for (size_t i = 0; i < connections->count; i++) {
        const struct http_connection *entry = &connections->entries[i];
        open += is_open(entry) && address_equal(&entry->address, address);
    }
    return open;
}

static bool may_end(
    const struct http_connection *entry, enum http_connection_state state, uint64_t now_ns)
{
    return entry->state == state && (state == HTTP_CONNECTION_IDLE ||
                                        now_ns - entry->since_ns >= HTTP_REQUEST_MS * NS_PER_MS);
}

/* Finds the connection in this state that has waited longest, at the busiest address first. */
static struct http_connection *find_victim(
    struct http_connections *connections, enum http_connection_state state, uint64_t now_ns)
{
    struct http_connection *victim = NULL;
    size_t most = 0;
    for (size_t i = 0; i < connections->count; i++) {
        struct http_connection *entry = &connections->entries[i];
        if (!may_end(entry, state, now_ns)) {
            continue;
        }
        size_t share = count_of_address(connections, &entry->address);
        bool is_older = victim != NULL && share == most && entry->since_ns < victim->since_ns;
        if (victim == NULL || share > most || is_older) {
            victim = entry;
            most = share;
        }
    }
    return victim;
}

/* False: nobody may be ended. */
static bool make_way(struct http_connections *connections, uint64_t now_ns)
{
    if (count_open(connections) < connections->limit) {
        return true;
    }
    struct http_connection *victim = find_victim(connections, HTTP_CONNECTION_IDLE, now_ns);
    if (victim == NULL) {
        victim = find_victim(connections, HTTP_CONNECTION_READING, now_ns);
    }
    if (victim == NULL) {
        return false;
    }
    victim->state = HTTP_CONNECTION_ENDED;
    (void)shutdown(victim->fd, SHUT_RDWR);
    return true;
}

static struct http_connection *find_free(struct http_connections *connections)
{
    for (size_t i = 0; i < connections->count; i++) {
        if (connections->entries[i].state == HTTP_CONNECTION_FREE) {
            return &connections->entries[i];
        }
    }
    return NULL;
}

struct http_connection *http_connections_open(
    struct http_connections *connections, int fd, const struct address *address, uint64_t now_ns)
{
    (void)pthread_mutex_lock(&connections->lock);
    struct http_connection *entry = find_free(connections);
    if (entry != NULL && make_way(connections, now_ns)) {
        *entry = (struct http_connection){
            .state = HTTP_CONNECTION_IDLE, .fd = fd, .address = *address, .since_ns = now_ns};
    } else {
        entry = NULL;
        (void)shutdown(fd, SHUT_RDWR);
    }
    (void)pthread_mutex_unlock(&connections->lock);
    return entry;
}

void http_connections_enter(struct http_connections *connections, struct http_connection *entry,
    enum http_connection_state state, uint64_t now_ns)
{
    (void)pthread_mutex_lock(&connections->lock);
    if (entry != NULL && is_open(entry) && entry->state != state) {
        entry->state = state;
        entry->since_ns = now_ns;
    }
    (void)pthread_mutex_unlock(&connections->lock);
}

void http_connections_close(struct http_connections *connections, struct http_connection *entry)
{
    (void)pthread_mutex_lock(&connections->lock);
    if (entry != NULL) {
        entry->state = HTTP_CONNECTION_FREE;
    }
    (void)pthread_mutex_unlock(&connections->lock);
}
