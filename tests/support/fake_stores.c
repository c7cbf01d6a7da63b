/* SPDX-License-Identifier: BSD-3-Clause -- the ports and stores around a publisher's loop. */
#include "tests/support/fake_stores.h"

#include <assert.h>

static struct batch *receive_batch(void *context)
{
    struct fake_stores *fake = context;
    return fake->batch_at < fake->batch_count ? fake->batches[fake->batch_at++] : NULL;
}

static zmsg_t *receive_ack(void *context)
{
    struct fake_stores *fake = context;
    if (fake->ack_at == fake->ack_count) {
        return NULL;
    }
    fake->now_ns += fake->receive_ns;
    return fake->acks[fake->ack_at++];
}

static bool can_send(void *context)
{
    return ((const struct fake_stores *)context)->room > 0;
}

static enum err send_frames(void *context, const uint8_t *header, size_t size, zmq_msg_t *payload)
{
    struct fake_stores *fake = context;
    if (fake->room == 0) {
        return ERR_AGAIN;
    }
    fake->room--;
    assert(fake->sent_count < FAKE_SENT_MAX);
    struct fake_sent *sent = &fake->sent[fake->sent_count++];
    enum err err = link_header_parse(&sent->header, header, size);
    sent->size = zmq_msg_size(payload);
    assert(err == ERR_OK && sent->size <= FAKE_PAYLOAD_MAX);
    memcpy(sent->payload, zmq_msg_data(payload), sent->size);
    (void)zmq_msg_close(payload);
    return ERR_OK;
}

static void reply(void *context, zframe_t *store, const uint8_t *bytes, size_t size)
{
    struct fake_stores *fake = context;
    link_lease_clear(&fake->reply);
    enum err err = link_lease_parse(&fake->reply, bytes, size);
    assert(err == ERR_OK);
    fake->reply_count++;
    (void)snprintf(fake->replied_to, sizeof fake->replied_to, "%.*s", (int)zframe_size(store),
        (const char *)zframe_data(store));
}

static bool learn(void *context, zframe_t *store, uint64_t store_id)
{
    (void)store;
    ((struct fake_stores *)context)->learned_id = store_id;
    return true;
}

static void tend(void *context)
{
    ((struct fake_stores *)context)->tended_count++;
}

static void unheard(void *context)
{
    ((struct fake_stores *)context)->unheard_count++;
}

static uint64_t now_ns(void *context)
{
    return ((const struct fake_stores *)context)->now_ns;
}

struct publish_sockets fake_stores_sockets(struct fake_stores *fake)
{
    return (struct publish_sockets){.receive_batch = receive_batch,
        .receive_ack = receive_ack,
        .can_send = can_send,
        .send = send_frames,
        .reply = reply,
        .learn = learn,
        .tend = tend,
        .unheard = unheard,
        .now_ns = now_ns,
        .context = fake};
}

void fake_stores_say_bytes(struct fake_stores *fake, const void *bytes, size_t size)
{
    assert(fake->ack_count < FAKE_QUEUE_MAX);
    zmsg_t *message = zmsg_new();
    (void)zmsg_addstr(message, "store");
    (void)zmsg_addmem(message, bytes, size);
    fake->acks[fake->ack_count++] = message;
}

void fake_stores_say(struct fake_stores *fake, const struct link_ack *ack)
{
    size_t size = 0;
    uint8_t *bytes = link_ack_pack(ack, &size);
    assert(bytes != NULL);
    fake_stores_say_bytes(fake, bytes, size);
    free(bytes);
}
