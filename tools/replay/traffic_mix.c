/* SPDX-License-Identifier: BSD-3-Clause -- flows as a network has them. */
#include "tools/replay/traffic_mix.h"

#include <stdlib.h>
#include <string.h>

enum {
    POOL = 4093, /* a prime: no pattern with the records of a datagram */
    IPV6_EVERY = 5,
    PROTO_ICMP = 1,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    PROTO_ICMPV6 = 58
};

struct pool {
    uint32_t next;
    struct mix_flow flows[POOL];
};

struct traffic_mix {
    uint64_t random;
    uint32_t turn;
    uint32_t next_number; /* 0: flows are not numbered */
    struct pool ipv4;
    struct pool ipv6;
};

/* Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014), SplitMix64. */
static uint64_t draw(struct traffic_mix *mix)
{
    mix->random += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = mix->random;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint32_t draw_below(struct traffic_mix *mix, uint32_t limit)
{
    return (uint32_t)(draw(mix) % limit);
}

/* Documentation and private prefixes, 1 in 8 addresses within them used often. */
static void draw_address(struct traffic_mix *mix, bool is_ipv6, bool is_inside, uint8_t out[16])
{
    static const uint8_t IPV6_PREFIX[4] = {0x20, 0x01, 0x0d, 0xb8};
    memset(out, 0, 16);
    uint32_t host = draw_below(mix, 8) == 0 ? draw_below(mix, 16) : draw_below(mix, 65536);
    if (is_ipv6) {
        memcpy(out, IPV6_PREFIX, sizeof IPV6_PREFIX);
        out[5] = is_inside ? 1 : 2;
        out[14] = (uint8_t)(host >> 8);
        out[15] = (uint8_t)host;
        return;
    }
    out[0] = is_inside ? 10 : 198;
    out[1] = is_inside ? (uint8_t)draw_below(mix, 4) : 18;
    out[2] = (uint8_t)(host >> 8);
    out[3] = (uint8_t)host;
}

static void draw_protocol(struct traffic_mix *mix, struct mix_flow *flow)
{
    static const uint16_t SERVICES[] = {443, 443, 443, 443, 443, 80, 80, 22, 25, 993, 8443, 3389};
    static const uint16_t UDP_SERVICES[] = {53, 53, 53, 443, 443, 123, 161, 4500};
    uint32_t kind = draw_below(mix, 100);
    flow->source_port = (uint16_t)(32768 + draw_below(mix, 28232));
    if (kind < 75) {
        flow->proto = PROTO_TCP;
        flow->tcp_flags = (uint8_t)(draw_below(mix, 4) == 0 ? 0x02 : 0x1b);
        flow->destination_port = SERVICES[draw_below(mix, sizeof SERVICES / sizeof SERVICES[0])];
    } else if (kind < 95) {
        flow->proto = PROTO_UDP;
        flow->destination_port =
            UDP_SERVICES[draw_below(mix, sizeof UDP_SERVICES / sizeof UDP_SERVICES[0])];
    } else {
        flow->proto = flow->is_ipv6 ? PROTO_ICMPV6 : PROTO_ICMP;
        flow->source_port = 0;
        flow->destination_port = (uint16_t)((flow->is_ipv6 ? 128 : 8) << 8);
    }
}

/* Mice and elephants: each doubling of the packets is half as likely. */
static void draw_size(struct traffic_mix *mix, struct mix_flow *flow)
{
    uint32_t magnitude = (uint32_t)__builtin_ctzll(draw(mix) | UINT64_C(1) << 15);
    flow->packets = 1 + draw_below(mix, UINT32_C(2) << magnitude);
    uint32_t packet_bytes = draw_below(mix, 3) == 0 ? 40 + draw_below(mix, 200) : 1400;
    flow->bytes = flow->packets * (packet_bytes + draw_below(mix, 60));
    flow->end_ms = draw_below(mix, 15000);
    flow->start_ms = flow->end_ms + (flow->packets > 1 ? draw_below(mix, 60000) : 0);
}

static void draw_flow(struct traffic_mix *mix, struct mix_flow *flow, bool is_ipv6)
{
    bool is_outbound = draw_below(mix, 2) == 0;
    flow->is_ipv6 = is_ipv6;
    draw_address(mix, is_ipv6, is_outbound, flow->source);
    draw_address(mix, is_ipv6, !is_outbound, flow->destination);
    draw_address(mix, is_ipv6, true, flow->next_hop);
    flow->source_mask = is_ipv6 ? 64 : 24;
    flow->destination_mask = is_ipv6 ? 48 : 16;
    flow->tos = (uint8_t)(draw_below(mix, 10) == 0 ? 0xb8 : 0);
    flow->in_if = (uint16_t)(1 + draw_below(mix, TRAFFIC_INTERFACES));
    flow->out_if = (uint16_t)(1 + draw_below(mix, TRAFFIC_INTERFACES));
    flow->source_as = (uint16_t)(64496 + draw_below(mix, 16));
    flow->destination_as = (uint16_t)(64496 + draw_below(mix, 16));
    draw_protocol(mix, flow);
    draw_size(mix, flow);
}

enum err traffic_mix_new(struct traffic_mix **mix_p, uint64_t seed, uint32_t first_number)
{
    struct traffic_mix *mix = calloc(1, sizeof *mix);
    *mix_p = mix;
    if (mix == NULL) {
        return ERR_MEMORY;
    }
    mix->random = seed;
    mix->next_number = first_number;
    for (uint32_t i = 0; i < POOL; i++) {
        draw_flow(mix, &mix->ipv4.flows[i], false);
        draw_flow(mix, &mix->ipv6.flows[i], true);
    }
    return ERR_OK;
}

void traffic_mix_destroy(struct traffic_mix **mix_p)
{
    free(*mix_p);
    *mix_p = NULL;
}

const struct mix_flow *traffic_mix_next_of(struct traffic_mix *mix, bool is_ipv6)
{
    struct pool *pool = is_ipv6 ? &mix->ipv6 : &mix->ipv4;
    pool->next = pool->next + 1 < POOL ? pool->next + 1 : 0;
    struct mix_flow *flow = &pool->flows[pool->next];
    if (mix->next_number != 0) {
        flow->bytes = mix->next_number++;
    }
    return flow;
}

const struct mix_flow *traffic_mix_next(struct traffic_mix *mix)
{
    mix->turn++;
    return traffic_mix_next_of(mix, mix->turn % IPV6_EVERY == 0);
}
