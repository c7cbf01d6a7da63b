/*
 * stream.h -- who is who behind one address: the one place that decides it.
 *
 * A stream is what one process sends by one protocol for one observation domain (source id, engine;
 * of sFlow agent and sub-agent), and one of its lives: a restart begins the next one. Templates,
 * sampling rates, option names and start times are kept by the number of the stream that announced
 * them, which is never given twice, so a restart makes all of them the past at once.
 *
 *   - A datagram belongs to the stream of its protocol, domain and source port (agent).
 *   - From another port it belongs to the stream whose sequence it continues: an exporter may
 *     change its port, or use several.
 *   - It begins a new life when the exporter's uptime or its sequence number has gone back, and
 *     neither reordering nor a wrap explains it. The life before is kept for a while: a restart
 *     that was none is undone when it goes on, and when several processes send through one port (a
 *     relay), each goes on with its own.
 *   - Else it is a new stream.
 *
 * Streams of one exporter whose uptimes agree, or that share a port, are one family: a stream that
 * lacks a template or a rate uses one of its family. See docs/receive.md.
 *
 * Kept for each exporter; bounded. The decoder's thread owns it.
 */
#pragma once

#include "ingest/decode/sampling.h"
#include "ingest/decode/sequence.h"

struct stream {
    uint64_t origin;   /* agent, or source port heard last */
    uint64_t born_ns;  /* when this life was first heard */
    uint64_t heard_ns; /* when it was heard last, in order */
    uint64_t boot_ms;  /* since 1970, as its options data say (element 160); 0: unknown */
    uint32_t number;   /* of this life; never 0 */
    uint32_t family;
    uint32_t rates_of; /* the stream whose sampling rates count: itself, or one of its family */
    uint32_t domain;
    uint32_t uptime_ms;           /* as told last; 0: never */
    uint32_t export_s;            /* likewise */
    uint32_t announced_uptime_ms; /* the same with its last templates, for the snapshot */
    uint32_t announced_export_s;
    uint32_t restarts;
    uint8_t type;                    /* enum flow_type */
    bool is_ended;                   /* its exporter has begun another life */
    bool is_unproven;                /* this life follows another one, and has not gone on yet */
    bool has_announced;              /* a template of its own */
    bool has_rates;                  /* of its own */
    struct sampling_answer sampling; /* of the last header or sample; NetFlow 5, 7 and sFlow */
    struct sequence_tracker sequence;
};

/* Stands for all streams beyond the limit. */
#define STREAM_UNTRACKED                                                                           \
    (struct stream)                                                                                \
    {                                                                                              \
        .number = UINT32_MAX, .family = UINT32_MAX, .rates_of = UINT32_MAX                         \
    }

/* What has become of streams, for those who keep something by their numbers; 0: of none. */
struct stream_news {
    uint32_t ended;   /* its exporter has restarted */
    uint32_t revived; /* it has not, after all */
    uint32_t gone;    /* it is forgotten */
};

struct stream_table {
    struct stream *streams; /* NULL while empty */
    uint32_t count;
    uint32_t room;
    uint32_t hint;        /* the stream used last */
    uint32_t last_number; /* given */
    uint32_t ended_count;
    struct stream_news news;
};

/* A table set to zero is empty. */
void stream_table_clear(struct stream_table *table);

/*
 * The stream that the datagram belongs to, a new one where it is unknown: lent until the next call.
 * NULL: there are too many. Whoever keeps something by stream must look at `news` afterwards, act
 * on it, and zero it.
 */
struct stream *stream_table_find(struct stream_table *table, const struct sequence_step *step);

/* Counts the datagram, whose units are known now. */
void stream_follow(
    struct stream *stream, struct sequence_counters *counters, const struct sequence_step *step);

/* A stream for exports without sequence numbers, or with a fault before them; NULL: too many. */
struct stream *stream_table_take(struct stream_table *table, uint8_t type, uint32_t domain);

/* The stream of that number, or NULL. */
struct stream *stream_table_numbered(const struct stream_table *table, uint32_t number);

/*
 * Puts back a stream of these numbers, port, protocol and domain that was known before the program
 * started: what it sent last is not. NULL: there are too many.
 */
struct stream *stream_table_restore(struct stream_table *table, const struct stream *before);

/*
 * Forgets one ended life that has not been heard for a minute: its number is in `news`. False:
 * there is none.
 */
bool stream_table_bury(struct stream_table *table, uint64_t now_ns);

/* The stream has rates of its own from now on; those of its family without rates use them, too. */
void stream_table_tell_rates(struct stream_table *table, struct stream *stream, uint64_t now_ns);

/* A template of its own was announced in its last datagram, whose header said so. */
void stream_announce(struct stream *stream, uint32_t uptime_ms, uint32_t export_s);

/* When the exporter started: as its own options data say, or those of its family; 0: unknown. */
uint64_t stream_boot_ms(const struct stream_table *table, const struct stream *stream);

/*
 * Whether a stream may use what a stream of that family announced at that time for the same domain.
 * Without an uptime nothing proves that two ports are one device; then one that announces no
 * template itself may use what others have announced since it is there.
 */
static inline bool stream_may_use(const struct stream *stream, uint32_t family, uint64_t told_ns)
{
    bool has_proof = stream->uptime_ms != 0 || stream->has_announced;
    return family != 0 && (family == stream->family || (!has_proof && told_ns > stream->born_ns));
}
