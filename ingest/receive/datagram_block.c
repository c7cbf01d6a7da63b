/* SPDX-License-Identifier: BSD-3-Clause -- the memory one worker receives into. */
#include "ingest/receive/datagram_block.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum {
    SLOT_BYTES = 65536, /* a UDP length is 16 bits */
    SLOT_STRIDE = SLOT_BYTES + 1536
};

struct datagram_block {
    uint32_t slots;
    uint8_t *bytes;
    size_t size;
    struct mmsghdr *messages;
    struct iovec *vectors;
    struct sockaddr_storage *sources;
};

enum err datagram_block_new(struct datagram_block **block_p, uint32_t slots)
{
    struct datagram_block *block = calloc(1, sizeof *block);
    *block_p = block;
    if (block == NULL) {
        return ERR_MEMORY;
    }
    block->slots = slots;
    block->size = (size_t)slots * SLOT_STRIDE;
    void *memory =
        mmap(NULL, block->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    block->bytes = memory != MAP_FAILED ? memory : NULL;
    block->messages = calloc(slots, sizeof *block->messages);
    block->vectors = calloc(slots, sizeof *block->vectors);
    block->sources = calloc(slots, sizeof *block->sources);
    if (block->bytes == NULL || block->messages == NULL || block->vectors == NULL ||
        block->sources == NULL) {
        datagram_block_destroy(block_p);
        return ERR_MEMORY;
    }
    for (uint32_t i = 0; i < slots; i++) {
        block->vectors[i] = (struct iovec){block->bytes + (size_t)i * SLOT_STRIDE, SLOT_BYTES};
        block->messages[i].msg_hdr.msg_iov = &block->vectors[i];
        block->messages[i].msg_hdr.msg_iovlen = 1;
        block->messages[i].msg_hdr.msg_name = &block->sources[i];
    }
    return ERR_OK;
}

void datagram_block_destroy(struct datagram_block **block_p)
{
    struct datagram_block *block = *block_p;
    if (block == NULL) {
        return;
    }
    if (block->bytes != NULL) {
        (void)munmap(block->bytes, block->size);
    }
    free(block->messages);
    free(block->vectors);
    free(block->sources);
    free(block);
    *block_p = NULL;
}

uint32_t datagram_block_receive(struct datagram_block *block, int socket)
{
    /* The kernel writes each length back, so they are set anew. */
    for (uint32_t i = 0; i < block->slots; i++) {
        block->messages[i].msg_hdr.msg_namelen = sizeof block->sources[i];
    }
    int count = recvmmsg(socket, block->messages, block->slots, MSG_DONTWAIT, NULL);
    return count > 0 ? (uint32_t)count : 0;
}

void datagram_block_get(
    const struct datagram_block *block, uint32_t index, struct datagram *datagram_p)
{
    datagram_p->bytes = block->vectors[index].iov_base;
    datagram_p->size = block->messages[index].msg_len;
    datagram_p->source = address_from_sockaddr(
        (const struct sockaddr *)&block->sources[index], &datagram_p->source_port);
}
