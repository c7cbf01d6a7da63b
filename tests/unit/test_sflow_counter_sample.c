/* SPDX-License-Identifier: BSD-3-Clause -- sFlow counter samples, the broken ones first. */
#include "common/clock.h"
#include "common/device_counters.h"
#include "ingest/decode/exporter.h"
#include "ingest/decode/sflow_sample.h"
#include "tests/support/sflow_builder.h"

#include <criterion/criterion.h>

/* The surroundings of one sample, and what came of it. */
static struct {
    struct decode_counters counters;
    struct exporter exporter;
    struct flow flow;
    struct device_counters taken;
    size_t taken_count;
} probe;

/* Reads the row back. */
static void take(void *context, enum record_kind kind, const struct record *record)
{
    (void)context;
    cr_assert_eq(kind, RECORD_COUNTERS);
    probe.taken = (struct device_counters){
        .sampler_address = record_address(record, COUNTERS_SAMPLER_ADDRESS),
        .time_received_ns = record->values[COUNTERS_TIME_RECEIVED].number * NS_PER_S,
        .sub_agent_id = (uint32_t)record->values[COUNTERS_SUB_AGENT].number,
        .sequence = (uint32_t)record->values[COUNTERS_SEQUENCE].number,
        .source_class = (uint32_t)record->values[COUNTERS_SOURCE_CLASS].number,
        .source_index = (uint32_t)record->values[COUNTERS_SOURCE_INDEX].number,
        .present = record->present >> COUNTERS_DEVICE,
    };
    for (unsigned i = 0; i < DEVICE_COUNTER_COUNT; i++) {
        probe.taken.values[i] = record->values[COUNTERS_DEVICE + i].number;
    }
    probe.taken_count++;
}

static void decode_bytes(enum sflow_sample_type type, const struct build *body, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, body->bytes, size);
    memset(&probe, 0, sizeof probe);
    struct address agent = address_from_ipv4((const uint8_t[]){192, 0, 2, 100});
    flow_begin(&probe.flow);
    flow_set_sampler_address(&probe.flow, &agent);
    flow_set_observation_domain_id(&probe.flow, 7);
    const struct datagram datagram = {.received_ns = 17 * NS_PER_S};
    const struct record_sink sink = {.take = take};
    struct decode_context context = {.datagram = &datagram,
        .exporter = &probe.exporter,
        .counters = &probe.counters,
        .flow = &probe.flow,
        .records = &sink};
    sflow_counter_sample_decode(&context, type, cursor_of(copy, size));
    free(copy);
}

static void put_words(struct build *body, size_t words, uint32_t first)
{
    for (size_t i = 0; i < words; i++) {
        build_u32(body, first + (uint32_t)i);
    }
}

/* if_counters: 88 octets, the n-th word is 1000 + n. */
static void put_interface_record(struct build *body)
{
    build_u32(body, 1);
    build_u32(body, 88);
    put_words(body, 22, 1000);
}

static void put_processor_record(struct build *body)
{
    build_u32(body, 1001);
    build_u32(body, 28);
    build_u32(body, 0xffffffff); /* this agent does not know it */
    put_words(body, 6, 2000);
}

/* Source class 1, index 0x20304. */
static struct build sample(uint32_t records)
{
    struct build body = {0};
    build_u32(&body, 42);
    build_u32(&body, 0x01020304);
    build_u32(&body, records);
    return body;
}

static uint64_t dropped(enum decode_status reason)
{
    return counter_get(&probe.counters.dropped[reason]);
}

Test(sflow_counter_sample, cut_short_is_dropped)
{
    struct build body = sample(1);
    put_interface_record(&body);
    for (size_t size = 0; size < body.size; size++) {
        decode_bytes(SFLOW_SAMPLE_COUNTER, &body, size);
        cr_assert_eq(probe.taken_count, 0, "%zu", size);
        uint64_t drops =
            dropped(DECODE_SAMPLE) + dropped(DECODE_COUNT) + dropped(DECODE_SAMPLE_RECORD);
        cr_assert_eq(drops, 1, "%zu", size);
    }
}

