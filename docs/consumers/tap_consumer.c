/* SPDX-License-Identifier: BSD-3-Clause -- prints source, destination and bytes of flows. */

/*
 *     protoc-c --proto_path=proto --c_out=. flow.proto
 *     cc -I. docs/consumers/tap_consumer.c flow.pb-c.c -lzmq -lprotobuf-c -o tap_consumer
 *     ./tap_consumer tcp://127.0.0.1:5559
 */
#include "flow.pb-c.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

/* Addresses are 4 or 16 octets; an absent one has none. */
static const char *address_text(const ProtobufCBinaryData *address, char text[INET6_ADDRSTRLEN])
{
    if (address->len != 4 && address->len != 16) {
        return "-";
    }
    int family = address->len == 4 ? AF_INET : AF_INET6;
    return inet_ntop(family, address->data, text, INET6_ADDRSTRLEN);
}

static void print_batch(const uint8_t *bytes, size_t size)
{
    Flowprotob__FlowBatch *batch = flowprotob__flow_batch__unpack(NULL, size, bytes);
    if (batch == NULL) {
        (void)fprintf(stderr, "not a FlowBatch\n");
        return;
    }
    for (size_t i = 0; i < batch->n_flows; i++) {
        const Flowprotob__FlowMessage *flow = batch->flows[i];
        char source[INET6_ADDRSTRLEN];
        char target[INET6_ADDRSTRLEN];
        (void)printf("%s %s %" PRIu64 "\n", address_text(&flow->srcaddr, source),
            address_text(&flow->dstaddr, target), flow->bytes);
    }
    (void)fflush(stdout);
    flowprotob__flow_batch__free_unpacked(batch, NULL);
}

int main(int argc, char **argv)
{
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_SUB);
    if (zmq_connect(socket, argc > 1 ? argv[1] : "tcp://127.0.0.1:5559") != 0 ||
        zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "flows", 5) != 0) {
        (void)fprintf(stderr, "%s\n", zmq_strerror(zmq_errno()));
        return EXIT_FAILURE;
    }
    for (;;) { /* a message is two frames: the topic, then the flows */
        zmq_msg_t topic;
        zmq_msg_t flows;
        (void)zmq_msg_init(&topic);
        (void)zmq_msg_init(&flows);
        if (zmq_msg_recv(&topic, socket, 0) < 0 || zmq_msg_recv(&flows, socket, 0) < 0) {
            break;
        }
        print_batch(zmq_msg_data(&flows), zmq_msg_size(&flows));
        (void)zmq_msg_close(&topic);
        (void)zmq_msg_close(&flows);
    }
    (void)zmq_close(socket);
    (void)zmq_ctx_term(context);
    return EXIT_SUCCESS;
}
