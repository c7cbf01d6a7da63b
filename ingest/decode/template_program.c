/* SPDX-License-Identifier: BSD-3-Clause -- runs compiled templates over records. */
#include "ingest/decode/template_program.h"

#include "ingest/decode/packet_etype.h"
#include "ingest/decode/packet_header.h"
#include "ingest/decode/packet_reader.h"
#include "ingest/decode/program_step.h"

/* dataLinkFrameType (element 408): Ethernet. */
enum {
    FRAME_ETHERNET = 1
};

/* IP protocols. */
enum {
    ICMP = 1,
    ICMPV6 = 58
};

/* Returns the presence bits of the fields that are not 0. */
static inline __attribute__((always_inline)) uint64_t run_numbers(const struct program_op *op,
    const struct program_op *end, const uint8_t *record, struct flow *flow)
{
    uint64_t present = 0;
    for (; op < end; op++) {
        uint64_t value = program_step_number(record, op);
        memcpy((uint8_t *)flow + op->offset, &value, sizeof value);
        present |= (uint64_t)(value != 0) << op->bit;
    }
    return present;
}

static void run_addresses(const struct program_op *op, const struct program_op *end,
    const uint8_t *record, struct flow *flow)
{
    for (; op < end; op++) {
        struct address address;
        bool is_there =
            program_step_address(&address, record + op->source, (enum program_code)op->code);
        memcpy((uint8_t *)flow + op->offset, &address, sizeof address);
        flow->present[op->word] |= (uint64_t)(is_there || op->mask != 0) << op->bit;
    }
}

static void set_ip_version(
    const struct program_op *op, struct flow *flow, struct record_facts *facts, uint64_t version)
{
    enum flow_field etype = (enum flow_field)op->destination;
    *(etype == FLOW_ETYPE ? &facts->ip_version : &facts->inner_ip_version) = version;
    if (!flow_has(flow, etype) && (version == 4 || version == 6)) {
        flow_set_number(flow, etype, version == 4 ? PACKET_ETYPE_IPV4 : PACKET_ETYPE_IPV6);
    }
}

/* One record has room for both families: the address that is not 0 counts, else ipVersion. */
static void set_either_address(const struct program_op *ipv4, const uint8_t *record,
    struct flow *flow, const struct record_facts *facts)
{
    const struct program_op *ipv6 = ipv4 + 1;
    struct address as_ipv4;
    struct address as_ipv6;
    bool has_ipv4 = program_step_address(&as_ipv4, record + ipv4->source, PROGRAM_IPV4);
    bool has_ipv6 = program_step_address(&as_ipv6, record + ipv6->source, PROGRAM_IPV6);
    bool is_inner =
        ipv4->destination == FLOW_SRC_ADDR_ENCAP || ipv4->destination == FLOW_DST_ADDR_ENCAP;
    uint64_t ip_version = is_inner ? facts->inner_ip_version : facts->ip_version;
    bool is_ipv6 = has_ipv4 == has_ipv6 ? ip_version == 6 : has_ipv6;
    if (!has_ipv4 && !has_ipv6 && ipv4->mask == 0) {
        return;
    }
    memcpy((uint8_t *)flow + ipv4->offset, is_ipv6 ? &as_ipv6 : &as_ipv4, sizeof as_ipv4);
    flow_mark(flow, (enum flow_field)ipv4->destination, true);
    if (ipv4->destination == FLOW_SRC_ADDR && !flow_has(flow, FLOW_ETYPE)) {
        flow_set_etype(flow, is_ipv6 ? PACKET_ETYPE_IPV6 : PACKET_ETYPE_IPV4);
    }
}

/* The Ethernet type of a header, by the family of its address, unless the record contains it. */
static void set_etype_of(
    struct flow *flow, enum flow_field etype, enum flow_field from, const struct address *address)
{
    if (!flow_has(flow, etype) && flow_has(flow, from)) {
        bool is_ipv4 = address_is_ipv4(address);
        flow_set_number(flow, etype, is_ipv4 ? PACKET_ETYPE_IPV4 : PACKET_ETYPE_IPV6);
    }
}

