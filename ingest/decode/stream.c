/* SPDX-License-Identifier: BSD-3-Clause -- who is who behind one address. */
#include "ingest/decode/stream.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_ROOM = 1,
    MAX_STREAMS = 256,
    MAX_ENDED = 16,           /* processes behind one relay that are told apart */
    MAX_AHEAD = 1 << 24,      /* a number further ahead is not one after losses */
    LATE_MS = 10 * 1000,      /* no datagram is reordered by more */
    WRAP_MS = 3600 * 1000,    /* an uptime that wraps may be ahead of our clock by so much */
    SAME_BOOT_MS = 3 * 1000,  /* export times are in whole seconds, and clocks are slewed */
    LATER_MS = 2 * 1000,      /* threads of an exporter may number and stamp in any order */
    LATER_S = 2,              /* the same in export times, whose seconds are rounded */
    CLOCK_LOST_S = 24 * 3600, /* so far back an export time says that the clock was lost */
    LITTLE_AHEAD = 8,         /* numbers that a few lost datagrams leave out */
    BURIED_AFTER_S = 60       /* an ended life that goes on would have been heard */
};

/* Only these announce templates, which a restart takes out of force. */
static bool has_templates(uint8_t type)
{
    return type == FLOW_TYPE_NETFLOW9 || type == FLOW_TYPE_IPFIX;
}

void stream_table_clear(struct stream_table *table)
{
    free(table->streams);
    memset(table, 0, sizeof *table);
}

/* An unused place at the end, or NULL. */
static struct stream *append(struct stream_table *table)
{
    if (table->count == table->room) {
        uint32_t room = table->room != 0 ? table->room * 2 : FIRST_ROOM;
        struct stream *larger =
            room <= MAX_STREAMS ? realloc(table->streams, room * sizeof *larger) : NULL;
        if (larger == NULL) {
            return NULL;
        }
        table->streams = larger;
        table->room = room;
    }
    struct stream *stream = &table->streams[table->count++];
    *stream = (struct stream){.type = 0};
    return stream;
}

static void begin_life(struct stream_table *table, struct stream *stream, uint64_t now_ns)
{
    stream->number = ++table->last_number;
    stream->family = stream->number;
    stream->rates_of = stream->number;
    stream->born_ns = now_ns;
    stream->boot_ms = 0;
    stream->has_announced = false;
    stream->has_rates = false;
}

static struct stream *add(
    struct stream_table *table, uint8_t type, uint32_t domain, uint64_t origin)
{
    struct stream *stream = append(table);
    if (stream != NULL) {
        begin_life(table, stream, 0);
        stream->type = type;
        stream->domain = domain;
        stream->origin = origin;
        table->hint = table->count - 1;
    }
    return stream;
}

/* How much later the datagram left than the last one, in ms modulo 2^32, by its export time. */
static uint32_t exported_later_ms(const struct stream *stream, const struct sequence_step *step)
{
    return (step->export_s - stream->export_s) * 1000;
}

static bool have_uptimes(const struct stream *stream, const struct sequence_step *step)
{
    return stream->uptime_ms != 0 && step->uptime_ms != 0;
}

static bool have_export_times(const struct stream *stream, const struct sequence_step *step)
{
    return stream->export_s != 0 && step->export_s != 0;
}

/* Both headers tell one time of start. Uptimes are 32 bits of milliseconds, so all is modulo. */
static bool is_same_boot(const struct stream *stream, const struct sequence_step *step)
{
    uint32_t up_ms = step->uptime_ms - stream->uptime_ms;
    int32_t moved_ms = (int32_t)(exported_later_ms(stream, step) - up_ms);
    return have_uptimes(stream, step) && have_export_times(stream, step) &&
           moved_ms >= -SAME_BOOT_MS && moved_ms <= SAME_BOOT_MS;
}

/* Both headers tell times of start, and different ones. An uptime that stands still tells none. */
static bool is_other_boot(const struct stream *stream, const struct sequence_step *step)
{
    return have_uptimes(stream, step) && step->uptime_ms != stream->uptime_ms &&
           !is_same_boot(stream, step);
}

/* The exporter's clock may be set while it runs, so what counts is the uptime against our clock. */
static bool is_wrapped(const struct stream *stream, const struct sequence_step *step)
{
    uint64_t now_ns = step->received_ns;
    uint64_t silent_ns = now_ns > stream->heard_ns ? now_ns - stream->heard_ns : 0;
    return step->uptime_ms - stream->uptime_ms <= silent_ns / NS_PER_MS + WRAP_MS;
}

