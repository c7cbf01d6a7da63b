/* SPDX-License-Identifier: BSD-3-Clause -- reads the project's own packets. */
#include "tests/support/golden.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_MAX = 1 << 16,
    PATH_SIZE = 4096
};

/* The whole file as text; free() it. */
static char *read_text(const char *name, const char *suffix)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s%s", GOLDEN_FOLDER, name, suffix);
    FILE *file = fopen(path, "r");
    char *text = calloc(1, FILE_MAX);
    if (file == NULL || text == NULL || (fread(text, 1, FILE_MAX - 1, file) == 0 && ferror(file))) {
        fprintf(stderr, "cannot read %s\n", path);
        abort();
    }
    fclose(file);
    return text;
}

static unsigned digit(char c)
{
    if (!isxdigit((unsigned char)c)) {
        abort();
    }
    return isdigit((unsigned char)c) ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

static void take_line(struct golden *golden, const char *line)
{
    if (*line == '\0' && golden->datagrams[golden->count].wire.size > 0) {
        golden->count++;
    }
    for (; *line != '\0' && *line != '#'; line++) {
        if (!isspace((unsigned char)*line)) {
            struct build *wire = &golden->datagrams[golden->count].wire;
            build_u8(wire, (uint8_t)(digit(line[0]) << 4 | digit(line[1])));
            line++;
        }
    }
}

void golden_find(struct golden_list *list)
{
    struct dirent **entries = NULL;
    int count = scandir(GOLDEN_FOLDER, &entries, NULL, alphasort);
    list->count = 0;
    for (int i = 0; i < count; i++) {
        char *suffix = strstr(entries[i]->d_name, ".hex");
        if (suffix != NULL && list->count < GOLDEN_NAMES) {
            *suffix = '\0';
            snprintf(list->names[list->count++], GOLDEN_NAME_SIZE, "%s", entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
}

void golden_load(struct golden *golden, const char *name)
{
    memset(golden, 0, sizeof *golden);
    char *text = read_text(name, ".hex");
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        if (golden->count < GOLDEN_DATAGRAMS) {
            take_line(golden, line);
        }
    }
    free(text);
    golden->json = read_text(name, ".json");
}

void golden_clear(struct golden *golden)
{
    free(golden->json);
    golden->json = NULL;
}
