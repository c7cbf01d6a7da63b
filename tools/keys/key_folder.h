/*
 * key_folder.h -- a keys folder made and filled; common/link_keys.h describes and reads it.
 *
 * Any thread. Every failure is logged here.
 */
#pragma once

#include "common/link_keys.h"

/* Makes the folder with a pair of its own. ERR_IN_USE: there is one already. */
MUST_CHECK enum err key_folder_make(const char *folder, const char *name);
/* Lets a peer in: `key` is its public key in Z85, or the path of its own.key. */
MUST_CHECK enum err key_folder_allow(
    const char *folder, enum link_peer_kind kind, const char *name, const char *key);
/* Lets it in no longer. ERR_NOT_FOUND: it was not allowed. */
MUST_CHECK enum err key_folder_refuse(
    const char *folder, enum link_peer_kind kind, const char *name);
