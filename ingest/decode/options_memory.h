/*
 * options_memory.h -- what an exporter told of itself in options data: the last value of each
 * thing.
 *
 * Exporters repeat their options every few minutes, so this also says which value is news. Bounded
 * for each exporter, in bytes for all of a decoder, and in probes; a value that finds no room is
 * news whenever it comes. The decoder's thread owns it.
 */
#pragma once

#include "common/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One value and what it is about. */
struct option_fact {
    const char *scope; /* lent for ever: "interface", "system" ... */
    const char *name;  /* lent for ever: IANA's name of the element */
    const char *text;  /* borrowed; not zero-terminated */
    size_t size;
    uint64_t scope_id;
    uint32_t stream; /* whose option it is (stream.h) */
    uint32_t domain; /* of the stream */
    bool has_scope_id;
};

struct option_entry {
    uint64_t key; /* hash of what it is about; 0: unused */
    char *text;   /* owned */
    const char *scope;
    const char *name;
    uint64_t scope_id;
    uint32_t stream;
    uint32_t given_s; /* when it was news */
    uint16_t size;    /* of the text, and its room: texts of records are short */
    uint16_t text_room;
    bool has_scope_id;
};

/* Bytes held by the memories of all exporters of a decoder. */
struct options_budget {
    uint64_t bytes;
};

struct options_memory {
    struct options_budget *budget; /* borrowed */
    struct option_entry *entries;  /* open addressing; NULL while empty */
    struct hash_seed seed;         /* set while there are entries */
    uint32_t room;                 /* a power of two */
    uint32_t used;
};

void options_memory_init(struct options_memory *memory, struct options_budget *budget);
void options_memory_clear(struct options_memory *memory);

/* Remembers the value; true: it is new, has changed, or was news an hour ago. */
bool options_memory_learn(
    struct options_memory *memory, const struct option_fact *fact, uint32_t now_s);

/* Forgets what the stream has told. */
void options_memory_forget(struct options_memory *memory, uint32_t stream);
