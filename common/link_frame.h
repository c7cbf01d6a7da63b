/*
 * link_frame.h -- the frames of the link as values: packed, parsed, checked.
 *
 * Control plane: one header a batch, one acknowledgement for many. Any thread; nothing is shared.
 * Messages: proto/link.proto. Meaning: docs/wire.md.
 */
#pragma once

#include "common/err.h"
#include "common/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link_header {
    uint64_t ingest_id;      /* with the sequence, the name of the batch */
    uint64_t sender_id;      /* who sends it: ingest_id, unless that one's id has changed */
    uint64_t recovered_from; /* lowest sequence that the sender found in its spool; 0: none left */
    uint64_t epoch;
    uint64_t sequence;
    uint64_t created_ms;
    uint32_t attempt;
    uint32_t flow_count;   /* or rows of another kind */
    uint32_t payload_size; /* before compression */
    uint32_t day;
    uint32_t lease_ms;
    uint32_t payload_crc; /* of the second frame; 0: not known */
    enum record_kind kind;
    bool is_compressed;
};

static inline uint64_t link_header_sender(const struct link_header *header)
{
    return header->sender_id != 0 ? header->sender_id : header->ingest_id;
}

enum {
    LINK_HEADER_MAX = 160
};

/* Older builds have the time in microseconds as an epoch, which may go back; no other is below. */
#define LINK_EPOCH_COUNTED (UINT64_C(1) << 52)

/* Returns the size written. */
size_t link_header_pack(const struct link_header *header, uint8_t out[LINK_HEADER_MAX]);
/*
 * ERR_CORRUPT. ERR_UNSUPPORTED for another version of the protocol: then only ingest_id and
 * sequence are set, so that the batch can be refused by name.
 */
MUST_CHECK enum err link_header_parse(
    struct link_header *header_p, const uint8_t *bytes, size_t size);

enum {
    LINK_RANGES_MAX = 16384 /* in one list of a message */
};

/* Sequences first..last. */
struct link_range {
    uint64_t first;
    uint64_t last;
};

/* A growing list; zero it before the first use. Out of memory fails it: what is missing in an
 * acknowledgement is asked or said again. */
struct link_ranges {
    struct link_range *values;
    size_t count;
    size_t room;
    bool failed;
};

/* Joins the last range where it follows it. */
void link_ranges_add(struct link_ranges *ranges, uint64_t first, uint64_t last);
void link_ranges_reset(struct link_ranges *ranges);
void link_ranges_clear(struct link_ranges *ranges);

/* In the order of proto/link.proto. */
enum link_ack_kind {
    LINK_ACK_HELD,
    LINK_ACK_STORED,
    LINK_ACK_SHELVED,
    LINK_ACK_CORRUPT,
    LINK_ACK_UNSUPPORTED,
    LINK_ACK_NAME_REFUSED,
    LINK_ACK_KIND_COUNT
};

/* In the order of proto/link.proto. */
enum link_role {
    LINK_INGEST,
    LINK_STORE
};

/* Who is at one end of a connection. */
struct link_hello {
    enum link_role role;
    uint64_t id;
    uint64_t epoch;   /* another one for each process of that id */
    bool is_answer;   /* to a Hello */
    bool wants_fresh; /* the receiver should connect anew */
};

enum {
    LINK_HELLO_MAX = 64
};

/* Returns the size written. */
size_t link_hello_pack(const struct link_hello *hello, uint8_t out[LINK_HELLO_MAX]);
/* ERR_UNSUPPORTED: a message of another kind. ERR_CORRUPT: damaged. */
MUST_CHECK enum err link_hello_parse(struct link_hello *hello_p, const uint8_t *bytes, size_t size);

/* As metrics name it. */
const char *link_ack_name(enum link_ack_kind kind);

struct link_ack {
    enum link_ack_kind kind;
    uint64_t ingest_id; /* whom it is for; 0 from a store that does not say Hello */
    uint64_t store_id;
    uint64_t stamp_ns;     /* HELD: the store's monotonic clock */
    uint64_t epoch;        /* of the process that sent the batches */
    uint64_t newest_epoch; /* NAME_REFUSED: who has the id; the same as `epoch`: other content */
    uint64_t to_epoch;     /* not sent: which process it is for; 0: whoever has the id */
    struct link_ranges ranges;
};

/* How an ingest answers HELD. */
enum link_verdict {
    LINK_GRANTED,
    LINK_REGRANTED,
    LINK_GONE,
    LINK_VERDICT_COUNT
};

struct link_lease {
    uint64_t ingest_id;
    uint64_t store_id; /* of the HELD; 0 from an ingest that does not say Hello */
    uint64_t stamp_ns; /* of the HELD */
    bool is_last;      /* the ingest stops and has nothing else to send */
    struct link_ranges ranges[LINK_VERDICT_COUNT];
};

/* A frame in memory of its own: free() it. NULL: out of memory. */
uint8_t *link_ack_pack(const struct link_ack *ack, size_t *size_p);
uint8_t *link_lease_pack(const struct link_lease *lease, size_t *size_p);

/*
 * ERR_CORRUPT, ERR_UNSUPPORTED, ERR_MEMORY: nothing to clear. Else clear it after use; the ranges
 * of each list ascend, and no two overlap.
 */
MUST_CHECK enum err link_ack_parse(struct link_ack *ack_p, const uint8_t *bytes, size_t size);
MUST_CHECK enum err link_lease_parse(struct link_lease *lease_p, const uint8_t *bytes, size_t size);
void link_ack_clear(struct link_ack *ack);
void link_lease_clear(struct link_lease *lease);