/* A record without inner addresses is of a packet that was not tunnelled. */
static void set_inner(const struct program_op *op, struct flow *flow)
{
    set_etype_of(flow, FLOW_ETYPE, FLOW_SRC_ADDR, &flow->src_addr);
    set_etype_of(flow, FLOW_ETYPE, FLOW_DST_ADDR, &flow->dst_addr);
    bool is_ip_in_ip = op->destination != 0;
    if (is_ip_in_ip &&
        (flow_has(flow, FLOW_SRC_ADDR_ENCAP) || flow_has(flow, FLOW_DST_ADDR_ENCAP))) {
        set_etype_of(flow, FLOW_ETYPE_ENCAP, FLOW_SRC_ADDR_ENCAP, &flow->src_addr_encap);
        set_etype_of(flow, FLOW_ETYPE_ENCAP, FLOW_DST_ADDR_ENCAP, &flow->dst_addr_encap);
        flow_set_has_encap(flow, true);
        flow_set_tunnel_type(flow, PACKET_TUNNEL_IPIP);
    }
}

/* How much of a section can be read: nothing where it begins behind the packet's header. */
static size_t section_size(const struct program_op *op, const struct record_facts *facts)
{
    bool is_frame = op->destination == PACKET_ETHERNET;
    if (facts->section[SECTION_OFFSET] != 0 ||
        (is_frame && facts->section[SECTION_FRAME_TYPE] > FRAME_ETHERNET)) {
        return 0;
    }
    uint16_t octets = facts->section[SECTION_OCTETS];
    return octets != 0 && octets < op->length ? octets : op->length;
}

/*
 * A sampled packet stands for itself where the record has no counters: its octets are those that
 * its IP header says. A frame that is shorter than the room for it was exported whole.
 */
static void count_packet(const struct program_op *op, size_t size, uint32_t ip_size,
    struct flow *flow, const struct record_facts *facts)
{
    if (!flow_has(flow, FLOW_PACKETS)) {
        flow_set_packets(flow, 1);
    }
    if (flow_has(flow, FLOW_BYTES)) {
        return;
    }
    flow_set_bytes(flow, ip_size);
    bool is_whole = facts->section[SECTION_OCTETS] != 0 && size < op->length;
    if (op->destination == PACKET_ETHERNET && is_whole && !flow_has(flow, FLOW_LAYER2_BYTES)) {
        flow_set_layer2_bytes(flow, size);
    }
}

static void read_packet(const struct program_op *op, const uint8_t *record, struct flow *flow,
    const struct record_facts *facts)
{
    const uint8_t *bytes = record + op->source;
    enum packet_protocol protocol = (enum packet_protocol)op->destination;
    size_t size = section_size(op, facts);
    if (size == 0) {
        return;
    }
    if (protocol == PACKET_IPV4 && bytes[0] >> 4 == 6) {
        protocol = PACKET_IPV6;
    }
    uint32_t ip_size = packet_header_read(flow, protocol, cursor_of(bytes, size));
    count_packet(op, size, ip_size, flow, facts);
}

static uint64_t read_time(
    const struct program_op *op, uint64_t value, const struct export_clock *clock)
{
    switch ((enum program_code)op->code) {
    case PROGRAM_TIME_S:
        return value * NS_PER_S;
    case PROGRAM_TIME_MS:
        return value * NS_PER_MS;
    case PROGRAM_TIME_NTP_US: /* RFC 7011 section 6.1.9: the lowest eleven bits are noise */
        return time_from_ntp(value & ~UINT64_C(0x7ff));
    case PROGRAM_TIME_NTP_NS:
        return time_from_ntp(value);
    case PROGRAM_TIME_UPTIME:
        return clock->has_uptime ? time_from_uptime(clock, (uint32_t)value) : 0;
    default: /* PROGRAM_TIME_BEFORE_EXPORT */
        return clock->export_ns - value * NS_PER_US;
    }
}

/* The exporter's start, so that times of its uptime can be told in any order of the fields. */
static void set_system_init(struct export_clock *clock, uint64_t init_ms)
{
    if ((!clock->has_uptime || clock->is_recalled) && init_ms != 0) {
        export_clock_boot(clock, init_ms);
        clock->is_recalled = false;
    }
}

