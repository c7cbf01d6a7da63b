/* SPDX-License-Identifier: BSD-3-Clause -- where libchdb is, and what it exports. */
#include "store/sink/engine_library.h"

#include "common/log.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PLACES_MAX = 4
};

struct places {
    size_t count;
    char paths[PLACES_MAX][PATH_MAX];
};

static void add_place(struct places *places, const char *folder, const char *rest)
{
    char *path = places->paths[places->count];
    int length = snprintf(path, PATH_MAX, "%s%s", folder, rest);
    if (length > 0 && length < PATH_MAX) {
        places->count++;
    }
}

/* bin/goflow-store stands beside lib/libchdb.so. */
static void add_place_of_program(struct places *places)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0) {
        return;
    }
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    if (slash != NULL) {
        *slash = '\0';
        add_place(places, path, "/../lib/libchdb.so");
    }
}

static void list_places(struct places *places)
{
    places->count = 0;
    add_place_of_program(places);
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (cache != NULL && cache[0] != '\0') {
        add_place(places, cache, "/goflow/libchdb.so");
    } else if (home != NULL && home[0] != '\0') {
        add_place(places, home, "/.cache/goflow/libchdb.so");
    }
    add_place(places, "/usr/local/lib", "/libchdb.so");
    add_place(places, "/usr/lib", "/libchdb.so");
}

static enum err refuse_missing(const struct places *places)
{
    char text[sizeof places->paths];
    size_t used = 0;
    for (size_t i = 0; i < places->count; i++) {
        used += (size_t)snprintf(
            text + used, sizeof text - used, "%s%s", i > 0 ? ", " : "", places->paths[i]);
    }
    log_error("engine", "the embedded engine is missing",
        "flag=-ch.lib looked_for=\"%s\" mend=\"run deploy/fetch-engine, name the file with "
        "-ch.lib, or give a server with -ch.addr\"",
        text);
    return ERR_NOT_FOUND;
}

/* The first of the places that has the file. */
static enum err find_in(const struct places *places, char path[PATH_MAX])
{
    for (size_t i = 0; i < places->count; i++) {
        if (access(places->paths[i], R_OK) == 0) {
            memcpy(path, places->paths[i], PATH_MAX);
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

static enum err find_library(char path[PATH_MAX])
{
    struct places places;
    list_places(&places);
    return find_in(&places, path) == ERR_OK ? ERR_OK : refuse_missing(&places);
}

/* dlopen(3) looks for a bare name in the system's folders alone, never in the current one. */
static enum err name_file(char path[PATH_MAX], const char *given)
{
    const char *folder = strchr(given, '/') == NULL ? "./" : "";
    if (snprintf(path, PATH_MAX, "%s%s", folder, given) >= PATH_MAX) {
        log_error("engine", "the path is too long",
            "flag=-ch.lib limit=%d mend=\"give a shorter path\"", PATH_MAX - 1);
        return ERR_NOT_FOUND;
    }
    return ERR_OK;
}

static enum err open_library(struct engine_library *library, const char *path)
{
    library->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library->handle == NULL) {
        log_error("engine", "cannot load the embedded engine",
            "flag=-ch.lib file=%s error=\"%s\" mend=\"run deploy/fetch-engine and name the file "
            "that it gets\"",
            path, dlerror());
        return access(path, F_OK) == 0 ? ERR_UNSUPPORTED : ERR_NOT_FOUND;
    }
    return ERR_OK;
}

static bool find_function(struct engine_library *library, const char *name, void *member)
{
    void *function = dlsym(library->handle, name);
    if (function == NULL) {
        log_error("engine", "the library is not an engine that this version knows",
            "flag=-ch.lib missing=%s mend=\"run deploy/fetch-engine and name the file that it "
            "gets\"",
            name);
        return false;
    }
    memcpy(member, &function, sizeof function);
    return true;
}

enum err engine_library_load(struct engine_library *library_p, const char *path)
{
    *library_p = (struct engine_library){0};
    char found[PATH_MAX];
    bool is_named = path != NULL && path[0] != '\0';
    enum err err = is_named ? name_file(found, path) : find_library(found);
    if (err == ERR_OK) {
        err = open_library(library_p, found);
    }
    if (err != ERR_OK) {
        return err;
    }
#define ENGINE_FIND(name, type, arguments) &&find_function(library_p, #name, &library_p->name)
    bool is_whole = true ENGINE_FUNCTIONS(ENGINE_FIND);
#undef ENGINE_FIND
    return is_whole ? ERR_OK : ERR_UNSUPPORTED;
}

enum err engine_library_find(const char *path, char found[PATH_MAX])
{
    struct places places;
    bool is_named = path != NULL && path[0] != '\0';
    list_places(&places);
    return is_named ? name_file(found, path) : find_in(&places, found);
}
