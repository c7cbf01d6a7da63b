/* SPDX-License-Identifier: BSD-3-Clause -- any bytes as the file of -config. */
#include "common/options.h"
#include "tests/fuzz/fuzz_target.h"

#include <sys/mman.h>
#include <unistd.h>

struct settings {
    bool flag;
    uint64_t number, bytes, duration;
    const char *text, *choice;
    struct option_list list;
};

static const struct option OPTIONS[] = {
    {"flag", OPTION_BOOL, "false", 0, 0, NULL, .offset = offsetof(struct settings, flag),
        .help = "A flag."},
    {"n", OPTION_NUMBER, "1", 1, 99, NULL, .offset = offsetof(struct settings, number),
        .help = "One."},
    {"size", OPTION_SIZE, "1KiB", 1, 0, NULL, .offset = offsetof(struct settings, bytes),
        .help = "Size."},
    {"age", OPTION_DURATION, "1s", 1, 0, NULL, .offset = offsetof(struct settings, duration),
        .help = "Age."},
    {"t.ext", OPTION_TEXT, NULL, 0, 0, NULL, .offset = offsetof(struct settings, text),
        .help = "Text.", .is_secret = true},
    {"or", OPTION_CHOICE, "a", 0, 0, "a|b", .offset = offsetof(struct settings, choice),
        .help = "Or."},
    {"list", OPTION_LIST, NULL, 0, 0, NULL, .offset = offsetof(struct settings, list),
        .help = "List."},
};

static const struct option_program PROGRAM = {.name = "fuzzed",
    .summary = "Reads a file.",
    .options = OPTIONS,
    .option_count = sizeof OPTIONS / sizeof OPTIONS[0]};

static void read_file(const char *path)
{
    struct settings settings;
    struct options *options;
    enum option_action action;
    char *argv[] = {(char *)"fuzzed", (char *)"-config", (char *)path, NULL};
    struct option_request request = {.program = &PROGRAM, .argc = 3, .argv = argv};
    if (options_read(&options, &settings, &action, &request) == ERR_OK) {
        options_destroy(&options);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    int fd = memfd_create("options", 0);
    if (fd >= 0 && write(fd, bytes, size) == (ssize_t)size) {
        char path[64];
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        read_file(path);
    }
    close(fd);
    return 0;
}
