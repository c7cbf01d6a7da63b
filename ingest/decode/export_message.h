/*
 * export_message.h -- where NetFlow 9 and IPFIX meet: a header, then sets.
 *
 * netflow9.c and ipfix.c read their headers into one struct and hand on the sets; what a set is
 * worth does not depend on the protocol any more, but for the ids of the template sets and the
 * form of a template. RFC 3954 section 5, RFC 7011 section 3.
 */
#pragma once

#include "ingest/decode/decode_context.h"
#include "ingest/decode/exporter.h"
#include "ingest/decode/template_program.h"

struct export_message {
    enum flow_type type;
    uint16_t version; /* 9 or 10 */
    uint32_t sequence;
    uint32_t domain; /* observation domain, source id */
    struct export_clock clock;
    uint32_t export_s; /* as the header says; the clock may have been mended */
    struct exporter_version_counters *counters; /* of the exporter, for this version */
};

/* Reads the sets that follow the header. */
void export_message_sets(
    struct decode_context *context, const struct export_message *message, struct cursor sets);

/* A template set or options template set; template_set.c. */
void template_set_read(struct decode_context *context, const struct export_message *message,
    struct cursor set, bool is_options);

/*
 * The rest of a template set that the datagram cuts: takes the templates that it names out of
 * force, because what they mean from now on did not arrive whole.
 */
void template_set_void(struct decode_context *context, const struct export_message *message,
    struct cursor set, bool is_options);

/* A data set: flows, or options; data_set.c. */
void data_set_read(struct decode_context *context, const struct export_message *message,
    struct cursor set, uint16_t template_id);

/* The same of a set whose template is found, and before which nothing waits. */
void data_set_decode(struct decode_context *context, const struct export_message *message,
    const struct template *template, struct cursor set);

/*
 * Whether the set is whole records of that template and padding, which is zero, or too short to
 * align anything but four bytes (RFC 7011 section 3.3.1, RFC 3954 section 5.3). Else the layout
 * changed, and the records would be nonsense.
 */
bool data_set_fits(const struct template *template, struct cursor set);

/* One options record of that template at `record`; options_data.c. */
void options_data_read(struct decode_context *context, const struct export_message *message,
    const struct template *template, const uint8_t *record, const struct record_place *places);

/* Where the bytes end but for zeroes: a record that would begin there is padding. */
static inline const uint8_t *padding_start(struct cursor set)
{
    const uint8_t *end = set.end;
    while (end > set.pos && end[-1] == 0) {
        end--;
    }
    return end;
}
