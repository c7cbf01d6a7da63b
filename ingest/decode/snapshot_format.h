/*
 * snapshot_format.h -- sizes of docs/templates.md, for who writes and who reads it.
 */
#pragma once

#include <stdint.h>

#define SNAPSHOT_MAGIC "GOFLOWTF"

enum {
    SNAPSHOT_MAGIC_SIZE = 8,
    SNAPSHOT_VERSION = 2,
    SNAPSHOT_VERSION_BEFORE = 1, /* is read, too */
    SNAPSHOT_CHECKED_AT = 16,    /* the CRC covers what begins here */
    SNAPSHOT_HEADER_SIZE = 24,
    SNAPSHOT_EXPORTER_SIZE = 32, /* behind its length */
    SNAPSHOT_STREAM_SIZE = 32,
    SNAPSHOT_TEMPLATE_SIZE = 20,
    SNAPSHOT_FIELD_SIZE = 8,
    SNAPSHOT_RATE_SIZE = 32
};

/* In the count of an exporter's templates: its streams come first. So writes version 2. */
#define SNAPSHOT_HAS_STREAMS UINT32_C(0x80000000)
