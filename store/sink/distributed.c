/* SPDX-License-Identifier: BSD-3-Clause -- the tables behind a Distributed one. */
#include "store/sink/distributed.h"

#include "store/sink/sql_text.h"
#include "store/sink/table_ddl.h"

#include <stdlib.h>
#include <string.h>

enum {
    CLUSTER,
    DATABASE,
    TABLE,
    WORDS
};

void distributed_clear(struct distributed *distributed)
{
    buffer_clear(&distributed->database);
    buffer_clear(&distributed->title);
    buffer_clear(&distributed->name);
    *distributed = (struct distributed){0};
}

/* Appends the next argument of an engine, which old servers write without quotes. */
static const char *take_argument(const char *text, struct buffer *out)
{
    text += strspn(text, " ,");
    const char *quote = strchr("'`\"", *text);
    bool is_quoted = *text != '\0' && quote != NULL;
    size_t length = is_quoted ? strcspn(text + 1, (char[]){*text, '\0'}) : strcspn(text, " ,)");
    buffer_append(out, text + is_quoted, length);
    text += is_quoted + length;
    return *text != '\0' && is_quoted ? text + 1 : text;
}

static bool parse(struct distributed *distributed, const char *created, struct buffer words[WORDS])
{
    static const char ENGINE[] = "ENGINE = Distributed(";
    distributed_clear(distributed);
    const char *engine = strstr(created, ENGINE);
    if (engine == NULL) {
        return false;
    }
    const char *rest = engine + strlen(ENGINE);
    for (size_t i = 0; i < WORDS; i++) {
        rest = take_argument(rest, &words[i]);
    }
    buffer_text_append(&distributed->database, buffer_text(&words[DATABASE]));
    buffer_text_append(&distributed->title, buffer_text(&words[TABLE]));
    table_ddl_name(&distributed->name, buffer_text(&words[DATABASE]), buffer_text(&words[TABLE]));
    (void)buffer_text(&distributed->database); /* ends with a zero */
    (void)buffer_text(&distributed->title);
    (void)buffer_text(&distributed->name);
    distributed->is_on = true;
    return true;
}

static void clear_words(struct buffer words[WORDS])
{
    for (size_t i = 0; i < WORDS; i++) {
        buffer_clear(&words[i]);
    }
}

bool distributed_parse(struct distributed *distributed, const char *created)
{
    struct buffer words[WORDS] = {0};
    bool is_on = parse(distributed, created, words);
    clear_words(words);
    return is_on;
}

static enum sink_outcome count_shards(struct distributed *distributed, const char *cluster,
    struct sink_backend *backend, struct buffer *error)
{
    struct buffer sql = {0};
    struct buffer answer = {0};
    buffer_text_append(
        &sql, "SELECT uniqExact(shard_num), count() FROM system.clusters WHERE cluster = ");
    sql_append_literal(&sql, cluster);
    enum sink_outcome outcome =
        backend->class->query(backend, buffer_text(&sql), "TabSeparated", &answer, error);
    char *end;
    uint32_t shards = (uint32_t)strtoul(buffer_text(&answer), &end, 10);
    distributed->shards = strtoul(end, NULL, 10) > shards ? shards : 0;
    buffer_clear(&answer);
    buffer_clear(&sql);
    return outcome;
}

enum sink_outcome distributed_read(struct distributed *distributed, const char *created,
    struct sink_backend *backend, struct buffer *error)
{
    struct buffer words[WORDS] = {0};
    enum sink_outcome outcome = SINK_DONE;
    if (parse(distributed, created, words)) {
        outcome = count_shards(distributed, buffer_text(&words[CLUSTER]), backend, error);
    }
    clear_words(words);
    return outcome;
}
