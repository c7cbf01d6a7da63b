/* SPDX-License-Identifier: BSD-3-Clause -- counts broken parts and names them in the log. */
#include "store/sink/engine_parts.h"

#include "common/log.h"

#include <stdlib.h>
#include <string.h>

METRIC_FAMILY(BROKEN_PARTS, GAUGE, "goflow_engine_broken_parts",
    "Parts of tables that the embedded engine set aside as broken, as of the start.");

/* TabSeparated escapes tabs and line breaks, so each row is a line of four cells. */
static const char QUESTION[] = "SELECT count(), database, table, min(name) "
                               "FROM system.detached_parts WHERE startsWith(reason, 'broken') "
                               "GROUP BY database, table ORDER BY database, table";

static uint64_t report_line(char *line)
{
    char *rest = NULL;
    const char *count = strtok_r(line, "\t", &rest);
    const char *database = strtok_r(NULL, "\t", &rest);
    const char *table = strtok_r(NULL, "\t", &rest);
    const char *part = strtok_r(NULL, "\t", &rest);
    if (part == NULL) {
        return 0;
    }
    log_warning("engine",
        "parts of a table are broken and lie in its folder 'detached'; batches that a spool still "
        "has are stored again",
        "database=%s table=%s parts=%s first=%s", database, table, count, part);
    return strtoull(count, NULL, 10);
}

uint64_t engine_parts_report(struct engine_session *session)
{
    const struct engine_query query = {
        .sql = QUESTION, .sql_size = sizeof QUESTION - 1, .format = "TabSeparated"};
    struct engine_result result;
    struct buffer text = {0};
    uint64_t count = 0;
    engine_query(session, &query, &result);
    if (result.error != NULL) {
        log_warning("engine", "cannot look for broken parts", "error=\"%s\"", result.error);
    }
    buffer_append(&text, result.bytes, result.size);
    char *rest = NULL;
    for (char *line = strtok_r((char *)buffer_text(&text), "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        count += report_line(line);
    }
    buffer_clear(&text);
    engine_result_clear(&result);
    return count;
}

void engine_parts_collect(struct metrics_page *page, uint64_t count)
{
    metrics_page_add(page, &BROKEN_PARTS, (double)count, "%s", "");
}
