/* SPDX-License-Identifier: BSD-3-Clause -- the last value of each option. */
#include "ingest/decode/options_memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    NEWS_AGAIN_S = 3600, /* so that a table that is filled later gets all of them */
    FIRST_ROOM = 32,
    MAX_ROOM = 8192, /* three quarters of it: a chassis of interfaces, or a router's applications */
    MAX_PROBES = 256 /* more than chance needs; bounds what a chosen key costs */
};

#define BUDGET_BYTES (UINT64_C(32) << 20)

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* FNV-1a, of a text that is ours. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = HASH_START;
    for (; *text != '\0'; text++) {
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* Of what the fact is about: all but the value. */
static uint64_t key_of(const struct hash_seed *seed, const struct option_fact *fact)
{
    uint64_t hash = hash_words(seed, hash_text(fact->scope), hash_text(fact->name));
    hash = hash_words(seed, hash ^ fact->stream, fact->scope_id);
    return hash != 0 ? hash : 1;
}

/* The key's entry, or an unused one; NULL: none within the probes. */
static struct option_entry *entry_of(const struct options_memory *memory, uint64_t key)
{
    uint32_t slot = (uint32_t)(key >> 32);
    for (uint32_t i = 0; i < MAX_PROBES && i < memory->room; i++) {
        struct option_entry *entry = &memory->entries[(slot + i) & (memory->room - 1)];
        if (entry->key == 0 || entry->key == key) {
            return entry;
        }
    }
    return NULL;
}

static void drop_text(struct options_memory *memory, struct option_entry *entry)
{
    memory->budget->bytes -= entry->text_room;
    free(entry->text);
}

/* Moves the entries into the larger table. */
static void move_entries(struct options_memory *memory, struct options_memory *larger)
{
    larger->used = 0;
    for (uint32_t i = 0; i < memory->room; i++) {
        struct option_entry *entry = &memory->entries[i];
        struct option_entry *place = entry->key != 0 ? entry_of(larger, entry->key) : NULL;
        if (place != NULL) {
            *place = *entry;
            larger->used++;
        } else if (entry->key != 0) {
            drop_text(memory, entry);
        }
    }
    free(memory->entries);
}

static bool grow(struct options_memory *memory)
{
    struct options_memory larger = *memory;
    larger.room = memory->room != 0 ? memory->room * 2 : FIRST_ROOM;
    uint64_t more_bytes = (uint64_t)(larger.room - memory->room) * sizeof *memory->entries;
    if (larger.room > MAX_ROOM || memory->budget->bytes + more_bytes > BUDGET_BYTES) {
        return false;
    }
    larger.entries = calloc(larger.room, sizeof *larger.entries);
    if (larger.entries == NULL) {
        return false;
    }
    move_entries(memory, &larger);
    *memory = larger;
    memory->budget->bytes += more_bytes;
    return true;
}

/* Makes room for the text; what the entry has stays. */
static bool fit_text(struct options_memory *memory, struct option_entry *entry, size_t size)
{
    if (size <= entry->text_room) {
        return true;
    }
    size_t more_bytes = size - entry->text_room;
    if (memory->budget->bytes + more_bytes > BUDGET_BYTES) {
        return false;
    }
    char *text = realloc(entry->text, size);
    if (text == NULL) {
        return false;
    }
    entry->text = text;
    entry->text_room = (uint16_t)size;
    memory->budget->bytes += more_bytes;
    return true;
}

/* Writes an entry; false: no memory for its text. */
static bool store(struct options_memory *memory, struct option_entry *entry,
    const struct option_fact *fact, uint32_t now_s)
{
    if (!fit_text(memory, entry, fact->size)) {
        return false;
    }
    memcpy(entry->text, fact->text, fact->size);
    entry->size = (uint16_t)fact->size;
    entry->scope = fact->scope;
    entry->name = fact->name;
    entry->scope_id = fact->scope_id;
    entry->has_scope_id = fact->has_scope_id;
    entry->stream = fact->stream;
    entry->given_s = now_s;
    return true;
}

static bool has_text(const struct option_entry *entry, const struct option_fact *fact)
{
    return entry->size == fact->size && memcmp(entry->text, fact->text, fact->size) == 0;
}

void options_memory_init(struct options_memory *memory, struct options_budget *budget)
{
    *memory = (struct options_memory){.budget = budget};
}

void options_memory_clear(struct options_memory *memory)
{
    for (uint32_t i = 0; i < memory->room; i++) {
        drop_text(memory, &memory->entries[i]);
    }
    if (memory->room > 0) {
        memory->budget->bytes -= memory->room * sizeof *memory->entries;
    }
    free(memory->entries);
    options_memory_init(memory, memory->budget);
}

bool options_memory_learn(
    struct options_memory *memory, const struct option_fact *fact, uint32_t now_s)
{
    if (memory->room == 0) {
        memory->seed = hash_seed_new();
    }
    uint64_t key = key_of(&memory->seed, fact);
    struct option_entry *entry = entry_of(memory, key);
    bool is_known = entry != NULL && entry->key == key;
    if (is_known && has_text(entry, fact) && now_s - entry->given_s < NEWS_AGAIN_S) {
        return false;
    }
    if (!is_known && memory->used + memory->room / 4 >= memory->room) {
        if (!grow(memory)) {
            return true;
        }
        entry = entry_of(memory, key);
    }
    if (entry != NULL && store(memory, entry, fact, now_s) && !is_known) {
        entry->key = key;
        memory->used++;
    }
    return true;
}

/* Entries that probing has passed over must be found again: all move into a table of one size. */
void options_memory_forget(struct options_memory *memory, uint32_t stream)
{
    uint32_t forgotten = 0;
    for (uint32_t i = 0; i < memory->room; i++) {
        struct option_entry *entry = &memory->entries[i];
        if (entry->key != 0 && entry->stream == stream) {
            drop_text(memory, entry);
            *entry = (struct option_entry){.key = 0};
            forgotten++;
        }
    }
    memory->used -= forgotten;
    struct options_memory same = *memory;
    same.entries = forgotten != 0 ? calloc(same.room, sizeof *same.entries) : NULL;
    if (same.entries != NULL) {
        move_entries(memory, &same);
        *memory = same;
    }
}