/* Where uptimes were seen, 0 is one as well: agents that count seconds send it in the first. */
static bool uptime_went_back(const struct stream *stream, const struct sequence_step *step)
{
    bool is_back = step->uptime_ms < stream->uptime_ms;
    return is_back && stream->uptime_ms - step->uptime_ms > LATE_MS && !is_wrapped(stream, step) &&
           !is_same_boot(stream, step);
}

/* Whether the exporter sent it clearly later than the last one: then it is not a late datagram. */
static bool is_later(const struct stream *stream, const struct sequence_step *step)
{
    if (have_uptimes(stream, step) && stream->uptime_ms != step->uptime_ms) {
        return (int32_t)(step->uptime_ms - stream->uptime_ms) > LATER_MS;
    }
    int32_t later_s = (int32_t)(step->export_s - stream->export_s);
    return have_export_times(stream, step) && (later_s >= LATER_S || later_s < -CLOCK_LOST_S);
}

/*
 * Whether the exporter has restarted since the stream's last datagram. Two witnesses suffice, the
 * uptime and a number that does not go on. The number alone does where the exporter was seen to
 * count, so that numbers which mean nothing cost nothing.
 */
static bool begins_anew(const struct stream *stream, const struct sequence_step *step)
{
    const struct sequence_tracker *sequence = &stream->sequence;
    if (uptime_went_back(stream, step)) {
        return !sequence->has_last || step->number - sequence->last - 1 >= LITTLE_AHEAD;
    }
    return sequence->is_confirmed && sequence_went_back(sequence, step->number) &&
           (!sequence_may_be_late(sequence, step->number) || is_later(stream, step));
}

/* Goes on with the sequence, and no uptime says otherwise. */
static bool goes_on(const struct stream *stream, const struct sequence_step *step)
{
    return stream->type != FLOW_TYPE_SFLOW5 && sequence_goes_on(&stream->sequence, step) &&
           !is_other_boot(stream, step);
}

/* The candidates of a datagram, the first of each kind. */
struct candidates {
    struct stream *same;     /* its port's, in its present life */
    struct stream *ended;    /* its port's in an earlier one, that goes on */
    struct stream *other;    /* another port's that goes on */
    struct stream *restored; /* another port's of which nothing was heard yet */
};

static struct stream *find_same(struct stream_table *table, const struct sequence_step *step)
{
    for (uint32_t i = 0; i < table->count; i++) {
        struct stream *stream = &table->streams[i];
        if (stream->origin == step->origin && stream->domain == step->domain &&
            stream->type == step->type && !stream->is_ended) {
            return stream;
        }
    }
    return NULL;
}

static void consider(
    struct candidates *found, struct stream *stream, const struct sequence_step *step)
{
    struct stream **place = NULL;
    if (goes_on(stream, step)) {
        bool is_ended = stream->is_ended && stream->origin == step->origin;
        place = is_ended ? &found->ended : &found->other;
    } else if (!stream->sequence.has_last && step->type != FLOW_TYPE_SFLOW5) {
        place = &found->restored;
    }
    if (place != NULL && *place == NULL) {
        *place = stream;
    }
}

static struct candidates candidates_of(struct stream_table *table, const struct sequence_step *step)
{
    struct candidates found = {.same = find_same(table, step)};
    if (found.same != NULL && table->ended_count == 0) {
        return found;
    }
    for (uint32_t i = 0; i < table->count; i++) {
        struct stream *stream = &table->streams[i];
        if (stream->type == step->type && stream->domain == step->domain) {
            consider(&found, stream, step);
        }
    }
    return found;
}

/* Where it shares a port with another one, or was started at the same moment. */
static bool is_related(const struct stream *stream, const struct sequence_step *step)
{
    return is_same_boot(stream, step) ||
           (stream->origin == step->origin && !is_other_boot(stream, step));
}

/*
 * Joins the family of the youngest relative. After a restart what others of the family before have
 * announced is believed only where the uptime shows that they did not restart with it.
 */
