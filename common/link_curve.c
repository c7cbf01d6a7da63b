/* SPDX-License-Identifier: BSD-3-Clause -- CURVE options of the link's sockets. */
#include "common/link_curve.h"

#include "common/log.h"

#include <string.h>

#define COMPONENT "link"

static bool set(void *handle, int option, const void *value, size_t size)
{
    return zmq_setsockopt(handle, option, value, size) == 0;
}

static bool set_own_pair(void *handle, const struct link_keys *keys)
{
    return set(handle, ZMQ_CURVE_PUBLICKEY, link_keys_public_text(keys), LINK_KEY_TEXT_SIZE) &&
           set(handle, ZMQ_CURVE_SECRETKEY, link_keys_secret_text(keys), LINK_KEY_TEXT_SIZE);
}

static enum err cannot_set(void)
{
    log_error(COMPONENT, "CURVE cannot be used", "error=\"%s\"", zmq_strerror(zmq_errno()));
    return ERR_UNSUPPORTED;
}

enum err link_curve_accept(zsock_t *socket, const struct link_keys *keys, enum link_peer_kind kind)
{
    void *handle = zsock_resolve(socket);
    const char *domain = link_peer_kind_name(kind);
    int is_server = 1;
    bool is_set = set(handle, ZMQ_CURVE_SERVER, &is_server, sizeof is_server) &&
                  set_own_pair(handle, keys) && set(handle, ZMQ_ZAP_DOMAIN, domain, strlen(domain));
    return is_set ? ERR_OK : cannot_set();
}

static enum err no_server_key(
    const struct link_keys *keys, enum link_peer_kind kind, const char *endpoint, const char *name)
{
    const char *word = link_peer_kind_name(kind);
    if (name != NULL) {
        log_error(COMPONENT, "no allowed peer has the name behind '#'",
            "endpoint=%s mend=\"goflow-keys allow %s %s %s KEY\"", endpoint, link_keys_folder(keys),
            word, name);
    } else {
        log_error(COMPONENT, "whose key is it? allow one peer, or write #NAME behind the endpoint",
            "endpoint=%s allowed=%zu mend=\"goflow-keys allow %s %s NAME KEY\"", endpoint,
            link_keys_count(keys, kind), link_keys_folder(keys), word);
    }
    return ERR_INVALID;
}

enum err link_curve_connect(
    zsock_t *socket, const struct link_keys *keys, enum link_peer_kind kind, const char *endpoint)
{
    char plain[LINK_PLAIN_SIZE];
    const char *name = link_endpoint_split(endpoint, plain);
    const struct link_key *server = link_keys_named(keys, kind, name);
    if (server == NULL) {
        return no_server_key(keys, kind, endpoint, name);
    }
    void *handle = zsock_resolve(socket);
    bool is_set = set_own_pair(handle, keys) &&
                  set(handle, ZMQ_CURVE_SERVERKEY, server->public_key, LINK_KEY_SIZE);
    return is_set ? ERR_OK : cannot_set();
}

const char *link_endpoint_split(const char *endpoint, char plain[LINK_PLAIN_SIZE])
{
    const char *mark = strrchr(endpoint, '#');
    size_t size = mark != NULL ? (size_t)(mark - endpoint) : strlen(endpoint);
    (void)snprintf(plain, LINK_PLAIN_SIZE, "%.*s", (int)size, endpoint);
    return mark != NULL ? mark + 1 : NULL;
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool link_endpoint_is_file(const char *endpoint)
{
    return has_prefix(endpoint, "ipc://") || has_prefix(endpoint, "inproc://");
}

bool link_endpoint_is_local(const char *endpoint)
{
    if (!has_prefix(endpoint, "tcp://")) {
        return link_endpoint_is_file(endpoint);
    }
    const char *host = endpoint + strlen("tcp://");
    /* A name may begin with 127, and "SOURCE;HOST:PORT" with an address of this host. */
    bool is_address = has_prefix(host, "127.") && host[strspn(host, "0123456789.")] == ':';
    bool is_here = is_address || has_prefix(host, "[::1]:") || has_prefix(host, "localhost:");
    return is_here && strchr(host, ';') == NULL;
}
