/* SPDX-License-Identifier: BSD-3-Clause -- the pcapng format. */
#include "ingest/receive/capture_pcapng.h"

#include "common/clock.h"
#include "common/cursor.h"

/* draft-ietf-opsawg-pcapng, Standardized Block Type Codes. */
enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2, /* obsolete, still written by old tools */
    BLOCK_SIMPLE = 3,
    BLOCK_ENHANCED = 6
};

enum {
    ORDER_MAGIC = 0x1a2b3c4d,
    BLOCK_HEADER = 8,    /* type, total length */
    BLOCK_OVERHEAD = 12, /* and the length again at the end */
    SECTION_MIN = 28,
    OPTION_END = 0,
    OPTION_TSRESOL = 9,
    OPTION_TSOFFSET = 14
};

bool capture_pcapng_detect(const uint8_t magic[4])
{
    return load_be32(magic) == BLOCK_SECTION;
}

/* Reads `size` bytes that must be there. */
static enum err read_whole(struct capture_input *input, size_t size)
{
    enum err err = capture_input_read(input, size);
    if (err == ERR_OK || err == ERR_IO || (err == ERR_END && size == 0)) {
        return err == ERR_END ? ERR_OK : err;
    }
    return capture_input_damaged(input, err == ERR_FULL ? "a block too long" : "ends in a block");
}

/* A section header from its length on; a new section forgets the interfaces of the last. */
static enum err start_section(struct capture_pcapng *pcapng, struct capture_input *input)
{
    enum err err = read_whole(input, 8);
    if (err != ERR_OK) {
        return err;
    }
    input->is_big_endian = true;
    if (capture_input_u32(input, input->bytes + 4) != ORDER_MAGIC) {
        input->is_big_endian = false;
        if (capture_input_u32(input, input->bytes + 4) != ORDER_MAGIC) {
            return capture_input_damaged(input, "a section of no byte order");
        }
    }
    uint32_t total = capture_input_u32(input, input->bytes);
    if (total < SECTION_MIN || total % 4 != 0) {
        return capture_input_damaged(input, "a section header of impossible length");
    }
    pcapng->interface_count = 0;
    err = capture_input_skip(input, total - BLOCK_OVERHEAD);
    return err == ERR_SHORT ? capture_input_damaged(input, "ends in a section header") : err;
}

enum err capture_pcapng_start(struct capture_pcapng *pcapng, struct capture_input *input)
{
    pcapng->last_ns = 0;
    return start_section(pcapng, input);
}

/* if_tsresol: a negative power of 10, or of 2 when the top bit is set. 0: beyond 64 bits. */
static uint64_t ticks_per_second(uint8_t resolution)
{
    uint8_t exponent = resolution & 0x7f;
    if ((resolution & 0x80) != 0) {
        return exponent < 64 ? UINT64_C(1) << exponent : 0;
    }
    uint64_t ticks = 1;
    for (uint8_t i = 0; i < exponent; i++) {
        if (ticks > UINT64_MAX / 10) {
            return 0;
        }
        ticks *= 10;
    }
    return ticks;
}

static void read_interface_options(
    const struct capture_input *input, struct capture_interface *interface, struct cursor options)
{
    while (cursor_left(&options) >= 4) {
        const uint8_t *head = cursor_take(&options, 4);
        uint16_t code = capture_input_u16(input, head);
        uint16_t size = capture_input_u16(input, head + 2);
        struct cursor value = cursor_sub(&options, size);
        cursor_skip(&options, (4 - size % 4) % 4);
        if (code == OPTION_END || cursor_failed(&value)) {
            return;
        }
        if (code == OPTION_TSRESOL && size == 1) {
            interface->ticks_per_s = ticks_per_second(value.pos[0]);
        } else if (code == OPTION_TSOFFSET && size == 8) {
            uint64_t low = capture_input_u32(input, value.pos + (input->is_big_endian ? 4 : 0));
            uint64_t high = capture_input_u32(input, value.pos + (input->is_big_endian ? 0 : 4));
            interface->offset_s = (int64_t)(high << 32 | low);
        }
    }
}

static enum err add_interface(
    struct capture_pcapng *pcapng, const struct capture_input *input, struct cursor body)
{
    const uint8_t *head = cursor_take(&body, 8);
    if (head == NULL) {
        return capture_input_damaged(input, "an interface description too short");
    }
    if (pcapng->interface_count == CAPTURE_INTERFACES_MAX) {
        return capture_input_damaged(input, "more than 256 interfaces");
    }
    struct capture_interface *interface = &pcapng->interfaces[pcapng->interface_count++];
    *interface = (struct capture_interface){
        .link_type = capture_input_u16(input, head),
        .snap_size = capture_input_u32(input, head + 4),
        .ticks_per_s = 1000000,
    };
    read_interface_options(input, interface, body);
    if (interface->ticks_per_s == 0) {
        return capture_input_damaged(input, "an interface of impossible time resolution");
    }
    return ERR_OK;
}

static uint64_t stamp_ns(const struct capture_interface *interface, uint64_t ticks)
{
    uint64_t seconds = ticks / interface->ticks_per_s + (uint64_t)interface->offset_s;
    unsigned __int128 rest = ticks % interface->ticks_per_s;
    return seconds * NS_PER_S + (uint64_t)(rest * NS_PER_S / interface->ticks_per_s);
}

