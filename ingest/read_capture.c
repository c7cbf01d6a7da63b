/* SPDX-License-Identifier: BSD-3-Clause -- datagrams from a capture file instead of sockets. */
#include "ingest/read_capture.h"

#include "common/clock.h"
#include "common/daemon.h"
#include "common/log.h"
#include "ingest/decode/decode_counters.h"
#include "ingest/receive/capture.h"

#include <inttypes.h>
#include <stdio.h>

static void print_summary(const struct capture *capture, const struct decode_counters *counters)
{
    struct capture_counters file = capture_counters(capture);
    (void)fprintf(stderr,
        "packets=%" PRIu64 " datagrams=%" PRIu64 " skipped=%" PRIu64 " flows=%" PRIu64 "\n",
        file.packets, file.datagrams, file.skipped, counter_get(&counters->flows));
    for (int i = 0; i < FLOW_TYPE_COUNT; i++) {
        uint64_t count = counter_get(&counters->datagrams[i]);
        if (count > 0) {
            (void)fprintf(stderr, "type=%s datagrams=%" PRIu64 "\n",
                flow_type_text((enum flow_type)i), count);
        }
    }
    for (int i = DECODE_OK + 1; i < DECODE_STATUS_COUNT; i++) {
        uint64_t count = counter_get(&counters->dropped[i]);
        if (count > 0) {
            (void)fprintf(stderr, "dropped=%s count=%" PRIu64 "\n",
                decode_status_text((enum decode_status)i), count);
        }
    }
}

/* A file can wait, unlike a socket. */
static void catch_up(struct decoder *decoder, const struct flow_sink *sink)
{
    bool has_more = true;
    while (has_more) {
        has_more = decoder_catch_up(decoder, sink);
    }
}

static enum err decode_all(
    struct capture *capture, struct decoder *decoder, const struct flow_sink *sink)
{
    while (!daemon_is_stopping()) {
        struct datagram datagram;
        enum err err = capture_next(capture, &datagram);
        if (err != ERR_OK) {
            return err == ERR_END ? ERR_OK : err;
        }
        decoder_tick(decoder, datagram.received_ns);
        (void)decoder_decode(decoder, &datagram, sink); /* the decoder counts its drops */
        catch_up(decoder, sink);
    }
    return ERR_OK;
}

enum err read_capture(
    const char *path, const struct outlet *outlet, const struct decoder_options *options)
{
    struct capture *capture;
    enum err err = capture_open(&capture, path);
    if (err != ERR_OK) {
        return err;
    }
    struct decoder *decoder;
    struct decoder_options decoder_options = *options;
    decoder_options.records = (struct record_sink){outlet->take_record, outlet->context};
    err = decoder_new(&decoder, &decoder_options);
    if (err != ERR_OK) {
        log_error("read", "cannot start the decoder", "error=\"%s\"", err_text(err));
        capture_close(&capture);
        return err;
    }
    const struct flow_sink sink = {outlet->take, outlet->context};
    err = decode_all(capture, decoder, &sink);
    decoder_finish(decoder);
    if (outlet->tell_refused != NULL) {
        uint64_t now_s = clock_wall_ns() / NS_PER_S;
        outlet->tell_refused(outlet->context, now_s - now_s % S_PER_MINUTE);
    }
    outlet->finish(outlet->context);
    print_summary(capture, decoder_counters(decoder));
    decoder_destroy(&decoder);
    capture_close(&capture);
    return err;
}
