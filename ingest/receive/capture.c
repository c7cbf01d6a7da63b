/* SPDX-License-Identifier: BSD-3-Clause -- reads UDP datagrams from a capture file. */
#include "ingest/receive/capture.h"

#include "common/log.h"
#include "ingest/receive/capture_packet.h"
#include "ingest/receive/capture_pcap.h"
#include "ingest/receive/capture_pcapng.h"

#include <stdlib.h>

enum {
    PROTOCOL_UDP = 17,
    UDP_HEADER = 8
};

struct capture {
    struct capture_input input;
    bool is_pcapng;
    struct capture_pcap pcap;
    struct capture_pcapng pcapng;
    struct fragments *fragments;
    struct capture_counters counters;
};

static enum err read_file_header(struct capture *capture)
{
    struct capture_input *input = &capture->input;
    enum err err = capture_input_read(input, 4);
    if (err == ERR_IO) {
        return err;
    }
    if (err != ERR_OK) {
        return capture_input_damaged(input, "too short for a capture");
    }
    capture->is_pcapng = capture_pcapng_detect(input->bytes);
    if (capture->is_pcapng) {
        return capture_pcapng_start(&capture->pcapng, input);
    }
    if (!capture_pcap_detect(&capture->pcap, input, input->bytes)) {
        return capture_input_damaged(input, "neither pcap nor pcapng");
    }
    return capture_pcap_start(&capture->pcap, input);
}

enum err capture_open(struct capture **capture_p, const char *path)
{
    *capture_p = calloc(1, sizeof **capture_p);
    if (*capture_p == NULL) {
        return ERR_MEMORY;
    }
    struct capture *capture = *capture_p;
    enum err err = capture_input_open(&capture->input, path);
    if (err == ERR_OK) {
        err = read_file_header(capture);
    }
    if (err == ERR_OK) {
        err = fragments_new(&capture->fragments);
    }
    if (err != ERR_OK) {
        capture_close(capture_p);
    }
    return err;
}

void capture_close(struct capture **capture_p)
{
    if (*capture_p == NULL) {
        return;
    }
    fragments_destroy(&(*capture_p)->fragments);
    capture_input_close(&(*capture_p)->input);
    free(*capture_p);
    *capture_p = NULL;
}

static enum err next_frame(struct capture *capture, struct capture_frame *frame_p)
{
    if (capture->is_pcapng) {
        return capture_pcapng_next(&capture->pcapng, &capture->input, frame_p);
    }
    return capture_pcap_next(&capture->pcap, &capture->input, frame_p);
}

/* The IP packet of a frame, put together where it was cut. */
static enum err next_packet(
    struct capture *capture, const struct capture_frame *frame, struct fragment *packet_p)
{
    struct cursor cursor;
    enum err err = capture_link_parse(frame, &cursor);
    if (err != ERR_OK) {
        return err;
    }
    struct capture_packet packet;
    err = capture_packet_parse(&packet, cursor);
    if (err != ERR_OK) {
        return err;
    }
    *packet_p = packet.fragment;
    if (!packet.is_fragment) {
        return ERR_OK;
    }
    return fragments_add(capture->fragments, &packet.fragment, &packet_p->payload);
}

static enum err parse_udp(const struct fragment *packet, struct datagram *datagram_p)
{
    if (packet->protocol != PROTOCOL_UDP) {
        return ERR_UNSUPPORTED;
    }
    struct cursor cursor = packet->payload;
    const uint8_t *header = cursor_take(&cursor, UDP_HEADER);
    if (header == NULL) {
        return ERR_SHORT;
    }
    size_t size = load_be16(header + 4);
    struct cursor payload = cursor_sub(&cursor, size - UDP_HEADER);
    if (size < UDP_HEADER || cursor_failed(&payload)) {
        return ERR_SHORT;
    }
    datagram_p->bytes = payload.pos;
    datagram_p->size = cursor_left(&payload);
    datagram_p->source = packet->source;
    datagram_p->source_port = load_be16(header);
    datagram_p->local_port = load_be16(header + 2);
    return ERR_OK;
}

/* The datagram that a frame completes. ERR_AGAIN: the frame is a fragment of one. */
static enum err parse_frame(
    struct capture *capture, const struct capture_frame *frame, struct datagram *datagram_p)
{
    struct fragment packet;
    enum err err = next_packet(capture, frame, &packet);
    if (err != ERR_OK) {
        return err;
    }
    datagram_p->received_ns = frame->time_ns;
    return parse_udp(&packet, datagram_p);
}

enum err capture_next(struct capture *capture, struct datagram *datagram_p)
{
    struct capture_frame frame;
    enum err err = next_frame(capture, &frame);
    for (; err == ERR_OK; err = next_frame(capture, &frame)) {
        capture->counters.packets++;
        err = parse_frame(capture, &frame, datagram_p);
        if (err == ERR_OK) {
            capture->counters.datagrams++;
            return ERR_OK;
        }
        capture->counters.skipped += err != ERR_AGAIN;
    }
    return err;
}

struct capture_counters capture_counters(const struct capture *capture)
{
    return capture->counters;
}
