/* SPDX-License-Identifier: BSD-3-Clause -- loads and unloads a library while a program starts. */
/*
 * glibc loads libraries when a user or a host is looked up, at any moment and in any thread. With
 * LOAD_LIBRARY=PATH a thread does so for some seconds, from the first ZeroMQ context on. Opening
 * the program's own file takes a while, so that the threads that read it meet the one that loads.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LOADING_S = 4,
    OPEN_NS = 100000000
};

int open(const char *path, int flags, ...)
{
    int (*next)(const char *, int, ...) = NULL;
    *(void **)&next = dlsym(RTLD_NEXT, "open");
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    size_t length = strlen(path);
    size_t name_length = strlen(program_invocation_short_name);
    if (length > name_length &&
        strcmp(path + length - name_length, program_invocation_short_name) == 0) {
        (void)nanosleep(&(struct timespec){.tv_nsec = OPEN_NS}, NULL);
    }
    return next(path, flags, mode);
}

static void *load(void *path)
{
    time_t end = time(NULL) + LOADING_S;
    while (time(NULL) < end) {
        void *handle = dlopen(path, RTLD_NOW);
        if (handle == NULL) {
            abort();
        }
        (void)dlclose(handle);
    }
    return NULL;
}

void *zmq_ctx_new(void)
{
    void *(*next)(void) = NULL;
    *(void **)&next = dlsym(RTLD_NEXT, "zmq_ctx_new");
    const char *variable = getenv("LOAD_LIBRARY");
    char *path = variable != NULL ? strdup(variable) : NULL; /* the program hides its environment */
    pthread_t thread;
    if (path != NULL && pthread_create(&thread, NULL, load, path) == 0) {
        (void)pthread_detach(thread);
    }
    return next();
}