static void join_family(struct stream_table *table, struct stream *stream,
    const struct sequence_step *step, uint32_t family_before)
{
    const struct stream *relative = NULL;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct stream *other = &table->streams[i];
        bool is_younger = relative == NULL || other->born_ns >= relative->born_ns;
        bool is_believed = other->family != family_before || is_same_boot(other, step);
        if (other != stream && !other->is_ended && is_younger && is_believed &&
            is_related(other, step)) {
            relative = other;
        }
    }
    if (relative == NULL) {
        return;
    }
    stream->family = relative->family;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct stream *other = &table->streams[i];
        bool is_lender = other->has_rates && !other->is_ended && other->domain == stream->domain;
        if (is_lender && other->family == stream->family && !stream->has_rates) {
            stream->rates_of = other->number;
        }
    }
}

static void end_life(struct stream *stream)
{
    stream->is_ended = true;
    stream->restarts = 0;
    memset(stream->sequence.amounts, 0, sizeof stream->sequence.amounts);
    memset(stream->sequence.told, 0, sizeof stream->sequence.told);
}

/*
 * The life before goes on, and the one behind it has not: one datagram was damaged, forged or of
 * another process. The amounts go on with the life.
 */
static void revive(struct stream_table *table, struct stream *ended, struct stream *present)
{
    const struct sequence_tracker *counted = &present->sequence;
    memcpy(ended->sequence.amounts, counted->amounts, sizeof counted->amounts);
    memcpy(ended->sequence.told, counted->told, sizeof counted->told);
    ended->restarts = present->restarts;
    ended->is_ended = false;
    end_life(present);
    table->news.revived = ended->number;
    table->news.ended = present->number;
}

/* Keeps the life before, for the case that it goes on, without its amounts: they go on here. */
static void keep_ended(struct stream_table *table, uint32_t at)
{
    struct stream *ended = table->ended_count < MAX_ENDED ? append(table) : NULL;
    uint32_t number = table->streams[at].number;
    table->news.ended = number;
    if (ended == NULL) {
        table->news.gone = number;
        return;
    }
    *ended = table->streams[at];
    end_life(ended);
    table->ended_count++;
}

static void return_rates(struct stream_table *table, uint32_t number)
{
    for (uint32_t i = 0; i < table->count; i++) {
        struct stream *stream = &table->streams[i];
        stream->rates_of = stream->rates_of == number ? stream->number : stream->rates_of;
    }
}

static struct stream *restart(
    struct stream_table *table, struct stream *stream, const struct sequence_step *step)
{
    uint32_t at = (uint32_t)(stream - table->streams);
    if (has_templates(step->type)) {
        uint32_t family_before = stream->family;
        keep_ended(table, at);
        return_rates(table, table->news.ended);
        stream = &table->streams[at];
        begin_life(table, stream, step->received_ns);
        join_family(table, stream, step, family_before);
    }
    stream->is_unproven = true;
    stream->uptime_ms = 0;
    stream->export_s = 0;
    sequence_begin_anew(&stream->sequence);
    return stream;
}

/* Where there are too many, one that has ended makes room. */
static struct stream *begin(struct stream_table *table, const struct sequence_step *step)
{
    if (table->count == MAX_STREAMS) {
        (void)stream_table_bury(table, UINT64_MAX);
    }
    struct stream *stream = add(table, step->type, step->domain, step->origin);
    if (stream == NULL) {
        return stream_table_take(table, step->type, step->domain);
    }
    stream->born_ns = step->received_ns;
    join_family(table, stream, step, 0);
    return stream;
}

/* Goes on from another port, or for the first time since the program started. */
static struct stream *move(
    struct stream_table *table, struct stream *stream, const struct sequence_step *step)
{
    stream->origin = step->origin;
    if (stream->born_ns == 0) {
        stream->born_ns = step->received_ns;
    }
    if (!stream->has_announced && !stream->sequence.has_last) {
        join_family(table, stream, step, 0);
    }
    return stream;
}

static struct stream *choose(struct stream_table *table, const struct sequence_step *step)
{
    struct candidates found = candidates_of(table, step);
    if (found.ended != NULL) {
        if (found.same != NULL && found.same->is_unproven) {
            revive(table, found.ended, found.same);
        }
        return found.ended;
    }
    if (found.same != NULL) {
        return begins_anew(found.same, step) ? restart(table, found.same, step) : found.same;
    }
    struct stream *moved = found.other != NULL ? found.other : found.restored;
    return moved != NULL ? move(table, moved, step) : begin(table, step);
}