static void set_section(struct record_facts *facts, uint16_t fact, uint64_t value)
{
    facts->section[fact] = (uint16_t)(value < UINT16_MAX ? value : UINT16_MAX);
}

/* Out of line: its registers would be saved for every record that has only numbers and times. */
__attribute__((noinline)) static void run_step(const struct program_op *op, const uint8_t *record,
    struct flow *flow, struct record_facts *facts)
{
    switch ((enum program_code)op->code) {
    case PROGRAM_FALLBACK: /* the most frequent of them */
        program_step_fallback(op, record, flow);
        break;
    case PROGRAM_IP_VERSION:
        set_ip_version(op, flow, facts, program_step_number(record, op));
        break;
    case PROGRAM_EITHER_ADDRESS:
        set_either_address(op, record, flow, facts);
        break;
    case PROGRAM_INNER:
        set_inner(op, flow);
        break;
    case PROGRAM_SYSTEM_INIT:
        set_system_init(&facts->clock, program_step_number(record, op));
        break;
    case PROGRAM_DURATION:
        facts->duration_us = program_step_number(record, op) * op->destination;
        break;
    case PROGRAM_SAMPLING:
        sampling_facts_set(
            &facts->sampling, (enum sampling_fact)op->destination, program_step_number(record, op));
        break;
    case PROGRAM_SECTION:
        set_section(facts, op->destination, program_step_number(record, op));
        break;
    case PROGRAM_PACKET:
        read_packet(op, record, flow, facts);
        break;
    default:
        program_step_run(op, record, flow);
    }
}

/*
 * Where no element of ICMP is in the template, exporters write type and code into the destination
 * port, as in NetFlow 5. Some send the type of ICMPv6 alone; no such message has type 0.
 */
static void take_icmp_port(struct flow *flow)
{
    uint64_t port = flow_number(flow, FLOW_DST_PORT);
    bool is_icmp = flow->proto == ICMP || (flow->proto == ICMPV6 && port > UINT8_MAX);
    if (port == 0 || !is_icmp) {
        return;
    }
    flow_set_icmp_type(flow, port >> 8);
    flow_set_icmp_code(flow, port & UINT8_MAX);
    flow_mark(flow, FLOW_DST_PORT, false);
}

bool template_program_has_volume(const struct template_program *program, const uint8_t *record)
{
    for (uint32_t i = 0; i < program->ends[PROGRAM_STEPS]; i++) {
        const struct program_op *op = &program->ops[i];
        bool is_number = op->code == PROGRAM_NUMBER || op->code == PROGRAM_FALLBACK;
        bool is_volume = op->destination == FLOW_BYTES || op->destination == FLOW_PACKETS;
        if (is_number && is_volume && program_step_number(record, op) != 0) {
            return true;
        }
    }
    return false;
}

static bool is_time(enum program_code code)
{
    return code >= PROGRAM_TIME_S && code <= PROGRAM_TIME_BEFORE_EXPORT;
}

void template_program_run(const struct template_program *program, const uint8_t *record,
    struct flow *flow, struct record_facts *facts)
{
    const struct program_op *ops = program->ops;
    const uint32_t *ends = program->ends;
    const struct program_op *high = ops + ends[PROGRAM_LOW_NUMBERS];
    const struct program_op *addresses = ops + ends[PROGRAM_HIGH_NUMBERS];
    const struct program_op *step = ops + ends[PROGRAM_ADDRESSES];
    flow->present[0] |= run_numbers(ops, high, record, flow);
    flow->present[1] |= run_numbers(high, addresses, record, flow);
    run_addresses(addresses, step, record, flow);
    for (; step < ops + ends[PROGRAM_STEPS]; step++) {
        if (is_time((enum program_code)step->code)) { /* the steps that most templates have */
            facts->times_ns[step->destination] =
                read_time(step, program_step_number(record, step), &facts->clock);
        } else {
            run_step(step, record, flow, facts);
        }
    }
    if ((program->icmp_protocols >> (flow->proto & 63) & 1) != 0) {
        take_icmp_port(flow);
    }
}
