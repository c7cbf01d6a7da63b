/* SPDX-License-Identifier: BSD-3-Clause -- exceptions of the database, sorted. */
#include "store/sink/sink_error.h"

#include <stdlib.h>
#include <string.h>

/* The statement was refused before it ran: surely nothing was written. */
static const int REFUSED[] = {
    164, /* READONLY */
    192, /* UNKNOWN_USER */
    193, /* WRONG_PASSWORD */
    194, /* REQUIRED_PASSWORD */
    195, /* IP_ADDRESS_NOT_ALLOWED */
    202, /* TOO_MANY_SIMULTANEOUS_QUERIES */
    242, /* TABLE_IS_READ_ONLY */
    497, /* ACCESS_DENIED */
    516, /* AUTHENTICATION_FAILED */
};

/* The data or the schema is wrong, and will be next time. */
static const int PERMANENT[] = {
    6,   /* CANNOT_PARSE_TEXT */
    7,   /* INCORRECT_NUMBER_OF_COLUMNS */
    8,   /* THERE_IS_NO_COLUMN */
    9,   /* SIZES_OF_COLUMNS_DOESNT_MATCH */
    10,  /* NOT_FOUND_COLUMN_IN_BLOCK */
    15,  /* DUPLICATE_COLUMN */
    16,  /* NO_SUCH_COLUMN_IN_TABLE */
    20,  /* NUMBER_OF_COLUMNS_DOESNT_MATCH */
    26,  /* CANNOT_PARSE_QUOTED_STRING */
    27,  /* CANNOT_PARSE_INPUT_ASSERTION_FAILED */
    33,  /* CANNOT_READ_ALL_DATA */
    38,  /* CANNOT_PARSE_DATE */
    41,  /* CANNOT_PARSE_DATETIME */
    43,  /* ILLEGAL_TYPE_OF_ARGUMENT */
    44,  /* ILLEGAL_COLUMN */
    47,  /* UNKNOWN_IDENTIFIER */
    48,  /* NOT_IMPLEMENTED */
    49,  /* LOGICAL_ERROR: old servers say so to data they cannot read */
    50,  /* UNKNOWN_TYPE */
    53,  /* TYPE_MISMATCH */
    60,  /* UNKNOWN_TABLE: preparing again may create it */
    62,  /* SYNTAX_ERROR */
    69,  /* ARGUMENT_OUT_OF_BOUND */
    70,  /* CANNOT_CONVERT_TYPE */
    72,  /* CANNOT_PARSE_NUMBER */
    81,  /* UNKNOWN_DATABASE: preparing again may create it */
    117, /* INCORRECT_DATA */
    131, /* TOO_LARGE_STRING_SIZE */
    190, /* SIZES_OF_ARRAYS_DONT_MATCH */
    349, /* CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN */
    443, /* NO_COMMON_TYPE */
    469, /* VIOLATED_CONSTRAINT */
    691, /* UNKNOWN_ELEMENT_OF_ENUM */
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

enum sink_outcome sink_error_outcome(int code)
{
    if (CONTAINS(PERMANENT, code)) {
        return SINK_REJECT;
    }
    return CONTAINS(REFUSED, code) ? SINK_RETRY : SINK_UNKNOWN;
}

bool sink_error_is_forbidden(int code)
{
    return code == 164 /* READONLY */ || code == 497 /* ACCESS_DENIED */;
}

bool sink_error_is_too_new(int code)
{
    return CONTAINS(TOO_NEW, code);
}
