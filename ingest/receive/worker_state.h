/*
 * worker_state.h -- what worker.c, worker_losses.c, worker_metrics.c and worker_questions.c share.
 */
#pragma once

#include "ingest/receive/datagram_block.h"
#include "ingest/receive/gather.h"
#include "ingest/receive/traffic.h"
#include "ingest/receive/worker.h"

#include <czmq.h>
#include <stdatomic.h>

/* What datagrams of one protocol cost, each on the average of those received together. */
struct worker_times {
    struct counter datagrams;
    struct counter faults;          /* of them, those with any */
    struct quantiles decoding_ns;   /* decoded, and their flows packed */
    struct quantiles processing_ns; /* the same, and received */
};

/* A document on its way to who asked for it. */
struct worker_answer {
    struct buffer *bytes; /* owned; NULL: nobody waits for one */
    enum decoder_document document;
    struct document_place place;
};

struct worker {
    struct worker_options options;
    struct flow_sink sink;
    struct decoder *decoder;
    struct datagram_block *block;
    struct traffic *traffic;
    zactor_t *actor;
    uint64_t received; /* datagrams */
    struct gather gather;
    bool is_stopping;
    struct worker_answer answer;
    bool has_backlog;                        /* of data whose template has come */
    uint64_t expired_ns;                     /* last look for data whose template does not come */
    uint64_t losses_minute;                  /* since 1970, of what was not told yet */
    uint32_t kernel_drops[WORKER_PORTS_MAX]; /* told */
    atomic_bool has_ended; /* the thread's last word: who reads it sees all the thread did */
    struct counter datagrams[WORKER_PORTS_MAX];
    struct counter bytes[WORKER_PORTS_MAX];
    struct counter refused[WORKER_PORTS_MAX];    /* of the datagrams: the list lacks their sender */
    struct counter refused_sender[2];            /* the last one's address */
    struct counter answers[DECODE_STATUS_COUNT]; /* datagrams, by what the decoder said */
    struct worker_times times[TRAFFIC_TYPE_COUNT];
};

/*
 * The worker's share of the loss ledger, its outlet's and its decoder's. The first
 * returns the milliseconds until the next call is due, -1 when nobody wants a ledger.
 */
int worker_losses_tick(struct worker *worker, uint64_t now_ns);
void worker_losses_finish(struct worker *worker);

/* The worker's thread: answers what has been asked so far, or begins to. */
void worker_answer(struct worker *worker, zsock_t *pipe);

/* Prints a part of the document that was asked for, and sends it after the last. True: goes on. */
bool worker_answer_more(struct worker *worker, zsock_t *pipe);
