/* SPDX-License-Identifier: BSD-3-Clause -- datagrams out of capture files. */
#include "common/clock.h"
#include "ingest/receive/capture.h"
#include "tests/support/capture_builder.h"

#include <criterion/criterion.h>
#include <unistd.h>

static const uint32_t MAGIC_US = 0xa1b2c3d4;
static const uint32_t MAGIC_NS = 0xa1b23c4d;

enum {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_RAW = 101,
    LINK_SLL = 113,
    LINK_SLL2 = 276
};

static struct build file;
static struct build frame;
static struct capture *capture;
static struct datagram datagram;

static void start(uint32_t magic, uint32_t link_type)
{
    build_pcap_header(&file, magic, link_type);
}

static enum err reopen(void)
{
    const char *path = build_file(&file);
    enum err err = capture_open(&capture, path);
    (void)unlink(path);
    return err;
}

static void check_payload(const char *payload)
{
    cr_assert_eq(capture_next(capture, &datagram), ERR_OK);
    cr_assert_eq(datagram.size, strlen(payload));
    cr_assert_arr_eq(datagram.bytes, payload, datagram.size);
    cr_assert_eq(datagram.source_port, 4000);
    cr_assert_eq(datagram.local_port, 2055);
}

static void check_end(void)
{
    cr_assert_eq(capture_next(capture, &datagram), ERR_END);
    capture_close(&capture);
}

/* The frame built so far becomes the file's next record. */
static void add_frame(void)
{
    build_pcap_record(&file, 1000, 5, &frame);
    frame.size = 0;
}

static void check_source(const char *text)
{
    char out[ADDRESS_TEXT_SIZE];
    (void)address_format(&datagram.source, out);
    cr_assert_str_eq(out, text);
}

Test(capture, refuses_what_is_no_capture)
{
    cr_assert_eq(reopen(), ERR_CORRUPT);
    build_bytes(&file, "not a capture", 13);
    cr_assert_eq(reopen(), ERR_CORRUPT);
    cr_assert_null(capture);
    cr_assert_eq(capture_open(&capture, "/nowhere/at/all"), ERR_IO);
    cr_assert_null(capture);
}

Test(capture, says_where_a_file_is_cut)
{
    start(MAGIC_US, LINK_RAW);
    size_t header_size = file.size;
    build_udp4(&frame, "export");
    add_frame();
    size_t whole = file.size;
    for (file.size = header_size + 1; file.size < whole; file.size++) {
        cr_assert_eq(reopen(), ERR_OK);
        cr_assert_eq(capture_next(capture, &datagram), ERR_CORRUPT, "%zu", file.size);
        capture_close(&capture);
    }
}

Test(capture, refuses_a_record_longer_than_any_frame)
{
    start(MAGIC_US, LINK_RAW);
    build_zeroes(&file, 8);
    build_u32(&file, UINT32_MAX);
    build_u32(&file, UINT32_MAX);
    cr_assert_eq(reopen(), ERR_OK);
    cr_assert_eq(capture_next(capture, &datagram), ERR_CORRUPT);
    capture_close(&capture);
}

Test(capture, skips_and_counts_what_is_cut_or_no_udp)
{
    start(MAGIC_US, LINK_RAW);
    build_udp4(&frame, "export");
    size_t whole = frame.size;
    for (size_t size = 0; size < whole; size++) {
        frame.size = size;
        build_pcap_record(&file, 0, 0, &frame);
    }
    frame.size = whole;
    frame.bytes[9] = 6;
    add_frame();
    cr_assert_eq(reopen(), ERR_OK);
    cr_assert_eq(capture_next(capture, &datagram), ERR_END);
    cr_assert_eq(capture_counters(capture).packets, whole + 1);
    cr_assert_eq(capture_counters(capture).skipped, whole + 1);
    capture_close(&capture);
}

Test(capture, skips_a_udp_length_that_cannot_be)
{
    start(MAGIC_US, LINK_RAW);
    for (uint16_t length = 0; length < 20; length++) {
        build_udp4(&frame, "export");
        frame.bytes[25] = (uint8_t)length;
        add_frame();
    }
    cr_assert_eq(reopen(), ERR_OK);
    for (size_t size = 0; size <= 6; size++) {
        cr_assert_eq(capture_next(capture, &datagram), ERR_OK);
        cr_assert_eq(datagram.size, size);
    }
    check_end();
}

Test(capture, reads_both_byte_orders_and_both_resolutions)
{
    for (int order = 0; order < 2; order++) {
        for (int is_nano = 0; is_nano < 2; is_nano++) {
            file = (struct build){.is_little_endian = order == 1};
            start(is_nano ? MAGIC_NS : MAGIC_US, LINK_RAW);
            build_udp4(&frame, "export");
            add_frame();
            cr_assert_eq(reopen(), ERR_OK);
            check_payload("export");
            uint64_t fraction = is_nano ? 5 : 5 * NS_PER_US;
            cr_assert_eq(datagram.received_ns, 1000 * NS_PER_S + fraction);
            check_end();
        }
    }
}

Test(capture, reads_ipv4_and_ipv6_addresses)
{
    start(MAGIC_US, LINK_RAW);
    build_udp4(&frame, "four");
    add_frame();
    build_udp6(&frame, "six");
    add_frame();
    cr_assert_eq(reopen(), ERR_OK);
    check_payload("four");
    check_source("192.0.2.1");
    check_payload("six");
    check_source("2001:db8::1");
    check_end();
}

