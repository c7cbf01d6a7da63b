/* SPDX-License-Identifier: BSD-3-Clause -- exceptions of the database, sorted. */
#include "store/sink/sink_error.h"

#include <stdlib.h>
#include <string.h>

static const struct exception {
    int code;
    const char *words;
    enum sink_outcome outcome;
    enum sink_outcome alone;
} EXCEPTIONS[] = {
#define EXCEPTION(code, name, words, outcome, alone, reason)                                       \
    {code, words, SINK_##outcome, SINK_##alone},
#define STATUS(first, last, outcome, alone, reason)
#include "store/sink/answers.def"
#undef EXCEPTION
#undef STATUS
};

static const struct status {
    long first;
    long last;
    enum sink_outcome outcome;
    enum sink_outcome alone;
} STATUSES[] = {
#define EXCEPTION(code, name, words, outcome, alone, reason)
#define STATUS(first, last, outcome, alone, reason) {first, last, SINK_##outcome, SINK_##alone},
#include "store/sink/answers.def"
#undef EXCEPTION
#undef STATUS
};

enum {
    EXCEPTION_COUNT = sizeof EXCEPTIONS / sizeof EXCEPTIONS[0],
    STATUS_COUNT = sizeof STATUSES / sizeof STATUSES[0]
};

static const int TOO_NEW[] = {
    36,  /* BAD_ARGUMENTS */
    43,  /* ILLEGAL_TYPE_OF_ARGUMENT */
    46,  /* UNKNOWN_FUNCTION */
    50,  /* UNKNOWN_TYPE */
    62,  /* SYNTAX_ERROR */
    115, /* UNKNOWN_SETTING */
    432, /* UNKNOWN_CODEC */
};

enum {
    HTTP_OK = 200
};

#define CONTAINS(list, code) contains((list), sizeof(list) / sizeof(list)[0], (code))

static bool contains(const int *codes, size_t count, int code)
{
    for (size_t i = 0; i < count; i++) {
        if (codes[i] == code) {
            return true;
        }
    }
    return false;
}

int sink_error_code(const char *text)
{
    const char *code = strstr(text, "Code: ");
    if (code == NULL) {
        return SINK_ERROR_NONE;
    }
    char *end;
    long number = strtol(code + strlen("Code: "), &end, 10);
    bool is_exception = strncmp(end, ". DB::", 6) == 0 || strncmp(end, ", e.", 4) == 0;
    return is_exception && number > 0 && number < 100000 ? (int)number : SINK_ERROR_NONE;
}

static enum sink_outcome exception_outcome(int code, const char *text, bool is_alone)
{
    for (size_t i = 0; i < EXCEPTION_COUNT; i++) {
        const struct exception *exception = &EXCEPTIONS[i];
        if (exception->code == code && strstr(text, exception->words) != NULL) {
            return is_alone ? exception->alone : exception->outcome;
        }
    }
    return SINK_SUSPECT;
}

static enum sink_outcome status_outcome(long status, bool is_alone)
{
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        if (status >= STATUSES[i].first && status <= STATUSES[i].last) {
            return is_alone ? STATUSES[i].alone : STATUSES[i].outcome;
        }
    }
    return SINK_UNKNOWN;
}

enum sink_outcome sink_error_outcome(long status, int code, const char *text, bool is_alone)
{
    bool may_hold_code = code == SINK_ERROR_NONE && status != HTTP_OK;
    int found = may_hold_code ? sink_error_code(text) : code;
    return found != SINK_ERROR_NONE ? exception_outcome(found, text, is_alone)
                                    : status_outcome(status, is_alone);
}

bool sink_error_is_forbidden(int code)
{
    return code == 164 /* READONLY */ || code == 497 /* ACCESS_DENIED */;
}

bool sink_error_is_too_new(int code)
{
    return CONTAINS(TOO_NEW, code);
}
