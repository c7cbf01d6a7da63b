/*
 * export_process.h -- exporting processes behind one address, for tests: each with its own clock,
 * numbers and port.
 *
 * They send to the collector of decoder_fixture.h, whose clock goes on with theirs. Templates are
 * octets and packets, or the other way round, of one id.
 */
#pragma once

#include "tests/support/decoder_fixture.h"

enum {
    PROCESS_TEMPLATE = 256,
    PROCESS_PORT = 5000,
    PROCESS_OTHER_PORT = 6000
};

/* What its headers show; a test may change it between two datagrams. */
struct process {
    uint16_t version;
    uint16_t port;
    uint32_t domain;
    uint32_t uptime_ms;
    uint32_t export_s;
    uint32_t sequence;
};

/* A decoder where data may wait. */
void process_start(void);

/* Processes that have been up for long. */
struct process process_netflow9(uint16_t port);
struct process process_ipfix(uint16_t port);

void process_announce(struct process *process, bool is_turned);
void process_send(struct process *process, uint32_t first, uint32_t second);
/* Options data: a rate for the whole domain. */
void process_announce_rate(struct process *process, uint32_t rate);

/* A datagram built by the test in between; the process goes on by so much. */
void process_begin(const struct process *process);
void process_finish(struct process *process, uint32_t records, uint32_t seconds);

/* It starts again: other numbers, by the same clock. */
void process_restart(struct process *process);

/* Of the flow of that index, which must be there. */
uint64_t process_octets(size_t flow);
uint64_t process_rate(size_t flow);

/* Restarts that the decoder has counted. */
uint64_t process_restarts(void);
