/* SPDX-License-Identifier: BSD-3-Clause -- who is started, and with which flags. */
#include "tools/launch/household.h"

#include "common/http_pages.h"
#include "tools/launch/runtime_folder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXTS_MAX = 1024
};

struct household_plan {
    struct household household;
    struct runtime_folder folder;
    struct buffer ingest_settings;
    struct buffer store_settings;
    char *texts[TEXTS_MAX];
    size_t text_count;
    bool failed; /* out of memory: checked once at the end */
};

/* Gives the child a flag; the text lives as long as the plan. */
__attribute__((format(printf, 3, 4))) static void give(
    struct household_plan *plan, struct child *child, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0 || plan->text_count == TEXTS_MAX || child->flag_count == CHILD_FLAGS_MAX) {
        plan->failed = true;
        return;
    }
    plan->texts[plan->text_count++] = text;
    child->flags[child->flag_count++] = text;
}

static void plan_ingest(struct household_plan *plan, const struct launch_settings *settings)
{
    struct child *ingest = &plan->household.ingest;
    ingest->program = "goflow-ingest";
    ingest->takes_reload = launch_settings_has_files(settings, LAUNCH_INGEST);
    ingest->fd = -1;
    if (plan->household.store_count == 0) {
        return;
    }
    give(plan, ingest, "-zmq.bind=ipc://%s/link", plan->folder.path);
    const struct option_list *bind = launch_settings_bind(settings);
    for (size_t i = 0; i < bind->count; i++) {
        give(plan, ingest, "-zmq.bind=%s", bind->values[i]);
    }
}

/* The port of "host:port" moved on by `number`; no port, or port 0, stays as it is. */
static void give_metrics(
    struct household_plan *plan, struct child *store, const char *address, uint32_t number)
{
    const char *colon = strrchr(address, ':');
    unsigned long port = colon != NULL ? strtoul(colon + 1, NULL, 10) : 0;
    if (port == 0) {
        give(plan, store, "-metrics.addr=%s", address);
        return;
    }
    give(plan, store, "-metrics.addr=%.*s:%lu", (int)(colon - address), address, port + number);
}

/*
 * The first store has the engine and serves it: over a socket in the folder of the launcher, unless
 * -ch.serve.socket names another. The other stores write through it, and goflow-store query and top
 * find it; they also find the address of -ch.serve, so a single store that has one needs no socket.
 */
static void plan_engine(
    struct household_plan *plan, struct child *store, const struct launch_settings *settings)
{
    const char *path = launch_settings_serve_socket(settings);
    if (store->number > 0) {
        give(plan, store, "-ch.serve=");
        give(plan, store, "-ch.serve.socket=");
        give(plan, store, path[0] != '\0' ? "-ch.addr=%s" : "-ch.addr=unix:%s/serve",
            path[0] != '\0' ? path : plan->folder.path);
        return;
    }
    bool is_found = launch_settings_serve(settings)[0] != '\0' && plan->household.store_count == 1;
    if (path[0] == '\0' && !is_found) {
        give(plan, store, "-ch.serve.socket=unix:%s/serve", plan->folder.path);
    }
}

static void plan_stores(struct household_plan *plan, const struct launch_settings *settings)
{
    struct household *household = &plan->household;
    for (uint32_t i = 0; i < household->store_count; i++) {
        struct child *store = &household->stores[i];
        store->program = "goflow-store";
        store->metrics_flag = HTTP_METRICS_FLAG "=-store.metrics.addr";
        store->takes_reload = launch_settings_has_files(settings, LAUNCH_STORE);
        store->number = i;
        store->fd = -1;
        give(plan, store, "-zmq.connect=ipc://%s/link", plan->folder.path);
        give(plan, store, "-zmq.bind=");
        give_metrics(plan, store, launch_settings_store_metrics(settings), i);
        if (launch_settings_is_embedded(settings)) {
            plan_engine(plan, store, settings);
        }
    }
}

/* Every child of a kind has the same settings; each borrows them. */
static void lend_settings(struct household_plan *plan, const struct launch_settings *settings)
{
    struct household *household = &plan->household;
    launch_settings_write(settings, LAUNCH_INGEST, &plan->ingest_settings);
    launch_settings_write(settings, LAUNCH_STORE, &plan->store_settings);
    household->ingest.settings = buffer_text(&plan->ingest_settings);
    household->ingest.settings_size = plan->ingest_settings.size;
    for (uint32_t i = 0; i < household->store_count; i++) {
        household->stores[i].settings = buffer_text(&plan->store_settings);
        household->stores[i].settings_size = plan->store_settings.size;
    }
}

enum err household_plan_new(struct household_plan **plan_p, const struct launch_settings *settings)
{
    struct household_plan *plan = calloc(1, sizeof *plan);
    *plan_p = plan;
    if (plan == NULL) {
        return ERR_MEMORY;
    }
    plan->folder.guard_fd = -1;
    plan->household.store_count = launch_settings_stores(settings);
    enum err err = runtime_folder_open(&plan->folder);
    if (err == ERR_OK) {
        plan_ingest(plan, settings);
        plan_stores(plan, settings);
        lend_settings(plan, settings);
        err = plan->failed ? ERR_MEMORY : buffer_check(&plan->store_settings);
    }
    if (err != ERR_OK) {
        household_plan_destroy(plan_p);
    }
    return err;
}

void household_plan_destroy(struct household_plan **plan_p)
{
    struct household_plan *plan = *plan_p;
    if (plan == NULL) {
        return;
    }
    runtime_folder_close(&plan->folder);
    for (size_t i = 0; i < plan->text_count; i++) {
        free(plan->texts[i]);
    }
    buffer_clear(&plan->ingest_settings);
    buffer_clear(&plan->store_settings);
    free(plan);
    *plan_p = NULL;
}

struct household *household_plan_children(struct household_plan *plan)
{
    return &plan->household;
}
