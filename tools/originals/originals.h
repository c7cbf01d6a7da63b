/*
 * originals.h -- the original goflow's small tools: one port, flows on standard output.
 *
 * cnetflow, csflow and cnflegacy differ in name and port alone: they are goflow-ingest with the
 * original's own flags. Each is meant for one protocol, but its port understands them all, as every
 * port of ours does.
 */
#pragma once

struct original {
    const char *name;    /* of the program */
    const char *summary; /* one line for its help */
    const char *port;    /* default */
};

/* All there is to main(): reads the flags and runs; returns the exit status. */
int original_main(const struct original *original, int argc, char **argv);
