/* SPDX-License-Identifier: BSD-3-Clause -- a full HTTP server ends who waits longest. */
#include "common/http_connections.h"

#include "common/clock.h"

#include <stdlib.h>
#include <sys/socket.h>

enum err http_connections_init(struct http_connections *connections, size_t limit, size_t share)
{
    *connections = (struct http_connections){
        .limit = limit, .share = share, .count = limit + HTTP_CONNECTIONS_SPARE};
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

static bool is_idle(const struct http_connection *entry)
{
    return entry->state == HTTP_CONNECTION_NEW || entry->state == HTTP_CONNECTION_IDLE;
}

/* Reserved ones have places of their own. */
static bool is_ordinary(const struct http_connection *entry)
{
    return is_open(entry) && !entry->is_reserved;
}

static size_t count_ordinary(const struct http_connections *connections)
{
    size_t open = 0;
    for (size_t i = 0; i < connections->count; i++) {
        open += is_ordinary(&connections->entries[i]);
    }
    return open;
}

static size_t count_of_address(
    const struct http_connections *connections, const struct address *address)
{
    size_t open = 0;
    for (size_t i = 0; i < connections->count; i++) {
        const struct http_connection *entry = &connections->entries[i];
        open += is_ordinary(entry) && address_equal(&entry->address, address);
    }
    return open;
}

static bool is_unfinished(const struct http_connection *entry, uint64_t now_ns)
{
    return (entry->state == HTTP_CONNECTION_HEADERS || entry->state == HTTP_CONNECTION_READING) &&
           now_ns - entry->since_ns >= HTTP_REQUEST_MS * NS_PER_MS;
}

/*
 * Finds the connection that has waited longest, at the busiest address first; `only` is the address
 * that it must have, or NULL.
 */
static struct http_connection *find_victim(
    struct http_connections *connections, const struct address *only, bool idle, uint64_t now_ns)
{
    struct http_connection *victim = NULL;
    size_t most = 0;
    for (size_t i = 0; i < connections->count; i++) {
        struct http_connection *entry = &connections->entries[i];
        bool may_end = idle ? is_idle(entry) : is_unfinished(entry, now_ns);
        bool is_other = only != NULL && !address_equal(&entry->address, only);
        if (!may_end || is_other || entry->is_reserved) {
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

static void end(struct http_connection *entry)
{
    entry->state = HTTP_CONNECTION_ENDED;
    (void)shutdown(entry->fd, SHUT_RDWR);
}

/* False: nobody may be ended. */
static bool make_way(
    struct http_connections *connections, const struct address *address, uint64_t now_ns)
{
    bool is_beyond_share = count_of_address(connections, address) >= connections->share;
    if (!is_beyond_share && count_ordinary(connections) < connections->limit) {
        return true;
    }
    const struct address *only = is_beyond_share ? address : NULL;
    struct http_connection *victim = find_victim(connections, only, true, now_ns);
    if (victim == NULL) {
        victim = find_victim(connections, only, false, now_ns);
    }
    if (victim == NULL) {
        return false;
    }
    end(victim);
    return true;
}

/* The same for the reserved places: the oldest that is not being answered. */
static bool make_way_reserved(struct http_connections *connections)
{
    struct http_connection *oldest = NULL;
    size_t open = 0;
    for (size_t i = 0; i < connections->count; i++) {
        struct http_connection *entry = &connections->entries[i];
        if (!entry->is_reserved || !is_open(entry)) {
            continue;
        }
        open++;
        bool is_older = oldest == NULL || entry->since_ns < oldest->since_ns;
        oldest = entry->state != HTTP_CONNECTION_SERVING && is_older ? entry : oldest;
    }
    if (open < HTTP_CONNECTIONS_RESERVED) {
        return true;
    }
    if (oldest == NULL) {
        return false;
    }
    end(oldest);
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
    bool is_ordinary_place = entry != NULL && make_way(connections, address, now_ns);
    if (is_ordinary_place || (entry != NULL && make_way_reserved(connections))) {
        *entry = (struct http_connection){.state = HTTP_CONNECTION_NEW,
            .is_reserved = !is_ordinary_place,
            .fd = fd,
            .address = *address,
            .since_ns = now_ns};
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
        entry->bytes = 0;
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

void http_connections_add_bytes(
    struct http_connections *connections, struct http_connection *entry, uint64_t bytes)
{
    (void)pthread_mutex_lock(&connections->lock);
    if (entry != NULL) {
        entry->bytes += bytes;
    }
    (void)pthread_mutex_unlock(&connections->lock);
}

/* 0: none. */
static uint64_t time_limit_ms(const struct http_connection *entry)
{
    switch (entry->state) {
    case HTTP_CONNECTION_NEW:
    case HTTP_CONNECTION_HEADERS:
        return HTTP_HEADERS_MS;
    case HTTP_CONNECTION_IDLE:
        return HTTP_IDLE_MS;
    case HTTP_CONNECTION_READING:
    case HTTP_CONNECTION_SENDING:
        return HTTP_TRANSFER_MS + entry->bytes * 1000 / HTTP_TRANSFER_BYTES_A_S;
    case HTTP_CONNECTION_FREE:
    case HTTP_CONNECTION_SERVING:
    case HTTP_CONNECTION_ENDED:
        break;
    }
    return 0;
}

void http_connections_expire(struct http_connections *connections, uint64_t now_ns)
{
    (void)pthread_mutex_lock(&connections->lock);
    for (size_t i = 0; i < connections->count; i++) {
        struct http_connection *entry = &connections->entries[i];
        uint64_t limit_ms = time_limit_ms(entry);
        if (limit_ms != 0 && now_ns - entry->since_ns >= limit_ms * NS_PER_MS) {
            end(entry);
        }
    }
    (void)pthread_mutex_unlock(&connections->lock);
}
