/*
 * confine.h -- after start a program reaches only what its settings name.
 *
 * Which files and ports those are stands in the option table: each option says what its value is
 * (enum option_reach). Main calls this once, when what needs root's rights is open and before any
 * other thread runs. What the kernel cannot do is left out, and the start line says so.
 */
#pragma once

#include "common/options.h"
#include "common/start_line.h"

/* The flags -confine and -user. */
struct confinement {
    const char *mode; /* auto, off */
    const char *user; /* "": stays who it is */
};

struct confine_request {
    const struct confinement *flags;
    const struct option_program *program;
    const void *settings;
    /* Beyond the table: */
    struct option_list reads;   /* files */
    struct option_list folders; /* to write in; they exist */
    struct option_list urls;    /* to connect to */
};

/* The confinement in force, for the start line. */
struct confine_state {
    const char *user;     /* its name is looked up while the files with names can be read */
    const char *landlock; /* files and ports */
    const char *seccomp;  /* system calls */
};

/* For validate: -user exists, and can be become. */
MUST_CHECK enum err confine_check_user(const struct option_program *program, const char *user);

/* On failure one line is logged, and the program must not go on. */
MUST_CHECK enum err confine(const struct confine_request *request, struct confine_state *state_p);

/* Adds user, landlock and seccomp. */
void confine_add_start(const struct confine_state *state, struct start_line *line);