Test(capture, passes_vlan_tags)
{
    start(MAGIC_US, LINK_ETHERNET);
    for (int tags = 0; tags <= 3; tags++) {
        build_zeroes(&frame, 12);
        for (int i = 0; i < tags; i++) {
            build_u16(&frame, i == 0 ? 0x88a8 : 0x8100);
            build_u16(&frame, 100);
        }
        build_u16(&frame, 0x0800);
        build_udp4(&frame, "tagged");
        build_zeroes(&frame, 7); /* Ethernet padding is no payload */
        add_frame();
    }
    cr_assert_eq(reopen(), ERR_OK);
    for (int tags = 0; tags <= 3; tags++) {
        check_payload("tagged");
    }
    check_end();
}

Test(capture, reads_linux_cooked_and_loopback)
{
    static const struct {
        uint32_t link_type;
        size_t before;
        size_t after;
        bool has_etype;
    } LINKS[] = {{LINK_SLL, 14, 0, true}, {LINK_SLL2, 0, 18, true}, {LINK_NULL, 4, 0, false}};
    for (size_t i = 0; i < sizeof LINKS / sizeof LINKS[0]; i++) {
        file.size = 0;
        start(MAGIC_US, LINKS[i].link_type);
        build_zeroes(&frame, LINKS[i].before);
        if (LINKS[i].has_etype) {
            build_u16(&frame, 0x86dd);
        }
        build_zeroes(&frame, LINKS[i].after);
        build_udp6(&frame, "cooked");
        add_frame();
        cr_assert_eq(reopen(), ERR_OK);
        check_payload("cooked");
        check_end();
    }
}

Test(capture, puts_fragments_together_in_any_order)
{
    static const char PAYLOAD[] = "a datagram longer than one fragment of sixteen bytes";
    static const uint16_t OFFSETS[] = {32, 0, 48, 0, 16};
    start(MAGIC_US, LINK_RAW);
    for (size_t i = 0; i < sizeof OFFSETS / sizeof OFFSETS[0]; i++) {
        build_udp4_fragment(&frame, PAYLOAD, 7, OFFSETS[i], OFFSETS[i] == 48 ? 0 : 16);
        add_frame();
    }
    cr_assert_eq(reopen(), ERR_OK);
    check_payload(PAYLOAD);
    cr_assert_eq(capture_counters(capture).skipped, 0);
    check_end();
}

Test(capture, holds_a_bounded_number_of_fragmented_packets)
{
    static const char PAYLOAD[] = "a datagram longer than one fragment of sixteen bytes";
    start(MAGIC_US, LINK_RAW);
    for (uint16_t id = 0; id < 100; id++) {
        build_udp4_fragment(&frame, PAYLOAD, id, 0, 16);
        add_frame();
    }
    build_udp4_fragment(&frame, PAYLOAD, 0, 16, 0);
    add_frame();
    build_udp4_fragment(&frame, PAYLOAD, 99, 16, 0);
    add_frame();
    cr_assert_eq(reopen(), ERR_OK);
    check_payload(PAYLOAD);
    check_end();
}

Test(capture, reads_pcapng_with_several_interfaces_and_sections)
{
    for (int order = 0; order < 2; order++) {
        file = (struct build){.is_little_endian = order == 1};
        build_section(&file);
        build_interface(&file, LINK_SLL, 0);
        build_interface(&file, LINK_RAW, 9);
        struct build unknown = {.size = 40};
        build_block(&file, 0x0bad, &unknown);
        frame.size = 0;
        build_udp4(&frame, "odd");
        build_enhanced_packet(&file, 1, 7 * NS_PER_S + 1, &frame);
        file.is_little_endian = !file.is_little_endian;
        build_section(&file);
        build_interface(&file, LINK_RAW, 0x80 | 10);
        build_enhanced_packet(&file, 0, 9 * 1024 + 512, &frame);
        cr_assert_eq(reopen(), ERR_OK);
        check_payload("odd");
        cr_assert_eq(datagram.received_ns, 7 * NS_PER_S + 1);
        check_payload("odd");
        cr_assert_eq(datagram.received_ns, 9 * NS_PER_S + NS_PER_S / 2);
        check_end();
    }
}

Test(capture, refuses_a_pcapng_packet_of_an_unknown_interface)
{
    build_section(&file);
    build_udp4(&frame, "lost");
    build_enhanced_packet(&file, 0, 0, &frame);
    cr_assert_eq(reopen(), ERR_OK);
    cr_assert_eq(capture_next(capture, &datagram), ERR_CORRUPT);
    capture_close(&capture);
}

Test(capture, survives_every_cut_of_a_pcapng_file)
{
    build_section(&file);
    build_interface(&file, LINK_RAW, 9);
    build_udp4(&frame, "export");
    build_enhanced_packet(&file, 0, 0, &frame);
    size_t whole = file.size;
    for (file.size = 0; file.size < whole; file.size++) {
        if (reopen() == ERR_OK) {
            enum err err = capture_next(capture, &datagram);
            cr_assert(err == ERR_END || err == ERR_CORRUPT, "%zu", file.size);
        }
        capture_close(&capture);
    }
}

Test(capture, refuses_impossible_pcapng_blocks)
{
    static const uint32_t LENGTHS[] = {0, 8, 11, 13, UINT32_MAX, UINT32_MAX - 3};
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        file.size = 0;
        build_section(&file);
        build_u32(&file, 6);
        build_u32(&file, LENGTHS[i]);
        build_zeroes(&file, 64);
        cr_assert_eq(reopen(), ERR_OK);
        cr_assert_eq(capture_next(capture, &datagram), ERR_CORRUPT);
        capture_close(&capture);
    }
}
