/*
 * template_census.h -- how often each template was announced; one writer, any reader.
 *
 * Entries are never taken back, so that the counts only rise, whatever becomes of the template.
 * When all are taken, further templates are counted together, so that a peer can neither fill the
 * memory nor the metrics page. Part of a decoder; all zero to begin with.
 */
#pragma once

#include "common/address.h"
#include "common/counter.h"
#include "common/hash.h"
#include "ingest/decode/template.h"

enum {
    TEMPLATE_CENSUS_ENTRIES = 1024,
    TEMPLATE_CENSUS_SLOTS = 2 * TEMPLATE_CENSUS_ENTRIES /* at most half full: searches end soon */
};

struct template_census_entry {
    struct address router;
    struct template_key key;
    bool is_options;
    bool is_others; /* stands for all templates without an entry of their own */
    struct counter announcements;
};

struct template_census {
    _Atomic uint32_t count; /* entries that readers may see: they never change or move */
    struct hash_seed seed;  /* set once there is an entry */
    struct template_census_entry *slots[TEMPLATE_CENSUS_SLOTS];
    struct template_census_entry entries[TEMPLATE_CENSUS_ENTRIES];
};

void template_census_count(struct template_census *census, const struct address *router,
    const struct template_definition *definition);

/* Entry `index`, lent as long as the census lives; NULL past the last. Any thread. */
const struct template_census_entry *template_census_entry(
    const struct template_census *census, uint32_t index);
