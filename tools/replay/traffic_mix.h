/*
 * traffic_mix.h -- flows as a network has them: few services, many clients, sizes far apart.
 *
 * Everything follows from the seed. A pool of flows is drawn at the start and handed out in turn,
 * so that exports can be made faster than they can be received. Where tests must tell flow from
 * flow, each gets a number of its own as its bytes.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    TRAFFIC_INTERFACES = 48 /* of an exporter, numbered from 1 */
};

struct mix_flow {
    bool is_ipv6;
    uint8_t source[16]; /* the first 4 where it is IPv4; so are the next two */
    uint8_t destination[16];
    uint8_t next_hop[16];
    uint8_t source_mask;
    uint8_t destination_mask;
    uint8_t proto;
    uint8_t tos;
    uint8_t tcp_flags;
    uint16_t source_port;
    uint16_t destination_port; /* ICMP: type << 8 | code */
    uint16_t in_if;
    uint16_t out_if;
    uint16_t source_as;
    uint16_t destination_as;
    uint32_t packets;
    uint32_t bytes;
    uint32_t start_ms; /* before the export */
    uint32_t end_ms;
};

struct traffic_mix;

/* Numbers count up from `first_number` in the flows' bytes; 0: bytes are drawn like the rest. */
MUST_CHECK enum err traffic_mix_new(
    struct traffic_mix **mix_p, uint64_t seed, uint32_t first_number);
void traffic_mix_destroy(struct traffic_mix **mix_p);

/* The next flow, lent as long as the mix lives; one in five is IPv6. */
const struct mix_flow *traffic_mix_next(struct traffic_mix *mix);

/* The next flow of one family. */
const struct mix_flow *traffic_mix_next_of(struct traffic_mix *mix, bool is_ipv6);
