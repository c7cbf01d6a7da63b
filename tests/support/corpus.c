/* SPDX-License-Identifier: BSD-3-Clause -- replays the files of a fuzzer's corpus. */
#include "tests/support/corpus.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INPUT_MAX = 1 << 17
};

static bool replay_file(const char *path, void (*take)(const uint8_t *bytes, size_t size))
{
    static uint8_t room[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    size_t size = fread(room, 1, sizeof room, file);
    fclose(file);
    uint8_t *bytes = malloc(size + (size == 0));
    if (bytes == NULL) {
        return false;
    }
    memcpy(bytes, room, size);
    take(bytes, size);
    free(bytes);
    return true;
}

size_t corpus_replay(const char *name, void (*take)(const uint8_t *bytes, size_t size))
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", CORPUS_FOLDER, name);
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    size_t replayed = 0;
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s/%s", CORPUS_FOLDER, name, entries[i]->d_name);
        if (entries[i]->d_type == DT_REG && replay_file(path, take)) {
            replayed++;
        }
        free(entries[i]);
    }
    free(entries);
    return replayed;
}
