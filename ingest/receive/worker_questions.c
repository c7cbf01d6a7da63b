/* SPDX-License-Identifier: BSD-3-Clause -- questions to a worker, from both ends of its pipe. */
/*
 *   question            answer
 *   DOCUMENT, its kind  after some turns a struct buffer, now the asker's; NULL: no memory
 *   SAMPLING, a map     a signal: what the decoder had before is not used any more
 *   MAPPING, a mapping  the same
 *   ALLOW, a list       the same
 *   $TERM               none: the thread ends
 */
#include "ingest/receive/worker_state.h"

#include <stdlib.h>
#include <string.h>

/* Askers wait for their document, so there is never a second one. */
static void begin_document(struct worker *worker, zsock_t *pipe)
{
    int document = 0;
    if (zsock_recv(pipe, "i", &document) != 0) {
        return;
    }
    struct buffer *bytes = calloc(1, sizeof *bytes);
    if (bytes == NULL) {
        (void)zsock_send(pipe, "p", NULL);
        return;
    }
    worker->answer =
        (struct worker_answer){.bytes = bytes, .document = (enum decoder_document)document};
}

bool worker_answer_more(struct worker *worker, zsock_t *pipe)
{
    struct worker_answer *answer = &worker->answer;
    if (answer->bytes == NULL) {
        return false;
    }
    if (decoder_print_part(worker->decoder, answer->document, &answer->place, answer->bytes)) {
        return true;
    }
    (void)zsock_send(pipe, "p", answer->bytes);
    answer->bytes = NULL;
    worker_answer(worker, pipe); /* whatever came meanwhile: see there */
    return answer->bytes != NULL;
}

static void take_sampling_map(struct worker *worker, zsock_t *pipe)
{
    void *map = NULL;
    if (zsock_recv(pipe, "p", &map) == 0) {
        decoder_use_sampling_map(worker->decoder, map);
    }
    (void)zsock_signal(pipe, 0);
}

static void take_mapping(struct worker *worker, zsock_t *pipe)
{
    void *mapping = NULL;
    if (zsock_recv(pipe, "p", &mapping) == 0) {
        decoder_use_mapping(worker->decoder, mapping);
    }
    (void)zsock_signal(pipe, 0);
}

static void take_allow_list(struct worker *worker, zsock_t *pipe)
{
    void *list = NULL;
    if (zsock_recv(pipe, "p", &list) == 0) {
        worker->options.allowed = list;
    }
    (void)zsock_signal(pipe, 0);
}

/*
 * ZeroMQ's descriptor tells only of what comes after the pipe was found empty, so the pipe is read
 * until it is; also after each use of it, which may have taken note of what had come.
 */
void worker_answer(struct worker *worker, zsock_t *pipe)
{
    while ((zsock_events(pipe) & ZMQ_POLLIN) != 0) {
        char *question = zstr_recv(pipe);
        if (question == NULL || strcmp(question, "$TERM") == 0) {
            worker->is_stopping = true;
        } else if (strcmp(question, "DOCUMENT") == 0) {
            begin_document(worker, pipe);
        } else if (strcmp(question, "SAMPLING") == 0) {
            take_sampling_map(worker, pipe);
        } else if (strcmp(question, "MAPPING") == 0) {
            take_mapping(worker, pipe);
        } else if (strcmp(question, "ALLOW") == 0) {
            take_allow_list(worker, pipe);
        }
        zstr_free(&question);
    }
}

enum err worker_print(struct worker *worker, enum decoder_document document, struct buffer *out)
{
    if (worker->actor == NULL) {
        decoder_print(worker->decoder, document, out);
        return buffer_check(out);
    }
    void *answer = NULL;
    if (zsock_send(worker->actor, "si", "DOCUMENT", (int)document) != 0 ||
        zsock_recv(worker->actor, "p", &answer) != 0) {
        return ERR_STOPPED;
    }
    struct buffer *bytes = answer;
    if (bytes == NULL) {
        return ERR_MEMORY;
    }
    enum err err = buffer_check(bytes);
    buffer_append(out, bytes->bytes, bytes->size);
    buffer_clear(bytes);
    free(bytes);
    return err != ERR_OK ? err : buffer_check(out);
}

static void give(struct worker *worker, const char *what, const void *value)
{
    (void)zsock_send(worker->actor, "sp", what, value);
    (void)zsock_wait(worker->actor);
}

void worker_use_sampling_map(struct worker *worker, const struct sampling_map *map)
{
    give(worker, "SAMPLING", map);
}

void worker_use_mapping(struct worker *worker, const struct mapping *mapping)
{
    give(worker, "MAPPING", mapping);
}

void worker_use_allow_list(struct worker *worker, const struct allow_list *list)
{
    give(worker, "ALLOW", list);
}
