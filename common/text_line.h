/*
 * text_line.h -- a text of an operator's, line by line, word by word; # begins a comment.
 *
 * For files of a few words a line, such as maps of sampling rates. A value; nothing is allocated.
 */
#pragma once

#include "common/err.h"

#include <stdint.h>

enum {
    TEXT_LINE_SIZE = 256, /* with the closing zero */
    TEXT_LINE_WORDS = 5   /* words behind these are not looked at */
};

/* What is wrong with a text, and where. */
struct text_fault {
    uint32_t line; /* from 1 */
    const char *reason;
};

/* Zero it before the first line. */
struct text_line {
    uint32_t number;              /* of the line in the text, from 1 */
    uint32_t count;               /* of words */
    char *words[TEXT_LINE_WORDS]; /* lent until the next line, may be written to; "" behind the last
                                   */
    char text[TEXT_LINE_SIZE];
};

/*
 * Takes the next line that has words; *rest_p moves on behind it. ERR_END: none is left. ERR_FULL:
 * the line is longer than a line may be.
 */
MUST_CHECK enum err text_line_next(struct text_line *line, const char **rest_p);
