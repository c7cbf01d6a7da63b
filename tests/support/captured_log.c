/* SPDX-License-Identifier: BSD-3-Clause -- standard error into a file in memory, and back. */
#include "tests/support/captured_log.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

static int saved_fd = -1;
static int memory_fd = -1;
static char text[CAPTURED_LOG_SIZE];

void captured_log_begin(void)
{
    saved_fd = dup(STDERR_FILENO);
    memory_fd = memfd_create("log", MFD_CLOEXEC);
    assert(saved_fd >= 0 && memory_fd >= 0);
    int fd = dup2(memory_fd, STDERR_FILENO);
    assert(fd == STDERR_FILENO);
}

const char *captured_log_end(void)
{
    ssize_t size = pread(memory_fd, text, sizeof text - 1, 0);
    assert(size >= 0);
    text[size] = '\0';
    int fd = dup2(saved_fd, STDERR_FILENO);
    assert(fd == STDERR_FILENO);
    (void)close(saved_fd);
    (void)close(memory_fd);
    return text;
}
