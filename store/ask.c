/* SPDX-License-Identifier: BSD-3-Clause -- goflow-store query and goflow-store top. */
#include "store/ask.h"

#include "common/log.h"
#include "store/store_database.h"

#include <stdio.h>
#include <string.h>

/* What flows are summed up by: columns of the answer, in ClickHouse's words of every age. */
static const struct {
    const char *name;
    const char *columns;
    const char *keys;
} TOPICS[] = {
    {"src", "SrcAddr", "SrcAddr"},
    {"dst", "DstAddr", "DstAddr"},
    {"as", "arrayJoin(arrayDistinct([SrcAS, DstAS])) AS AS", "AS"},
    {"port",
        "Proto, if(SrcPort = 0 OR (DstPort > 0 AND DstPort < SrcPort), DstPort, SrcPort) AS Port",
        "Proto, Port"},
    {"interface",
        "SamplerAddress, arrayJoin(['in', 'out']) AS Direction, "
        "if(Direction = 'in', InIf, OutIf) AS Interface",
        "SamplerAddress, Direction, Interface"},
    {"exporter", "SamplerAddress", "SamplerAddress"},
};

static const char *const TOP_FORMAT = "PrettyCompact";

static void write_top(const struct store_settings *settings, struct buffer *sql)
{
    const char *columns = TOPICS[0].columns;
    const char *keys = TOPICS[0].keys;
    for (size_t i = 0; i < sizeof TOPICS / sizeof TOPICS[0]; i++) {
        if (strcmp(TOPICS[i].name, settings->top_by) == 0) {
            columns = TOPICS[i].columns;
            keys = TOPICS[i].keys;
        }
    }
    buffer_format(sql,
        "SELECT %s, formatReadableSize(sum(Bytes * greatest(SamplingRate, 1))) AS Volume, "
        "sum(Packets * greatest(SamplingRate, 1)) AS Pkts, count() AS Flows "
        "FROM `%s`.`%s` WHERE TimeReceived >= now() - %llu "
        "GROUP BY %s ORDER BY sum(Bytes * greatest(SamplingRate, 1)) DESC LIMIT %llu",
        columns, settings->database, settings->table,
        (unsigned long long)(settings->top_since_ms / 1000), keys,
        (unsigned long long)settings->top_limit);
}

static enum err write_question(
    const struct store_settings *settings, const struct option_list *words, struct buffer *sql)
{
    if (words->count == 2 && strcmp(words->values[0], "query") == 0) {
        buffer_text_append(sql, words->values[1]);
        return buffer_check(sql);
    }
    if (words->count == 1 && strcmp(words->values[0], "top") == 0) {
        write_top(settings, sql);
        return buffer_check(sql);
    }
    (void)fprintf(stderr, "goflow-store: unknown command '%s'; use: query \"SELECT ...\", or top\n",
        words->values[0]);
    return ERR_INVALID;
}

/* Asks one database. ERR_AGAIN: it is not there. */
static enum err ask_sink(const struct sink_options *options, const char *sql)
{
    struct sink *sink = NULL;
    struct buffer result = {0};
    struct buffer error = {0};
    enum err err = sink_open(&sink, options);
    if (err != ERR_OK) {
        return err;
    }
    enum sink_outcome outcome = sink_query(sink, sql, TOP_FORMAT, &result, &error);
    if (outcome == SINK_DONE) {
        (void)fwrite(result.bytes, 1, result.size, stdout);
    } else {
        (void)fprintf(stderr, "goflow-store: %s\n", buffer_text(&error));
        err = outcome == SINK_REJECT ? ERR_REFUSED : ERR_AGAIN;
    }
    buffer_clear(&result);
    buffer_clear(&error);
    sink_close(&sink);
    return err;
}

enum err ask(const struct store_settings *settings, const struct option_list *words)
{
    struct store_database database;
    struct buffer sql = {0};
    char url[STORE_ADDRESS_SIZE];
    enum err err = write_question(settings, words, &sql);
    if (err == ERR_OK) {
        err = store_database_init(&database, settings);
    }
    if (err != ERR_OK) {
        buffer_clear(&sql);
        return err;
    }
    store_database_reach(&database, settings, url);
    err = ask_sink(&database.sink, buffer_text(&sql));
    store_database_clear(&database);
    buffer_clear(&sql);
    return err;
}
