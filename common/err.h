/*
 * err.h -- the one vocabulary of outcomes.
 *
 * Every function that can fail returns an enum err. ERR_END and ERR_FULL are outcomes that
 * callers switch on, not failures. Whoever knows the cause logs it once; callers pass it on.
 */
#pragma once

#define MUST_CHECK __attribute__((warn_unused_result))

#define ERR_LIST(X)                                                                                \
    X(ERR_OK, "ok")                                                                                \
    X(ERR_END, "nothing left")                                                                     \
    X(ERR_FULL, "no room")                                                                         \
    X(ERR_AGAIN, "not now")                                                                        \
    X(ERR_MEMORY, "out of memory")                                                                 \
    X(ERR_IO, "input/output error")                                                                \
    X(ERR_INVALID, "invalid value")                                                                \
    X(ERR_CORRUPT, "damaged data")                                                                 \
    X(ERR_SHORT, "data ends too early")                                                            \
    X(ERR_NOT_FOUND, "not found")                                                                  \
    X(ERR_IN_USE, "already in use")                                                                \
    X(ERR_DENIED, "permission denied")                                                             \
    X(ERR_UNSUPPORTED, "not supported")                                                            \
    X(ERR_TIMEOUT, "timed out")                                                                    \
    X(ERR_REFUSED, "refused by the peer")                                                          \
    X(ERR_STOPPED, "stopped")

#define ERR_ENUM(code, text) code,
enum err {
    ERR_LIST(ERR_ENUM)
};
#undef ERR_ENUM

/* A short text in lower case; static, never NULL. */
const char *err_text(enum err err);
