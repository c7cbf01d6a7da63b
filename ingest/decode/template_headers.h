/*
 * template_headers.h -- which of two packet headers a template's field describes.
 *
 * Of a tunnelled packet (IP in IP, SRv6), exporters send the elements of a header twice: first
 * those of the outer header, then those of the inner one (RFC 7011 section 8). The families of the
 * two may differ, so an address element may come once in such a template. Pure functions; read when
 * a template is compiled, never for a record.
 */
#pragma once

#include "common/flow.h"
#include "ingest/decode/template.h"

/*
 * Marks the fields of the inner header; `is_inner` has room for one mark a field. False: the
 * template describes one header, and nothing is marked.
 */
bool template_headers_mark(
    bool *is_inner, const struct template_field *fields, uint16_t field_count);

/* The field of the inner header that the element fills; FLOW_FIELD_COUNT: it has none. */
enum flow_field template_headers_inner_field(uint16_t id);
