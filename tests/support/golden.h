/*
 * golden.h -- the project's own packets: tests/golden/NAME.hex, and NAME.json with their flows.
 *
 * A .hex file has the bytes of one or more datagrams in hexadecimal; `#` begins a comment, an empty
 * line ends a datagram. The .json file has one flow a line, as the console prints them.
 */
#pragma once

#include "tests/support/packet_builder.h"

enum {
    GOLDEN_NAMES = 64,
    GOLDEN_NAME_SIZE = 256,
    GOLDEN_DATAGRAMS = 8
};

struct golden_list {
    size_t count;
    char names[GOLDEN_NAMES][GOLDEN_NAME_SIZE];
};

struct golden {
    size_t count;
    struct packet datagrams[GOLDEN_DATAGRAMS];
    char *json; /* owned */
};

/* Every NAME, in order. */
void golden_find(struct golden_list *list);

/* Aborts on what it cannot read: the files are the test's own. */
void golden_load(struct golden *golden, const char *name);
void golden_clear(struct golden *golden);
