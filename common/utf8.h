/*
 * utf8.h -- which bytes are characters (RFC 3629).
 *
 * Pure functions; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Length of the character that starts at `text`, of which `left` > 0 bytes are there; 0: malformed,
 * that is cut off, overlong, a surrogate, or beyond U+10FFFF.
 */
size_t utf8_length(const uint8_t *text, size_t left);
