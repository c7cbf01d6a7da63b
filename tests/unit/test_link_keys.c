/* SPDX-License-Identifier: BSD-3-Clause -- a keys folder is read whole, and refused when unsafe. */
#include "tools/keys/key_folder.h"

#include <assert.h>
#include <criterion/criterion.h>
#include <czmq.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOME_KEY "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7" /* of ZeroMQ RFC 26 */

static char top[] = "/tmp/test_link_keys.XXXXXX";
static char folder[64];

static void make_top(void)
{
    zsys_handler_set(NULL);
    cr_assert_not_null(mkdtemp(top));
    (void)snprintf(folder, sizeof folder, "%s/keys", top);
}

static void remove_top(void)
{
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", top);
    assert(system(command) == 0);
}

TestSuite(link_keys, .init = make_top, .fini = remove_top);

static struct link_keys *read_keys(void)
{
    struct link_keys *keys;
    cr_assert_eq(link_keys_read(&keys, folder), ERR_OK);
    return keys;
}

static void path_of(char path[128], const char *name)
{
    (void)snprintf(path, 128, "%s/%s", folder, name);
}

Test(link_keys, folder_without_a_pair_is_refused)
{
    struct link_keys *keys;
    cr_assert_eq(link_keys_read(&keys, folder), ERR_INVALID);
    cr_assert_null(keys);
}

Test(link_keys, secret_that_others_may_read_is_refused)
{
    cr_assert_eq(key_folder_make(folder, "edge1"), ERR_OK);
    char path[128];
    path_of(path, "own.key_secret");
    struct stat found;
    cr_assert_eq(stat(path, &found), 0);
    cr_assert_eq(found.st_mode & 0777, 0600);
    cr_assert_eq(chmod(path, 0640), 0);
    struct link_keys *keys;
    cr_assert_eq(link_keys_read(&keys, folder), ERR_INVALID);
}

Test(link_keys, damaged_key_of_a_peer_is_refused)
{
    cr_assert_eq(key_folder_make(folder, "edge1"), ERR_OK);
    char path[128];
    path_of(path, "stores/s1.key");
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    (void)fputs("not a certificate\n", file);
    (void)fclose(file);
    struct link_keys *keys;
    cr_assert_eq(link_keys_read(&keys, folder), ERR_INVALID);
}

Test(link_keys, pair_is_not_overwritten)
{
    cr_assert_eq(key_folder_make(folder, "edge1"), ERR_OK);
    cr_assert_eq(key_folder_make(folder, "edge1"), ERR_IN_USE);
}

Test(link_keys, names_that_leave_the_folder_are_refused)
{
    cr_assert_eq(key_folder_make(folder, "edge1"), ERR_OK);
    cr_assert_eq(key_folder_allow(folder, LINK_PEER_STORE, "../s1", SOME_KEY), ERR_INVALID);
    cr_assert_eq(key_folder_allow(folder, LINK_PEER_STORE, ".s1", SOME_KEY), ERR_INVALID);
    cr_assert_eq(key_folder_allow(folder, LINK_PEER_STORE, "", SOME_KEY), ERR_INVALID);
}

Test(link_keys, text_that_is_not_a_key_is_refused)
{
    cr_assert_eq(key_folder_make(folder, "edge1"), ERR_OK);
    cr_assert_eq(key_folder_allow(folder, LINK_PEER_STORE, "s1", "short"), ERR_INVALID);
    cr_assert_eq(key_folder_allow(folder, LINK_PEER_STORE, "s1", ""), ERR_INVALID);
}

Test(link_keys, peer_is_found_by_key_and_kind)
{
    cr_assert_eq(key_folder_make(folder, "edge1"), ERR_OK);
    cr_assert_eq(key_folder_allow(folder, LINK_PEER_STORE, "s1", SOME_KEY), ERR_OK);
    struct link_keys *keys = read_keys();
    uint8_t key[LINK_KEY_SIZE];
    cr_assert_not_null(zmq_z85_decode(key, SOME_KEY));
    const struct link_key *found = link_keys_find(keys, LINK_PEER_STORE, key);
    cr_assert_not_null(found);
    cr_assert_str_eq(found->name, "s1");
    cr_assert_null(link_keys_find(keys, LINK_PEER_INGEST, key), "a store is no ingest");
    key[31] ^= 1;
    cr_assert_null(link_keys_find(keys, LINK_PEER_STORE, key));
    link_keys_destroy(&keys);
}

Test(link_keys, only_peer_needs_no_name)
{
    cr_assert_eq(key_folder_make(folder, "store1"), ERR_OK);
    cr_assert_eq(key_folder_allow(folder, LINK_PEER_INGEST, "edge1", SOME_KEY), ERR_OK);
    struct link_keys *keys = read_keys();
    cr_assert_str_eq(link_keys_named(keys, LINK_PEER_INGEST, NULL)->name, "edge1");
    cr_assert_null(link_keys_named(keys, LINK_PEER_STORE, NULL));
    link_keys_destroy(&keys);

    char own[128];
    path_of(own, "own.key");
    cr_assert_eq(key_folder_allow(folder, LINK_PEER_INGEST, "edge2", own), ERR_OK);
    keys = read_keys();
    cr_assert_null(link_keys_named(keys, LINK_PEER_INGEST, NULL), "two: a name has to say which");
    cr_assert_str_eq(link_keys_named(keys, LINK_PEER_INGEST, "edge2")->name, "edge2");
    link_keys_destroy(&keys);
}

Test(link_keys, only_a_key_that_is_gone_is_a_revocation)
{
    cr_assert_eq(key_folder_make(folder, "edge1"), ERR_OK);
    cr_assert_eq(key_folder_allow(folder, LINK_PEER_STORE, "s1", SOME_KEY), ERR_OK);
    struct link_keys *before = read_keys();
    char own[128];
    path_of(own, "own.key");
    cr_assert_eq(key_folder_allow(folder, LINK_PEER_STORE, "s2", own), ERR_OK);
    struct link_keys *more = read_keys();
    cr_assert_not(link_keys_revoke(before, more));
    cr_assert(link_keys_revoke(more, before));
    cr_assert_eq(key_folder_refuse(folder, LINK_PEER_STORE, "s1"), ERR_OK);
    cr_assert_eq(key_folder_refuse(folder, LINK_PEER_STORE, "s1"), ERR_NOT_FOUND);
    struct link_keys *less = read_keys();
    cr_assert(link_keys_revoke(more, less));
    link_keys_destroy(&before);
    link_keys_destroy(&more);
    link_keys_destroy(&less);
}
