/* SPDX-License-Identifier: BSD-3-Clause -- cuts a text into lines, and lines into words. */
#include "common/text_line.h"

#include <string.h>

static const char BLANKS[] = " \t\v\f";

static void split(struct text_line *line)
{
    char *p = line->text;
    p[strcspn(p, "#\r")] = '\0';
    line->count = 0;
    for (uint32_t i = 0; i < TEXT_LINE_WORDS; i++) {
        p += strspn(p, BLANKS);
        line->words[i] = p;
        line->count += *p != '\0';
        p += strcspn(p, BLANKS);
        if (*p != '\0') {
            *p++ = '\0';
        }
    }
}

enum err text_line_next(struct text_line *line, const char **rest_p)
{
    while (**rest_p != '\0') {
        const char *start = *rest_p;
        size_t size = strcspn(start, "\n");
        *rest_p += size + (start[size] != '\0' ? 1 : 0);
        line->number++;
        if (size >= sizeof line->text) {
            return ERR_FULL;
        }
        memcpy(line->text, start, size);
        line->text[size] = '\0';
        split(line);
        if (line->count > 0) {
            return ERR_OK;
        }
    }
    return ERR_END;
}
