/*
 * datagram_block.h -- the memory one worker receives into, many datagrams a system call.
 *
 * A slot holds the largest UDP datagram there is, so nothing is ever cut. Only pages that are
 * touched cost memory. Slots do not start at the same place of a page: with datagrams of 1.5 kB,
 * the heads of all slots would else compete for the same few cache sets.
 *
 *   |<- 64 KiB + 1536 ->|<- 64 KiB + 1536 ->| ...
 *   [ slot 0            ][ slot 1            ]
 */
#pragma once

#include "ingest/decode/decode.h"

struct datagram_block;

MUST_CHECK enum err datagram_block_new(struct datagram_block **block_p, uint32_t slots);
void datagram_block_destroy(struct datagram_block **block_p);

/* Takes what waits at a non-blocking socket, at most one datagram a slot; returns their number. */
uint32_t datagram_block_receive(struct datagram_block *block, int socket);

/* Of the last receive, lent until the next: all of the datagram but received_ns and local_port. */
void datagram_block_get(
    const struct datagram_block *block, uint32_t index, struct datagram *datagram_p);
