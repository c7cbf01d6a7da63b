/* SPDX-License-Identifier: BSD-3-Clause -- the commands of goflow-keys. */
#include "tools/keys/keys_command.h"

#include "common/link_keys.h"
#include "tools/keys/key_folder.h"

#include <czmq.h>
#include <stdio.h>
#include <string.h>

#define USAGE                                                                                      \
    "  goflow-keys make FOLDER [NAME]              make a key pair; NAME is this host's name\n"    \
    "  goflow-keys allow FOLDER KIND NAME KEY      let a peer in; KIND: ingest, store or tap;\n"   \
    "                                              KEY: its public key, or its own.key\n"          \
    "  goflow-keys refuse FOLDER KIND NAME         let a peer in no longer\n"                      \
    "  goflow-keys list FOLDER                     print the own key and the allowed ones\n"

const struct option_program KEYS_PROGRAM = {
    .name = "goflow-keys",
    .summary = "makes CURVE keys for the link and lets peers in",
    .usage = USAGE "\n",
};

static enum err usage(void)
{
    (void)fputs("usage:\n" USAGE, stderr);
    return ERR_INVALID;
}

static const char *host_name(void)
{
    static char name[LINK_KEY_NAME_SIZE];
    if (gethostname(name, sizeof name - 1) != 0 || !link_key_is_name(name, strlen(name))) {
        return "goflow";
    }
    return name;
}

static enum err make(const struct option_list *words)
{
    if (words->count != 2 && words->count != 3) {
        return usage();
    }
    const char *folder = words->values[1];
    const char *name = words->count == 3 ? words->values[2] : host_name();
    enum err err = key_folder_make(folder, name);
    struct link_keys *keys = NULL;
    if (err == ERR_OK) {
        err = link_keys_read(&keys, folder);
    }
    if (err == ERR_OK) {
        (void)printf("%s\n", link_keys_public_text(keys));
        (void)fprintf(stderr,
            "goflow-keys: pair made in %s. On each peer's host, let this one in:\n"
            "  goflow-keys allow FOLDER KIND %s '%s'\n"
            "with KIND ingest, store or tap, whichever runs here.\n",
            folder, name, link_keys_public_text(keys));
    }
    link_keys_destroy(&keys);
    return err;
}

static enum err allow(const struct option_list *words)
{
    enum link_peer_kind kind;
    if (words->count != 5 || !link_peer_kind_parse(&kind, words->values[2])) {
        return usage();
    }
    return key_folder_allow(words->values[1], kind, words->values[3], words->values[4]);
}

static enum err refuse(const struct option_list *words)
{
    enum link_peer_kind kind;
    if (words->count != 4 || !link_peer_kind_parse(&kind, words->values[2])) {
        return usage();
    }
    enum err err = key_folder_refuse(words->values[1], kind, words->values[3]);
    if (err == ERR_NOT_FOUND) {
        (void)fprintf(stderr, "goflow-keys: no %s of the name %s is allowed in %s\n",
            words->values[2], words->values[3], words->values[1]);
    }
    return err;
}

static void print_allowed(const struct link_keys *keys, enum link_peer_kind kind)
{
    for (size_t i = 0; i < link_keys_count(keys, kind); i++) {
        const struct link_key *key = link_keys_at(keys, kind, i);
        char text[LINK_KEY_TEXT_SIZE];
        (void)zmq_z85_encode(text, key->public_key, LINK_KEY_SIZE);
        (void)printf("%-7s %s %s\n", link_peer_kind_name(kind), text, key->name);
    }
}

static enum err list(const struct option_list *words)
{
    struct link_keys *keys;
    if (words->count != 2) {
        return usage();
    }
    enum err err = link_keys_read(&keys, words->values[1]);
    if (err != ERR_OK) {
        return err;
    }
    (void)printf("%-7s %s\n", "own", link_keys_public_text(keys));
    for (size_t i = 0; i < LINK_PEER_KIND_COUNT; i++) {
        print_allowed(keys, (enum link_peer_kind)i);
    }
    link_keys_destroy(&keys);
    return ERR_OK;
}

enum err keys_command_run(const struct option_list *words)
{
    static const struct {
        const char *name;
        enum err (*run)(const struct option_list *words);
    } COMMANDS[] = {{"make", make}, {"allow", allow}, {"refuse", refuse}, {"list", list}};
    for (size_t i = 0; words->count > 0 && i < sizeof COMMANDS / sizeof COMMANDS[0]; i++) {
        if (strcmp(words->values[0], COMMANDS[i].name) == 0) {
            return COMMANDS[i].run(words);
        }
    }
    return usage();
}
