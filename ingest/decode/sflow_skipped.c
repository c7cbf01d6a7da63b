/* SPDX-License-Identifier: BSD-3-Clause -- sFlow records passed over, by format. */
#include "ingest/decode/sflow_skipped.h"

enum {
    ENTERPRISE_SHIFT = 12, /* sFlow version 5 section 5, data_format */
    FORMAT_MASK = (1 << ENTERPRISE_SHIFT) - 1
};

#define IS_TAKEN   (UINT64_C(1) << 33)
#define IS_COUNTER (UINT64_C(1) << 32)

void sflow_skipped_count(struct sflow_skipped *skipped, bool is_counter, uint32_t format)
{
    uint64_t key = IS_TAKEN | (is_counter ? IS_COUNTER : 0) | format;
    for (size_t i = 0; i < SFLOW_SKIPPED_FORMATS; i++) {
        uint64_t taken = counter_get(&skipped->formats[i]);
        if (taken == 0) {
            counter_set(&skipped->formats[i], key);
        }
        if (taken == 0 || taken == key) {
            counter_add(&skipped->records[i], 1);
            return;
        }
    }
    counter_add(&skipped->others, 1);
}

bool sflow_skipped_read(
    const struct sflow_skipped *skipped, size_t place, struct sflow_skipped_entry *entry_p)
{
    uint64_t key = place < SFLOW_SKIPPED_FORMATS ? counter_get(&skipped->formats[place]) : 0;
    if (key == 0) {
        return false;
    }
    *entry_p = (struct sflow_skipped_entry){.is_counter = (key & IS_COUNTER) != 0,
        .enterprise = (uint32_t)key >> ENTERPRISE_SHIFT,
        .format = (uint32_t)key & FORMAT_MASK,
        .records = counter_get(&skipped->records[place])};
    return true;
}
