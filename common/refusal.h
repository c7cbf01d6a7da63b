/*
 * refusal.h -- the one line that says why a program does not start.
 *
 * It names the flag, its value, the reason and what to do about it. Start only; any thread.
 */
#pragma once

#include "common/err.h"

/* Texts are borrowed for the call. */
struct refusal {
    const char *component;
    const char *flag;  /* as the user gives it: "-nf.port" */
    const char *key;   /* what the value is: "address", "folder", "file" */
    const char *value; /* of the flag */
    int cause;         /* an errno, of the system or of libzmq */
};

/* An address that cannot be had: ERR_IN_USE, ERR_DENIED, ERR_INVALID or ERR_IO. */
enum err refuse_address(const struct refusal *refusal);

/* A folder that cannot be made or written to: ERR_IO; ERR_IN_USE with EWOULDBLOCK. */
enum err refuse_folder(const struct refusal *refusal);

/* A file that cannot be read: ERR_IO. */
enum err refuse_file(const struct refusal *refusal);

/* Any other reason, in words, and what to do. */
void refuse(
    const struct refusal *refusal, const char *message, const char *reason, const char *mend);
