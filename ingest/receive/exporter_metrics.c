/* SPDX-License-Identifier: BSD-3-Clause -- what each exporter has sent, as metrics. */
#include "ingest/receive/exporter_metrics.h"

#include "ingest/decode/template_census.h"

#include <inttypes.h>

METRIC_FAMILY(NF_COUNT, COUNTER, "flow_process_nf_count", "NetFlow and IPFIX datagrams processed.");
METRIC_FAMILY(
    NF_SETS, COUNTER, "flow_process_nf_flowset_sum", "Sets in NetFlow 9 and IPFIX datagrams.");
METRIC_FAMILY(NF_RECORDS, COUNTER, "flow_process_nf_flowset_records_sum", "Records in those sets.");
METRIC_FAMILY(NF_TEMPLATES, COUNTER, "flow_process_nf_templates_count", "Templates announced.");
METRIC_FAMILY(SF_COUNT, COUNTER, "flow_process_sf_count", "sFlow datagrams processed.");
METRIC_FAMILY(SF_SAMPLES, COUNTER, "flow_process_sf_samples_sum", "Samples in sFlow datagrams.");
METRIC_FAMILY(
    SF_RECORDS, COUNTER, "flow_process_sf_samples_records_sum", "Records in those samples.");
const struct metric_family EXPORTER_NF_ERRORS = {
    "flow_process_nf_errors_count", METRIC_COUNTER, "NetFlow and IPFIX datagrams with errors."};
const struct metric_family EXPORTER_SF_ERRORS = {"flow_process_sf_errors_count", METRIC_COUNTER,
    "sFlow datagrams with errors, and those with formats that are not read (error_data_format)."};

METRIC_FAMILY(SEQUENCE_LOST_UNITS, COUNTER, "goflow_sequence_lost_total",
    "Left out by jumps of sequence numbers: NetFlow 5 and 7 flows, NetFlow 9 and sFlow datagrams, "
    "IPFIX records; reordered ones came after all.");
METRIC_FAMILY(SEQUENCE_REORDERED, COUNTER, "goflow_sequence_reordered_total",
    "Came after all, out of order; in the same units.");
METRIC_FAMILY(SEQUENCE_DUPLICATES, COUNTER, "goflow_sequence_duplicates_total",
    "Datagrams that were seen before.");
METRIC_FAMILY(
    SEQUENCE_BEGUN, COUNTER, "goflow_sequence_resets_total", "Sequences that began anew.");
METRIC_FAMILY(RESTARTS, COUNTER, "goflow_exporter_restarts_total",
    "Exporters that have restarted, by uptime or sequence number: what they announced before no "
    "longer counts.");

METRIC_FAMILY(SAMPLES_LOST, COUNTER, "goflow_sflow_samples_lost_total",
    "sFlow samples left out by jumps of their data sources' numbers; reordered ones came after "
    "all.");
METRIC_FAMILY(SAMPLES_REORDERED, COUNTER, "goflow_sflow_samples_reordered_total",
    "sFlow samples that came after all, out of order.");
METRIC_FAMILY(SAMPLES_UNTRACKED, COUNTER, "goflow_sflow_samples_untracked_total",
    "sFlow samples of data sources beyond the limit, whose numbers nobody follows.");
METRIC_FAMILY(SOURCES_BEGUN, COUNTER, "goflow_sflow_source_resets_total",
    "sFlow data sources that began anew while their agent did not.");
METRIC_FAMILY(AGENT_DROPS, COUNTER, "goflow_sflow_agent_dropped_total",
    "Samples that agents themselves had to drop, as they say.");
METRIC_FAMILY(SAMPLE_POOL, COUNTER, "goflow_sflow_pool_packets_total",
    "Packets that passed sampled data sources, as agents say: divided by samples, received and "
    "lost, the rate at which they really sampled.");

/* A forged source must not make the page longer and longer. */
enum {
    ROUTERS_MAX = 256
};

struct visit {
    struct metrics_page *page;
    uint32_t routers;
};

