/*
 * output.h -- where goflow-replay's datagrams go: a UDP address, or a capture file.
 *
 * An output has room for a batch of datagrams that are built in place, so that sending costs one
 * system call a batch.
 */
#pragma once

#include "common/address.h"
#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
    OUTPUT_BATCH = 32,
    OUTPUT_DATAGRAM_MAX = 65507
};

struct output_target {
    struct address address;
    uint16_t port;
    /* 1: from the system's own address; more: exporter i from 127.0.0.2 + i. */
    uint32_t exporters;
};

struct output;

/* A UDP socket. On failure one line is logged. */
MUST_CHECK enum err output_open_udp(struct output **output_p, const struct output_target *target);

/* A pcap file of raw IPv4 packets, which is overwritten. On failure one line is logged. */
MUST_CHECK enum err output_open_file(
    struct output **output_p, const char *path, const struct output_target *target);

/* Sends what is left. */
MUST_CHECK enum err output_close(struct output **output_p);

/* Room for one datagram of OUTPUT_DATAGRAM_MAX bytes, lent until output_add(). */
uint8_t *output_room(struct output *output);

/* Takes what was built in the room. ERR_IO. */
MUST_CHECK enum err output_add(
    struct output *output, size_t size, uint32_t exporter, uint64_t time_ns);

/* Sends everything added so far. ERR_IO. */
MUST_CHECK enum err output_flush(struct output *output);

/* "192.0.2.1:2055" or "[2001:db8::1]:2055". ERR_INVALID. */
MUST_CHECK enum err output_target_parse(struct output_target *target_p, const char *text);
