/*
 * capture.h -- reads UDP datagrams from a capture file: pcap and pcapng.
 *
 * Link layers: Ethernet (VLAN tags), Linux cooked v1 and v2, raw IP, BSD loopback. IPv4 (fragments
 * are put together) and IPv6. Everything that is not UDP is skipped and counted. The file is
 * hostile input like any datagram.
 */
#pragma once

#include "ingest/decode/decode.h"

struct capture;

struct capture_counters {
    uint64_t packets;   /* in the file */
    uint64_t datagrams; /* UDP, handed out */
    uint64_t skipped;   /* not UDP over IP, or cut too short */
};

/* On failure one line that names the file and the reason is logged. "-" is standard input. */
MUST_CHECK enum err capture_open(struct capture **capture_p, const char *path);
void capture_close(struct capture **capture_p);

/*
 * The next UDP datagram; its bytes are lent until the next call; received_ns is the capture's
 * time. ERR_END at the end; ERR_CORRUPT when the file is damaged from here on.
 */
MUST_CHECK enum err capture_next(struct capture *capture, struct datagram *datagram_p);

struct capture_counters capture_counters(const struct capture *capture);