static const char *const VERSIONS[EXPORTER_VERSION_COUNT] = {
    [EXPORTER_NETFLOW9] = "9",
    [EXPORTER_IPFIX] = "10",
};
static const char *const SETS[EXPORTER_SET_COUNT] = {
    [EXPORTER_SET_TEMPLATE] = "TemplateFlowSet",
    [EXPORTER_SET_OPTIONS_TEMPLATE] = "OptionsTemplateFlowSet",
    [EXPORTER_SET_OPTIONS_DATA] = "OptionsDataFlowSet",
    [EXPORTER_SET_DATA] = "DataFlowSet",
};
static const char *const SAMPLES[SFLOW_SAMPLE_TYPE_COUNT] = {
    [SFLOW_SAMPLE_OTHER] = "unknown",
    [SFLOW_SAMPLE_FLOW] = "FlowSample",
    [SFLOW_SAMPLE_COUNTER] = "CounterSample",
    [SFLOW_SAMPLE_FLOW_EXPANDED] = "ExpandedFlowSample",
    [SFLOW_SAMPLE_COUNTER_EXPANDED] = "ExpandedCounterSample",
    [SFLOW_SAMPLE_DISCARDED] = "DiscardedPacket",
};
static const char *const SOURCE_KINDS[SFLOW_SOURCE_KIND_COUNT] = {
    [SFLOW_SOURCE_FLOW] = "flow",
    [SFLOW_SOURCE_COUNTER] = "counter",
    [SFLOW_SOURCE_DISCARDED] = "discarded",
};
static const char *const SF_ERROR_NAMES[SFLOW_ERROR_COUNT] = {
    [SFLOW_ERROR_ADDRESS] = "error_ip_version",
    [SFLOW_ERROR_DECODING] = "error_decoding",
    [SFLOW_ERROR_FORMAT] = "error_data_format",
};

/* What an exporter has never sent is left out, so that a page stays short. */
static bool is_zero(const struct counter *counter)
{
    return counter_get(counter) == 0;
}

static void collect_version(const struct exporter_version_counters *counters, const char *router,
    const char *version, struct metrics_page *page)
{
    if (is_zero(&counters->datagrams)) {
        return;
    }
    metrics_page_add(page, &NF_COUNT, (double)counter_get(&counters->datagrams),
        "router=\"%s\",version=\"%s\"", router, version);
    for (int i = 0; i < EXPORTER_SET_COUNT; i++) {
        if (is_zero(&counters->sets[i])) {
            continue;
        }
        static const char LABELS[] = "router=\"%s\",version=\"%s\",type=\"%s\"";
        metrics_page_add(page, &NF_SETS, (double)counter_get(&counters->sets[i]), LABELS, router,
            version, SETS[i]);
        metrics_page_add(page, &NF_RECORDS, (double)counter_get(&counters->records[i]), LABELS,
            router, version, SETS[i]);
    }
}

static void add_version_error(
    struct metrics_page *page, const struct counter *counter, const char *router, const char *error)
{
    if (!is_zero(counter)) {
        metrics_page_add(page, &EXPORTER_NF_ERRORS, (double)counter_get(counter),
            "router=\"%s\",error=\"%s\"", router, error);
    }
}

static void collect_version_errors(
    const struct exporter_counters *counters, const char *router, struct metrics_page *page)
{
    add_version_error(page, &counters->missing_templates, router, "template_not_found");
    add_version_error(page, &counters->reserved_sets, router, "error_flow_id");
    add_version_error(page, &counters->errors, router, "error_decoding");
}

static void collect_sflow_errors(
    const struct sflow_counters *counters, const char *router, struct metrics_page *page)
{
    for (int i = 0; i < SFLOW_ERROR_COUNT; i++) {
        if (!is_zero(&counters->errors[i])) {
            metrics_page_add(page, &EXPORTER_SF_ERRORS, (double)counter_get(&counters->errors[i]),
                "router=\"%s\",error=\"%s\"", router, SF_ERROR_NAMES[i]);
        }
    }
}

static void collect_sflow(const struct sflow_counters *counters, const char *router,
    const char *agent, struct metrics_page *page)
{
    if (is_zero(&counters->datagrams)) {
        return;
    }
    metrics_page_add(page, &SF_COUNT, (double)counter_get(&counters->datagrams),
        "router=\"%s\",agent=\"%s\",version=\"5\"", router, agent);
    for (int i = 0; i < SFLOW_SAMPLE_TYPE_COUNT; i++) {
        if (is_zero(&counters->samples[i])) {
            continue;
        }
        static const char LABELS[] = "router=\"%s\",agent=\"%s\",version=\"5\",type=\"%s\"";
        metrics_page_add(page, &SF_SAMPLES, (double)counter_get(&counters->samples[i]), LABELS,
            router, agent, SAMPLES[i]);
        metrics_page_add(page, &SF_RECORDS, (double)counter_get(&counters->records[i]), LABELS,
            router, agent, SAMPLES[i]);
    }
}

static void format_agent(const struct sflow_counters *counters, char text[ADDRESS_TEXT_SIZE])
{
    uint64_t words[2] = {counter_get(&counters->agent[0]), counter_get(&counters->agent[1])};
    struct address address;
    memcpy(address.bytes, words, sizeof address.bytes);
    (void)address_format(&address, text);
}

