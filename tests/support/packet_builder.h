/*
 * packet_builder.h -- builds NetFlow and IPFIX datagrams, so that a test reads as one.
 *
 * A message is begun, sets are opened in it; each close writes the length of what was opened, and
 * IPFIX messages are closed too. What a test wants wrong it overwrites afterwards. Bodies are
 * written with the build_... functions of capture_builder.h.
 */
#pragma once

#include "common/cursor.h"
#include "ingest/decode/template.h"
#include "tests/support/capture_builder.h"

enum {
    PACKET_EXPORT_S = 1700000000,
    PACKET_UPTIME_MS = 3600000,
    PACKET_DOMAIN = 77,
    PACKET_SEQUENCE = 4711
};

struct packet {
    struct build wire;
    size_t set_at; /* of the set opened last */
};

/* Headers with the constants above. */
void packet_netflow5(struct packet *packet, uint16_t count, uint16_t sampling);
void packet_netflow9(struct packet *packet);
void packet_ipfix(struct packet *packet);
/* Writes the length of an IPFIX message. */
void packet_close(struct packet *packet);

/* 192.0.2.`last`:1024 to 198.51.100.7:443 over TCP, 10 packets and 1500 octets, for 2 s. */
void packet_netflow5_record(struct packet *packet, uint8_t last);

void packet_open_set(struct packet *packet, uint16_t id);
void packet_close_set(struct packet *packet);

/* A template record; an enterprise number other than 0 sets the enterprise bit. */
void packet_template(
    struct packet *packet, uint16_t id, const struct template_field *fields, size_t count);
/* A whole template set of one template: PACKET_TEMPLATE(&packet, 2, 256, {0, 8, 4}, {0, 1, 8}). */
#define PACKET_TEMPLATE(packet, set_id, template_id, ...)                                          \
    do {                                                                                           \
        static const struct template_field packet_fields[] = {__VA_ARGS__};                        \
        packet_open_set(packet, set_id);                                                           \
        packet_template(                                                                           \
            packet, template_id, packet_fields, sizeof packet_fields / sizeof packet_fields[0]);   \
        packet_close_set(packet);                                                                  \
    } while (0)

/* A whole options template set; the first `scopes` fields are its scope. */
void packet_options_template(struct packet *packet, uint16_t id, size_t scopes,
    const struct template_field *fields, size_t count);
#define PACKET_OPTIONS_TEMPLATE(packet, template_id, scopes, ...)                                  \
    do {                                                                                           \
        static const struct template_field packet_fields[] = {__VA_ARGS__};                        \
        packet_options_template(packet, template_id, scopes, packet_fields,                        \
            sizeof packet_fields / sizeof packet_fields[0]);                                       \
    } while (0)

/* A whole data set of `size` bytes: records that are a 1 of four bytes, then padding. */
void packet_padded_set(struct packet *packet, uint16_t id, uint32_t records, size_t size);

void packet_u64(struct packet *packet, uint64_t value);
/* The last `size` bytes of the number. */
void packet_number(struct packet *packet, uint64_t value, size_t size);
/* 4 or 16 bytes, by the text's family. */
void packet_address(struct packet *packet, const char *text);

/* Overwrites 16 bits. */
void packet_overwrite(struct packet *packet, size_t at, uint16_t value);