/* The one heard last most often goes on; its lives before are asked where there are some. */
static bool is_plain_case(const struct stream_table *table, const struct sequence_step *step)
{
    const struct stream *stream = &table->streams[table->hint];
    bool is_its = stream->type == step->type && stream->domain == step->domain &&
                  stream->origin == step->origin;
    bool is_ahead = step->number - stream->sequence.last <= MAX_AHEAD;
    return is_its && !stream->is_ended && table->ended_count == 0 && is_ahead &&
           step->uptime_ms >= stream->uptime_ms;
}

struct stream *stream_table_find(struct stream_table *table, const struct sequence_step *step)
{
    if (table->count != 0 && is_plain_case(table, step)) {
        return &table->streams[table->hint];
    }
    struct stream *stream = choose(table, step);
    if (stream != NULL) {
        table->hint = (uint32_t)(stream - table->streams);
    }
    return stream;
}

void stream_follow(
    struct stream *stream, struct sequence_counters *counters, const struct sequence_step *step)
{
    sequence_follow(&stream->sequence, counters, step);
    bool is_newer = step->uptime_ms > stream->uptime_ms || step->export_s > stream->export_s;
    if (stream->sequence.order == SEQUENCE_IN_ORDER || is_newer) {
        stream->uptime_ms = step->uptime_ms;
        stream->export_s = step->export_s;
        stream->heard_ns = step->received_ns;
    }
    if (stream->is_unproven && stream->sequence.is_confirmed) {
        stream->is_unproven = false;
        stream->restarts++;
        counter_add(&counters->restarts, 1);
    }
}

struct stream *stream_table_take(struct stream_table *table, uint8_t type, uint32_t domain)
{
    for (uint32_t i = 0; i < table->count; i++) {
        struct stream *stream = &table->streams[i];
        if (stream->type == type && stream->domain == domain && !stream->is_ended) {
            return stream;
        }
    }
    return add(table, type, domain, 0);
}

struct stream *stream_table_numbered(const struct stream_table *table, uint32_t number)
{
    for (uint32_t i = 0; i < table->count; i++) {
        if (table->streams[i].number == number) {
            return &table->streams[i];
        }
    }
    return NULL;
}

struct stream *stream_table_restore(struct stream_table *table, const struct stream *before)
{
    struct stream *stream = append(table);
    if (stream != NULL) {
        *stream = *before;
        stream->has_announced = true;
        stream->rates_of = before->number;
        table->last_number =
            before->number > table->last_number ? before->number : table->last_number;
    }
    return stream;
}

void stream_announce(struct stream *stream, uint32_t uptime_ms, uint32_t export_s)
{
    stream->has_announced = true;
    stream->announced_uptime_ms = uptime_ms;
    stream->announced_export_s = export_s;
}

static void remove_at(struct stream_table *table, uint32_t at)
{
    table->news.gone = table->streams[at].number;
    table->ended_count -= table->streams[at].is_ended;
    table->streams[at] = table->streams[--table->count];
    table->hint = 0;
}

bool stream_table_bury(struct stream_table *table, uint64_t now_ns)
{
    for (uint32_t i = 0; i < table->count && table->ended_count > 0; i++) {
        const struct stream *stream = &table->streams[i];
        bool is_silent =
            now_ns > stream->heard_ns && now_ns - stream->heard_ns > BURIED_AFTER_S * NS_PER_S;
        if (stream->is_ended && is_silent) {
            remove_at(table, i);
            return true;
        }
    }
    return false;
}

void stream_table_tell_rates(struct stream_table *table, struct stream *stream, uint64_t now_ns)
{
    if (stream->has_rates) {
        return;
    }
    stream->has_rates = true;
    stream->rates_of = stream->number;
    for (uint32_t i = 0; i < table->count; i++) {
        struct stream *other = &table->streams[i];
        if (!other->has_rates && other->domain == stream->domain &&
            stream_may_use(other, stream->family, now_ns)) {
            other->rates_of = stream->number;
        }
    }
}

uint64_t stream_boot_ms(const struct stream_table *table, const struct stream *stream)
{
    uint64_t boot_ms = stream->boot_ms;
    for (uint32_t i = 0; boot_ms == 0 && table->count > 1 && i < table->count; i++) {
        const struct stream *other = &table->streams[i];
        bool is_lender = !other->is_ended && other->domain == stream->domain;
        boot_ms = is_lender && other->family == stream->family ? other->boot_ms : 0;
    }
    return boot_ms;
}
