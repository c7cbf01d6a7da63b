/* SPDX-License-Identifier: BSD-3-Clause -- which settings a server knows, as arguments of a URL. */
#include "store/sink/server_settings.h"

#include "store/sink/http_client.h"

#include <string.h>

static const struct setting {
    const char *name;
    const char *value;
    enum setting_use use;
} SETTINGS[] = {
#define SETTING(name, value, use) {#name, value, use},
#include "store/sink/settings.def"
#undef SETTING
};

enum {
    SETTING_COUNT = sizeof SETTINGS / sizeof SETTINGS[0]
};

/* Known to every server, and enough for a question that is longer than a tight profile allows. */
#define BASE                                                                                       \
    "&extremes=0&max_result_rows=0&max_rows_to_read=0&max_bytes_to_read=0&max_query_size=1048576"  \
    "&max_ast_elements=50000&max_expanded_ast_elements=500000"

/* A server that lacks use_query_cache has no cache; one that lacks limit cannot cut answers. */
static const struct step {
    const char *arguments;
    bool asks_for_rights;
} STEPS[] = {
    {"&limit=0&offset=0&use_query_cache=0&additional_result_filter=" BASE, true},
    {"&limit=0&offset=0" BASE, true},
    {BASE, true},
    {BASE, false},
    {"", true},
};

void server_settings_clear(struct server_settings *settings)
{
    buffer_clear(&settings->query);
    buffer_clear(&settings->insert);
    *settings = (struct server_settings){0};
}

void server_settings_question(struct buffer *sql, bool asks_for_rights)
{
    /* One row: whatever limits rows lets it through. */
    buffer_text_append(sql, "SELECT arrayStringConcat(groupArray(concat(name, ',')), '') "
                            "FROM system.settings WHERE name IN (");
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        buffer_format(sql, "%s'%s'", i == 0 ? "" : ", ", SETTINGS[i].name);
    }
    buffer_text_append(sql, asks_for_rights ? ") AND readonly = 0" : ")");
}

bool server_settings_step(size_t step, const char **arguments_p, bool *asks_for_rights_p)
{
    if (step >= sizeof STEPS / sizeof STEPS[0]) {
        return false;
    }
    *arguments_p = STEPS[step].arguments;
    *asks_for_rights_p = STEPS[step].asks_for_rights;
    return true;
}

static const struct setting *find(const char *name, size_t length)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (strlen(SETTINGS[i].name) == length && memcmp(SETTINGS[i].name, name, length) == 0) {
            return &SETTINGS[i];
        }
    }
    return NULL;
}

static void append(struct buffer *arguments, const struct setting *setting)
{
    buffer_format(arguments, "&%s=", setting->name);
    http_client_escape(arguments, setting->value);
}

enum err server_settings_read(struct server_settings *settings, const char *answer)
{
    server_settings_clear(settings);
    const char *name = answer;
    for (const char *end = strchr(name, ','); end != NULL; end = strchr(name, ',')) {
        const struct setting *setting = find(name, (size_t)(end - name));
        if (setting != NULL && (setting->use & SETTING_QUERY) != 0) {
            append(&settings->query, setting);
        }
        if (setting != NULL && (setting->use & SETTING_INSERT) != 0) {
            append(&settings->insert, setting);
        }
        name = end + 1;
    }
    (void)buffer_text(&settings->query);
    (void)buffer_text(&settings->insert);
    if (settings->query.failed || settings->insert.failed) {
        server_settings_clear(settings);
        return ERR_MEMORY;
    }
    settings->is_known = settings->query.size > 0;
    return settings->is_known ? ERR_OK : ERR_CORRUPT;
}
