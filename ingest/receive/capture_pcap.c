/* SPDX-License-Identifier: BSD-3-Clause -- the classic pcap format. */
#include "ingest/receive/capture_pcap.h"

#include "common/clock.h"
#include "common/cursor.h"

enum {
    MAGIC_US = (int)0xa1b2c3d4,
    MAGIC_NS = (int)0xa1b23c4d,
    HEADER_REST = 20, /* after the magic number */
    LINK_TYPE_OFFSET = 16,
    RECORD_HEADER = 16
};

bool capture_pcap_detect(
    struct capture_pcap *pcap, struct capture_input *input, const uint8_t magic[4])
{
    for (int order = 0; order < 2; order++) {
        input->is_big_endian = order == 1;
        int number = (int)capture_input_u32(input, magic);
        if (number == MAGIC_US || number == MAGIC_NS) {
            pcap->ns_per_tick = number == MAGIC_US ? NS_PER_US : 1;
            return true;
        }
    }
    return false;
}

enum err capture_pcap_start(struct capture_pcap *pcap, struct capture_input *input)
{
    enum err err = capture_input_read(input, HEADER_REST);
    if (err == ERR_IO) {
        return err;
    }
    if (err != ERR_OK) {
        return capture_input_damaged(input, "ends in its header");
    }
    /* The upper half tells the length of the frame check sequence, which nobody reads here. */
    pcap->link_type = capture_input_u32(input, input->bytes + LINK_TYPE_OFFSET) & 0xffff;
    return ERR_OK;
}

enum err capture_pcap_next(
    const struct capture_pcap *pcap, struct capture_input *input, struct capture_frame *frame_p)
{
    enum err err = capture_input_read(input, RECORD_HEADER);
    if (err == ERR_END || err == ERR_IO) {
        return err;
    }
    if (err != ERR_OK) {
        return capture_input_damaged(input, "ends in a record's header");
    }
    uint64_t seconds = capture_input_u32(input, input->bytes);
    uint64_t ticks = capture_input_u32(input, input->bytes + 4);
    uint32_t size = capture_input_u32(input, input->bytes + 8);
    err = capture_input_read(input, size);
    if (err == ERR_IO) {
        return err;
    }
    if (err == ERR_FULL) {
        return capture_input_damaged(input, "a record longer than any frame");
    }
    if (err != ERR_OK && size > 0) {
        return capture_input_damaged(input, "ends in a record");
    }
    *frame_p = (struct capture_frame){
        .bytes = input->bytes,
        .size = size,
        .link_type = pcap->link_type,
        .time_ns = seconds * NS_PER_S + ticks * pcap->ns_per_tick,
    };
    return ERR_OK;
}