Test(sflow_counter_sample, count_of_records_is_a_limit)
{
    struct build body = sample(0xffffffff);
    put_interface_record(&body);
    decode_bytes(SFLOW_SAMPLE_COUNTER, &body, body.size);
    cr_assert_eq(probe.taken_count, 1);
    cr_assert_eq(dropped(DECODE_COUNT), 1);
    body = sample(0);
    put_interface_record(&body);
    decode_bytes(SFLOW_SAMPLE_COUNTER, &body, body.size);
    cr_assert_eq(probe.taken_count, 0);
}

Test(sflow_counter_sample, bad_record_costs_itself)
{
    struct build body = sample(2);
    build_u32(&body, 2);
    build_u32(&body, 48); /* ethernet_counters has 52 */
    build_zeroes(&body, 48);
    put_interface_record(&body);
    decode_bytes(SFLOW_SAMPLE_COUNTER, &body, body.size);
    cr_assert_eq(dropped(DECODE_SAMPLE_RECORD), 1);
    cr_assert_eq(probe.taken_count, 1);
    cr_assert(device_counters_have(&probe.taken, DEVICE_IN_OCTETS));
    cr_assert_not(device_counters_have(&probe.taken, DEVICE_FCS_ERRORS));
}

Test(sflow_counter_sample, unknown_records_are_counted)
{
    struct build body = sample(1);
    build_u32(&body, 2001);
    build_u32(&body, 4);
    build_zeroes(&body, 4);
    decode_bytes(SFLOW_SAMPLE_COUNTER, &body, body.size);
    cr_assert_eq(counter_get(&probe.counters.skipped_records), 1);
    cr_assert_eq(probe.taken_count, 0);
}

Test(sflow_counter_sample, gives_interface_counters)
{
    struct build body = sample(1);
    put_interface_record(&body);
    decode_bytes(SFLOW_SAMPLE_COUNTER, &body, body.size);
    cr_assert_eq(probe.taken_count, 1);
    const struct device_counters *taken = &probe.taken;
    cr_assert_eq(taken->sequence, 42);
    cr_assert_eq(taken->source_class, 1);
    cr_assert_eq(taken->source_index, 0x020304);
    cr_assert_eq(taken->sub_agent_id, 7);
    cr_assert_eq(taken->time_received_ns, 17 * NS_PER_S);
    cr_assert_eq(taken->values[DEVICE_IF_INDEX], 1000);
    cr_assert_eq(taken->values[DEVICE_IF_SPEED], UINT64_C(1002) << 32 | 1003);
    cr_assert_eq(taken->values[DEVICE_IF_STATUS], 1005);
    cr_assert_eq(taken->values[DEVICE_IN_OCTETS], UINT64_C(1006) << 32 | 1007);
    cr_assert_eq(taken->values[DEVICE_IN_ERRORS], 1012);
    cr_assert_eq(taken->values[DEVICE_OUT_OCTETS], UINT64_C(1014) << 32 | 1015);
    cr_assert_eq(taken->values[DEVICE_PROMISCUOUS], 1021);
}

Test(sflow_counter_sample, expanded_form_has_the_source_apart)
{
    struct build body = {0};
    put_words(&body, 3, 42);
    build_u32(&body, 1);
    put_processor_record(&body);
    decode_bytes(SFLOW_SAMPLE_COUNTER_EXPANDED, &body, body.size);
    cr_assert_eq(probe.taken_count, 1);
    cr_assert_eq(probe.taken.source_class, 43);
    cr_assert_eq(probe.taken.source_index, 44);
    cr_assert_eq(probe.taken.values[DEVICE_CPU_1M], 2000);
    cr_assert_eq(probe.taken.values[DEVICE_FREE_MEMORY], UINT64_C(2004) << 32 | 2005);
}

Test(sflow_counter_sample, what_an_agent_does_not_know_is_absent)
{
    struct build body = sample(1);
    put_processor_record(&body);
    decode_bytes(SFLOW_SAMPLE_COUNTER, &body, body.size);
    cr_assert_not(device_counters_have(&probe.taken, DEVICE_CPU_5S));
    cr_assert(device_counters_have(&probe.taken, DEVICE_CPU_1M));
    cr_assert_not(device_counters_have(&probe.taken, DEVICE_IF_INDEX));
}
