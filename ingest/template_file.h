/*
 * template_file.h -- goflow-ingest -templates.file: templates and sampling rates across restarts.
 *
 * Read once at the start, for decoders to look exporters up in, and written anew when something
 * changed. A file that cannot be read or written is said in one line and never stops the program.
 * The main thread's. Format: docs/templates.md.
 */
#pragma once

#include "common/err.h"
#include "ingest/receive/receiver.h"

struct snapshot;
struct template_file;

/* An empty path: nothing is read or written. */
MUST_CHECK enum err template_file_open(struct template_file **file_p, const char *path);
void template_file_close(struct template_file **file_p);

/* What the file held at the start, lent until it is closed; NULL: nothing. */
const struct snapshot *template_file_snapshot(const struct template_file *file);

/* Writes what the receiver knows, if it differs from what was written last. */
void template_file_save(struct template_file *file, struct receiver *receiver);
