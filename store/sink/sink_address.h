/*
 * sink_address.h -- -ch.addr: where a ClickHouse server is.
 *
 * "unix:/path" is a Unix socket, as -ch.serve.socket makes.
 * "host", "host:port", "[::1]:port", "http://host:port", "https://host": become a base URL without
 * a trailing slash. User names and passwords in a URL are refused: they would show up in logs.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SINK_ADDRESS_SIZE = 512
};

/* True for the word that means no server at all but the engine in this process. */
bool sink_address_is_embedded(const char *address);

/* Writes the base URL, `port` where the address has none. ERR_INVALID. */
MUST_CHECK enum err sink_address_url(
    const char *address, uint16_t port, char url[SINK_ADDRESS_SIZE]);
