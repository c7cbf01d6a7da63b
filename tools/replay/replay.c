/* SPDX-License-Identifier: BSD-3-Clause -- sends datagrams and sums up what it sent. */
#include "tools/replay/replay.h"

#include "common/clock.h"
#include "common/daemon.h"
#include "common/log.h"
#include "ingest/receive/capture.h"
#include "tools/replay/pace.h"

/* Files made from one seed are equal, whenever they are made: they start at this time. */
#define FILE_START_NS (UINT64_C(1700000000) * NS_PER_S)

enum {
    FILE_RATE_PPS = 1000 /* of the times in a file, unless told otherwise */
};

/* Where datagrams come from: exactly one of synthetic and capture is there. */
struct source {
    const struct replay_options *options;
    struct synthetic *synthetic;
    struct capture *capture;
    struct decoder *decoder; /* to say which flows the capture's datagrams hold */
    struct replay_summary *summary;
};

static void count_flow(void *context, const struct flow *flow)
{
    struct flow_sums *sums = context;
    sums->flows++;
    sums->bytes += flow_number(flow, FLOW_BYTES);
    sums->packets += flow_number(flow, FLOW_PACKETS);
}

static enum err open_source(struct source *source)
{
    const struct replay_options *options = source->options;
    if (options->capture_path == NULL) {
        return synthetic_new(&source->synthetic, &options->synthetic);
    }
    enum err err = capture_open(&source->capture, options->capture_path);
    if (err != ERR_OK) {
        return err;
    }
    const struct decoder_options decoder_options = {0};
    return decoder_new(&source->decoder, &decoder_options);
}

static void close_source(struct source *source)
{
    synthetic_destroy(&source->synthetic);
    capture_close(&source->capture);
    decoder_destroy(&source->decoder);
}

/* An exporter for each source address in the capture, as far as there are enough. */
static uint32_t exporter_of(const struct source *source, const struct address *address)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < sizeof address->bytes; i++) {
        hash = hash * 31 + address->bytes[i];
    }
    return hash % source->options->synthetic.exporters;
}

static enum err send_captured(struct source *source, struct output *output)
{
    struct datagram datagram;
    enum err err = capture_next(source->capture, &datagram);
    if (err != ERR_OK) {
        return err;
    }
    const struct flow_sink sink = {count_flow, &source->summary->sums};
    (void)decoder_decode(source->decoder, &datagram, &sink);
    if (datagram.size > OUTPUT_DATAGRAM_MAX) {
        return ERR_OK;
    }
    memcpy(output_room(output), datagram.bytes, datagram.size);
    source->summary->datagrams++;
    source->summary->payload_bytes += datagram.size;
    return output_add(
        output, datagram.size, exporter_of(source, &datagram.source), datagram.received_ns);
}

static uint64_t export_time_ns(const struct source *source)
{
    const struct replay_options *options = source->options;
    if (!options->is_file) {
        return clock_wall_ns();
    }
    uint64_t rate_pps = options->rate_pps != 0 ? options->rate_pps : FILE_RATE_PPS;
    return FILE_START_NS + source->summary->datagrams * NS_PER_S / rate_pps;
}

static enum err send_synthetic(struct source *source, struct output *output)
{
    uint64_t time_ns = export_time_ns(source);
    uint32_t exporter = 0;
    size_t size = synthetic_next(
        source->synthetic, time_ns, output_room(output), &exporter, &source->summary->sums);
    source->summary->datagrams++;
    source->summary->payload_bytes += size;
    return output_add(output, size, exporter, time_ns);
}

static bool is_done(const struct source *source, uint64_t start_ns)
{
    const struct replay_options *options = source->options;
    bool is_counted = options->count != 0 && source->summary->datagrams >= options->count;
    bool is_late = options->duration_ms != 0 &&
                   clock_monotonic_ns() - start_ns >= options->duration_ms * NS_PER_MS;
    return is_counted || is_late || daemon_is_stopping();
}

static enum err send_all(struct source *source, struct output *output, uint64_t start_ns)
{
    struct pace pace;
    pace_start(&pace, source->options->is_file ? 0 : source->options->rate_pps);
    enum err err = ERR_OK;
    while (err == ERR_OK && !is_done(source, start_ns)) {
        if (!pace_take(&pace)) {
            err = output_flush(output);
            pace_wait(&pace);
            continue;
        }
        err = source->capture != NULL ? send_captured(source, output)
                                      : send_synthetic(source, output);
    }
    return err == ERR_END ? ERR_OK : err;
}

enum err replay_run(
    const struct replay_options *options, struct output *output, struct replay_summary *summary_p)
{
    *summary_p = (struct replay_summary){0};
    struct source source = {.options = options, .summary = summary_p};
    uint64_t start_ns = clock_monotonic_ns();
    enum err err = open_source(&source);
    if (err == ERR_OK) {
        err = send_all(&source, output, start_ns);
    }
    if (err == ERR_OK) {
        err = output_flush(output);
    }
    summary_p->duration_ms = (clock_monotonic_ns() - start_ns) / NS_PER_MS;
    close_source(&source);
    return err;
}
