/*
 * link_keys.h -- the CURVE keys of one program, and the peers that it lets in.
 *
 * All of it is in one folder, which goflow-keys makes and fills:
 *
 *   own.key, own.key_secret   this program's pair, as CZMQ certificates (zcert(3))
 *   ingests/NAME.key          public keys of peers, by what they are allowed to be
 *   stores/NAME.key
 *   taps/NAME.key
 *
 * A value that never changes: whoever reads the folder again makes a new one, which may change
 * hands in a message. Any thread; failures are logged here.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LINK_KEY_SIZE = 32,      /* octets of a public key */
    LINK_KEY_TEXT_SIZE = 41, /* the same in Z85 (ZeroMQ RFC 32), with its end */
    LINK_KEY_NAME_SIZE = 64,
    LINK_KEYS_MAX = 4096 /* allowed peers of one kind */
};

/* The kinds of peer; the allowed keys of each kind have a folder of their own. */
enum link_peer_kind {
    LINK_PEER_INGEST,
    LINK_PEER_STORE,
    LINK_PEER_TAP,
    LINK_PEER_KIND_COUNT
};

/* "ingest", "store", "tap". */
const char *link_peer_kind_name(enum link_peer_kind kind);
/* "ingests", "stores", "taps". */
const char *link_peer_kind_folder(enum link_peer_kind kind);
/* False: the name does not belong to a kind. */
bool link_peer_kind_parse(enum link_peer_kind *kind_p, const char *name);

/* True: `size` characters that may name a key: letters, digits, '.', '_' and '-', no '.' first. */
bool link_key_is_name(const char *text, size_t size);

struct link_key {
    char name[LINK_KEY_NAME_SIZE];
    uint8_t public_key[LINK_KEY_SIZE];
};

struct link_keys;

/*
 * Reads the whole folder. ERR_INVALID after one log line: a file or the own pair is missing,
 * damaged or, for the secret key, readable by others.
 */
MUST_CHECK enum err link_keys_read(struct link_keys **keys_p, const char *folder);
/* Another one with the same content, for another thread. */
MUST_CHECK enum err link_keys_copy(struct link_keys **copy_p, const struct link_keys *keys);
void link_keys_destroy(struct link_keys **keys_p);

/* Z85, lent. The secret one goes to a socket's option and nowhere else. */
const char *link_keys_public_text(const struct link_keys *keys);
const char *link_keys_secret_text(const struct link_keys *keys);
/* The folder as it was given. */
const char *link_keys_folder(const struct link_keys *keys);

size_t link_keys_count(const struct link_keys *keys, enum link_peer_kind kind);
/* By name, from 0 on. Lent. */
const struct link_key *link_keys_at(
    const struct link_keys *keys, enum link_peer_kind kind, size_t index);
/* The allowed peer with this public key; NULL: not allowed. Lent. */
const struct link_key *link_keys_find(const struct link_keys *keys, enum link_peer_kind kind,
    const uint8_t public_key[LINK_KEY_SIZE]);
/* The allowed peer of this name; without a name the only one there is. NULL: none, or several. */
const struct link_key *link_keys_named(
    const struct link_keys *keys, enum link_peer_kind kind, const char *name);

/* True: someone was allowed before and is not any longer, so connections have to be made anew. */
bool link_keys_revoke(const struct link_keys *before, const struct link_keys *after);