static void add_sequence(struct metrics_page *page, const struct metric_family *family,
    const struct counter *counter, const char *router, const char *type)
{
    if (!is_zero(counter)) {
        metrics_page_add(
            page, family, (double)counter_get(counter), "router=\"%s\",type=\"%s\"", router, type);
    }
}

static void collect_sequences(
    const struct exporter_counters *counters, const char *router, struct metrics_page *page)
{
    for (int i = 0; i < FLOW_TYPE_COUNT; i++) {
        const char *type = flow_type_text((enum flow_type)i);
        const struct sequence_counters *sequence = &counters->sequences[i];
        add_sequence(page, &SEQUENCE_LOST_UNITS, &sequence->lost, router, type);
        add_sequence(page, &SEQUENCE_REORDERED, &sequence->late, router, type);
        add_sequence(page, &SEQUENCE_DUPLICATES, &sequence->doubles, router, type);
        add_sequence(page, &SEQUENCE_BEGUN, &sequence->resets, router, type);
        add_sequence(page, &RESTARTS, &sequence->restarts, router, type);
    }
}

static void collect_sources(
    const struct sflow_counters *counters, const char *router, struct metrics_page *page)
{
    for (size_t i = 0; i < SFLOW_SOURCE_KIND_COUNT; i++) {
        const struct sflow_source_counters *its = &counters->sources[i];
        add_sequence(page, &SAMPLES_LOST, &its->lost, router, SOURCE_KINDS[i]);
        add_sequence(page, &SAMPLES_REORDERED, &its->late, router, SOURCE_KINDS[i]);
        add_sequence(page, &SAMPLES_UNTRACKED, &its->untracked, router, SOURCE_KINDS[i]);
        add_sequence(page, &SOURCES_BEGUN, &its->resets, router, SOURCE_KINDS[i]);
        add_sequence(page, &AGENT_DROPS, &its->dropped, router, SOURCE_KINDS[i]);
        add_sequence(page, &SAMPLE_POOL, &its->pool, router, SOURCE_KINDS[i]);
    }
}

/* Exporters beyond the limit are added up as one. */
static void collect_exporter(
    void *context, const struct address *address, const struct exporter_counters *counters)
{
    struct visit *visit = context;
    char router[ADDRESS_ZONED_TEXT_SIZE] = "other";
    char agent[ADDRESS_TEXT_SIZE] = "other";
    if (++visit->routers <= ROUTERS_MAX) {
        address_format_zoned(address, router);
        format_agent(&counters->sflow, agent);
    }
    for (int i = 0; i < EXPORTER_VERSION_COUNT; i++) {
        collect_version(&counters->versions[i], router, VERSIONS[i], visit->page);
    }
    collect_sequences(counters, router, visit->page);
    collect_sources(&counters->sflow, router, visit->page);
    collect_version_errors(counters, router, visit->page);
    collect_sflow_errors(&counters->sflow, router, visit->page);
    collect_sflow(&counters->sflow, router, agent, visit->page);
}

static void collect_template(const struct template_census_entry *entry, struct metrics_page *page)
{
    double announcements = (double)counter_get(&entry->announcements);
    if (entry->is_others) {
        metrics_page_add(page, &NF_TEMPLATES, announcements,
            "router=\"other\",version=\"\",obs_domain_id=\"\",template_id=\"\",type=\"\"");
        return;
    }
    char router[ADDRESS_ZONED_TEXT_SIZE];
    address_format_zoned(&entry->router, router);
    metrics_page_add(page, &NF_TEMPLATES, announcements,
        "router=\"%s\",version=\"%u\",obs_domain_id=\"%" PRIu32 "\",template_id=\"%u\",type=\"%s\"",
        router, entry->key.version, entry->key.domain, entry->key.id,
        entry->is_options ? "options_template" : "template");
}

void exporter_metrics_collect(const struct decoder *decoder, struct metrics_page *page)
{
    static const struct metric_family *const FAMILIES[] = {&NF_COUNT, &EXPORTER_NF_ERRORS, &NF_SETS,
        &NF_RECORDS, &NF_TEMPLATES, &SF_COUNT, &EXPORTER_SF_ERRORS, &SF_SAMPLES, &SF_RECORDS};
    for (size_t i = 0; i < sizeof FAMILIES / sizeof FAMILIES[0]; i++) {
        metrics_page_declare(page, FAMILIES[i]);
    }
    struct visit visit = {.page = page};
    decoder_visit_exporters(decoder, collect_exporter, &visit);
    const struct template_census *census = decoder_census(decoder);
    const struct template_census_entry *entry;
    for (uint32_t i = 0; (entry = template_census_entry(census, i)) != NULL; i++) {
        collect_template(entry, page);
    }
}
