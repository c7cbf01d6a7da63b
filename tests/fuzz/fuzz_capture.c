/* SPDX-License-Identifier: BSD-3-Clause -- any bytes as a capture file. */
#include "ingest/receive/capture.h"
#include "tests/fuzz/fuzz_target.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void read_all(const char *path)
{
    struct capture *capture;
    if (capture_open(&capture, path) != ERR_OK) {
        return;
    }
    struct datagram datagram;
    while (capture_next(capture, &datagram) == ERR_OK) {
    }
    capture_close(&capture);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    int fd = memfd_create("capture", 0);
    if (fd >= 0 && write(fd, bytes, size) == (ssize_t)size) {
        char path[64];
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        read_all(path);
    }
    close(fd);
    return 0;
}
