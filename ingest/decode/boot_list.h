/*
 * boot_list.h -- when an exporter started, as its options data tell (element 160).
 *
 * IPFIX headers have no uptime, so records with times of it (elements 21, 22) need that. By
 * observation domain, since line cards start on their own; of more domains than there is room for
 * the oldest goes. The decoder's thread owns it.
 */
#pragma once

#include <stdint.h>

enum {
    BOOT_LIST_ROOM = 8
};

struct boot_list {
    uint32_t next; /* entry that is written next */
    uint32_t domains[BOOT_LIST_ROOM];
    uint64_t boots_ms[BOOT_LIST_ROOM]; /* since 1970; 0: unused */
};

/* 0: unknown. */
static inline uint64_t boot_list_find(const struct boot_list *list, uint32_t domain)
{
    for (uint32_t i = 0; i < BOOT_LIST_ROOM; i++) {
        if (list->domains[i] == domain && list->boots_ms[i] != 0) {
            return list->boots_ms[i];
        }
    }
    return 0;
}

static inline void boot_list_learn(struct boot_list *list, uint32_t domain, uint64_t boot_ms)
{
    for (uint32_t i = 0; i < BOOT_LIST_ROOM; i++) {
        if (list->domains[i] == domain && list->boots_ms[i] != 0) {
            list->boots_ms[i] = boot_ms;
            return;
        }
    }
    list->domains[list->next] = domain;
    list->boots_ms[list->next] = boot_ms;
    list->next = (list->next + 1) % BOOT_LIST_ROOM;
}
