/* SPDX-License-Identifier: BSD-3-Clause -- texts of enum err. */
#include "common/err.h"

#include <stddef.h>

#define ERR_TEXT(code, text) text,
static const char *const TEXTS[] = {ERR_LIST(ERR_TEXT)};
#undef ERR_TEXT

const char *err_text(enum err err)
{
    size_t count = sizeof TEXTS / sizeof TEXTS[0];
    return (size_t)err < count ? TEXTS[err] : "unknown error";
}
