/*
 * decode.h -- datagrams in, flows out: NetFlow v1/v5/v7/v9, IPFIX and sFlow v5.
 *
 * A decoder is one worker's: it keeps the state of every exporter steered to that worker
 * (templates, sampling rates, sequence numbers) in plain memory, with hard limits. One thread uses
 * it; its counters may be read by any. Pure: bytes, state and time in, flows out; no socket, no
 * clock, no log. Whatever the input, a bad part costs only itself and is counted by its reason.
 */
#pragma once

#include "common/address.h"
#include "common/flow.h"
#include "common/record.h"
#include "ingest/decode/decode_status.h"
#include "ingest/decode/exporter_counters.h"

struct buffer;
struct decoder;
struct mapping;
struct sampling_map;
struct snapshot;
struct template_census;

/* One received datagram; the bytes are lent for the call. */
struct datagram {
    const uint8_t *bytes;
    size_t size;
    struct address source; /* a link-local one keeps its zone; rows have it without */
    uint16_t source_port;
    uint16_t local_port;
    uint64_t received_ns; /* UTC */
};

struct decoder_options {
    uint32_t max_exporters;              /* 0: 4096 */
    uint32_t max_templates_per_exporter; /* 0: 4096 */
    uint32_t template_lifetime_s;        /* since last announced; 0: never expires */
    uint64_t max_template_bytes;         /* all templates of this decoder; 0: 256 MiB */
    uint64_t max_held_bytes;             /* data that waits for its template; 0: none waits */
    uint32_t max_held_age_s;             /* 0: a minute */
    const struct snapshot *snapshot;     /* borrowed; what exporters announced before, or NULL */
    struct record_sink records;          /* takes rows beside flows; `take` NULL: not wanted */
    const struct sampling_map *sampling; /* borrowed; the operator's rates, or NULL */
    bool prefers_inner;                  /* the packet inside a tunnel fills the plain fields */
    bool uses_original_exporter;         /* records name the exporter behind a mediator */
    bool takes_extra;                    /* elements without a field go to Extra */
    const struct mapping *mapping;       /* borrowed; elements to name there, or NULL */
};

/* On success *decoder_p is owned by the caller: decoder_destroy() it. */
MUST_CHECK enum err decoder_new(struct decoder **decoder_p, const struct decoder_options *options);
void decoder_destroy(struct decoder **decoder_p);

/*
 * Decodes one datagram of any protocol (its version field decides); each flow goes to the sink,
 * lent for the call. Every drop is counted; the answer is the first one, DECODE_OK if none.
 *
 * A template may free megabytes of data that waited for it. Of these it decodes as much as, with
 * the datagram, fits the longest datagram there is; the rest has to be asked for:
 */
enum decode_status decoder_decode(
    struct decoder *decoder, const struct datagram *datagram, const struct flow_sink *sink);

/*
 * Decodes as much of what is due as the longest datagram holds. True: there is more. Call it
 * whenever nothing comes, and before decoder_finish() until there is no more.
 */
bool decoder_catch_up(struct decoder *decoder, const struct flow_sink *sink);

/* From now on these are the operator's rates: borrowed, or NULL. The decoder's thread only. */
void decoder_use_sampling_map(struct decoder *decoder, const struct sampling_map *map);

/* From now on these elements have names in Extra: likewise. */
void decoder_use_mapping(struct decoder *decoder, const struct mapping *mapping);

/*
 * Drops and counts data that has waited too long for its template: every second or so, since the
 * exporter itself may have fallen silent.
 */
void decoder_expire(struct decoder *decoder, uint64_t now_ns);

/*
 * Gives a row of the loss ledger for each domain of each exporter when a minute has ended, by the
 * same clock as datagrams are received. Call it now and then; what came in between counts for the
 * minute before.
 */
void decoder_tick(struct decoder *decoder, uint64_t now_ns);

/* No datagram comes any more: drops and counts what still waits, and ends the ledger's minute. */
void decoder_finish(struct decoder *decoder);

/* Counters of this decoder: lent as long as it lives, readable by any thread. */
const struct decode_counters *decoder_counters(const struct decoder *decoder);

/* How often each template was announced to this decoder: as its counters. */
const struct template_census *decoder_census(const struct decoder *decoder);

/*
 * Calls `visit` for each exporter heard of; any thread. An exporter whose place is being taken
 * over at that moment is left out.
 */
void decoder_visit_exporters(const struct decoder *decoder, exporter_visit *visit, void *context);

/* What a decoder knows of its exporters. */
enum decoder_document {
    DECODER_TEMPLATES, /* in force, as "router":{"version":{"domain":{"id":template}}} */
    DECODER_EXPORTERS, /* exporter_document.h */
    DECODER_SNAPSHOT   /* what they have announced, as exporters of a snapshot (snapshot.h) */
};

/* Where a document goes on that is printed in parts; zero at the start. */
struct document_place {
    uint32_t exporter; /* its index */
    bool has_members;
    bool is_inside;      /* that exporter's member is begun */
    uint32_t generation; /* of the exporter's slot when it was */
    size_t begin;        /* where the member begins in the document */
    uint64_t item;       /* where it goes on: the index of an option, a template's key */
    uint32_t room;       /* of the table that the index is of */
};

/*
 * Appends the document: members of a JSON object, with commas between and no braces around them, so
 * that the documents of several decoders can be joined; a snapshot's exporters. The decoder's
 * thread only.
 */
void decoder_print(
    const struct decoder *decoder, enum decoder_document document, struct buffer *out);

/* The same a part at a time, for it may be long: document.h. True: there is more. */
bool decoder_print_part(const struct decoder *decoder, enum decoder_document document,
    struct document_place *place, struct buffer *out);