/* Enhanced and obsolete packet blocks differ only in how they name the interface. */
static enum err read_packet(struct capture_pcapng *pcapng, const struct capture_input *input,
    bool is_enhanced, struct capture_frame *frame_p)
{
    struct cursor body = cursor_of(frame_p->bytes, frame_p->size);
    const uint8_t *head = cursor_take(&body, 20);
    if (head == NULL) {
        return capture_input_damaged(input, "a packet block too short");
    }
    uint32_t id = is_enhanced ? capture_input_u32(input, head) : capture_input_u16(input, head);
    if (id >= pcapng->interface_count) {
        return capture_input_damaged(input, "a packet of an interface that is not described");
    }
    const struct capture_interface *interface = &pcapng->interfaces[id];
    uint64_t high = capture_input_u32(input, head + 4);
    uint64_t ticks = high << 32 | capture_input_u32(input, head + 8);
    struct cursor packet = cursor_sub(&body, capture_input_u32(input, head + 12));
    if (cursor_failed(&packet)) {
        return capture_input_damaged(input, "a packet longer than its block");
    }
    pcapng->last_ns = stamp_ns(interface, ticks);
    frame_p->bytes = packet.pos;
    frame_p->size = cursor_left(&packet);
    frame_p->link_type = interface->link_type;
    frame_p->time_ns = pcapng->last_ns;
    return ERR_OK;
}

/* A simple packet belongs to the first interface, whose snap length cuts it. */
static enum err read_simple_packet(const struct capture_pcapng *pcapng,
    const struct capture_input *input, struct capture_frame *frame_p)
{
    struct cursor body = cursor_of(frame_p->bytes, frame_p->size);
    const uint8_t *head = cursor_take(&body, 4);
    if (head == NULL || pcapng->interface_count == 0) {
        return capture_input_damaged(input, "a simple packet without length or interface");
    }
    const struct capture_interface *interface = &pcapng->interfaces[0];
    size_t size = capture_input_u32(input, head);
    if (interface->snap_size != 0 && size > interface->snap_size) {
        size = interface->snap_size;
    }
    frame_p->bytes = body.pos;
    frame_p->size = size < cursor_left(&body) ? size : cursor_left(&body);
    frame_p->link_type = interface->link_type;
    frame_p->time_ns = pcapng->last_ns;
    return ERR_OK;
}

/* ERR_AGAIN: the block was no packet. */
static enum err read_block(struct capture_pcapng *pcapng, struct capture_input *input,
    uint32_t type, struct capture_frame *frame_p)
{
    switch (type) {
    case BLOCK_INTERFACE: {
        enum err err = add_interface(pcapng, input, cursor_of(frame_p->bytes, frame_p->size));
        return err == ERR_OK ? ERR_AGAIN : err;
    }
    case BLOCK_SIMPLE:
        return read_simple_packet(pcapng, input, frame_p);
    default:
        return read_packet(pcapng, input, type == BLOCK_ENHANCED, frame_p);
    }
}

static bool is_block_of_interest(uint32_t type)
{
    return type == BLOCK_INTERFACE || type == BLOCK_PACKET || type == BLOCK_SIMPLE ||
           type == BLOCK_ENHANCED;
}

/* A block of the section, given the bytes of its type. ERR_AGAIN: it was no packet. */
static enum err next_block(struct capture_pcapng *pcapng, struct capture_input *input,
    const uint8_t type_bytes[4], struct capture_frame *frame_p)
{
    uint32_t type = capture_input_u32(input, type_bytes);
    enum err err = read_whole(input, 4);
    if (err != ERR_OK) {
        return err;
    }
    uint32_t total = capture_input_u32(input, input->bytes);
    if (total < BLOCK_OVERHEAD || total % 4 != 0) {
        return capture_input_damaged(input, "a block of impossible length");
    }
    if (!is_block_of_interest(type)) {
        err = capture_input_skip(input, total - BLOCK_HEADER);
        if (err == ERR_OK) {
            return ERR_AGAIN;
        }
        return err == ERR_SHORT ? capture_input_damaged(input, "ends in a block") : err;
    }
    err = read_whole(input, total - BLOCK_HEADER);
    if (err != ERR_OK) {
        return err;
    }
    frame_p->bytes = input->bytes;
    frame_p->size = total - BLOCK_OVERHEAD;
    return read_block(pcapng, input, type, frame_p);
}

/* A block or a section's header. ERR_AGAIN: it was no packet. */
static enum err read_next(
    struct capture_pcapng *pcapng, struct capture_input *input, struct capture_frame *frame_p)
{
    enum err err = capture_input_read(input, 4);
    if (err != ERR_OK) {
        return err == ERR_SHORT ? capture_input_damaged(input, "ends in a block's type") : err;
    }
    uint8_t type_bytes[4];
    memcpy(type_bytes, input->bytes, sizeof type_bytes);
    if (!capture_pcapng_detect(type_bytes)) {
        return next_block(pcapng, input, type_bytes, frame_p);
    }
    err = start_section(pcapng, input);
    return err == ERR_OK ? ERR_AGAIN : err;
}

enum err capture_pcapng_next(
    struct capture_pcapng *pcapng, struct capture_input *input, struct capture_frame *frame_p)
{
    enum err err;
    do {
        err = read_next(pcapng, input, frame_p);
    } while (err == ERR_AGAIN);
    return err;
}
