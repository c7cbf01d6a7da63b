/*
 * fake_stores.h -- the ports and stores around a publisher's loop, with a clock of their own.
 *
 * A value of the test's: it offers batches and acknowledgements, and looks at what was sent.
 */
#pragma once

#include "common/link_frame.h"
#include "ingest/batch/batch.h"
#include "ingest/publish/publish_sockets.h"

enum {
    FAKE_SENT_MAX = 256,
    FAKE_QUEUE_MAX = 256,
    FAKE_PAYLOAD_MAX = 4096,
    FAKE_ID_MAX = 16
};

/* A message that the loop sent. */
struct fake_sent {
    struct link_header header;
    uint8_t payload[FAKE_PAYLOAD_MAX];
    size_t size;
};

struct fake_stores {
    uint64_t now_ns;
    uint64_t receive_ns; /* what each receive of an acknowledgement takes */
    size_t room;         /* batches that the stores take */
    struct fake_sent sent[FAKE_SENT_MAX];
    size_t sent_count;
    struct batch *batches[FAKE_QUEUE_MAX]; /* from the ports */
    size_t batch_count;
    size_t batch_at;
    zmsg_t *acks[FAKE_QUEUE_MAX];
    size_t ack_count;
    size_t ack_at;
    struct link_lease reply; /* the latest */
    size_t reply_count;
    char replied_to[FAKE_ID_MAX];
    uint64_t learned_id;
    size_t tended_count;
    size_t unheard_count;
};

/* The functions of the fake, which is borrowed. */
struct publish_sockets fake_stores_sockets(struct fake_stores *fake);

/* A store acknowledges, or says something else. */
void fake_stores_say(struct fake_stores *fake, const struct link_ack *ack);
void fake_stores_say_bytes(struct fake_stores *fake, const void *bytes, size_t size);
