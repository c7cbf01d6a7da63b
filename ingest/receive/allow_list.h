/*
 * allow_list.h -- goflow-ingest -exporters.allow: the exporters whose datagrams are decoded.
 *
 *   # one prefix a line
 *   192.0.2.0/24
 *   2001:db8::7
 *   fe80::1%eth0        a link-local address needs its interface
 *
 * Read once and never changed: any thread may ask it.
 */
#pragma once

#include "common/prefix.h"
#include "common/text_line.h"

enum {
    ALLOW_LIST_MAX = 65536 /* prefixes */
};

struct allow_list;

/*
 * Reads a whole list. ERR_INVALID: *fault_p says what is wrong; a list without a prefix is invalid,
 * because it would allow nobody. On success *list_p is owned by the caller: allow_list_destroy()
 * it.
 */
MUST_CHECK enum err allow_list_parse(
    struct allow_list **list_p, const char *text, struct text_fault *fault_p);
void allow_list_destroy(struct allow_list **list_p);

/* A search by halves; a NULL list allows everybody. */
bool allow_list_has(const struct allow_list *list, const struct address *exporter);
