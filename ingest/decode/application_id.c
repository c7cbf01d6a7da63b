/* SPDX-License-Identifier: BSD-3-Clause -- reads application ids. */
#include "ingest/decode/application_id.h"

#include "common/cursor.h"

enum {
    NUMBER_BYTES = 8,
    ENGINE_OF_ENTERPRISES = 20, /* PANA-L7-PEN, RFC 6759 section 4.1 */
    SELECTOR_OFFSET = 1,
    ENTERPRISE_SELECTOR_OFFSET = 5
};

/* The number that the bytes end with. */
static uint64_t number_of(const uint8_t *bytes, size_t length)
{
    size_t surplus = length > NUMBER_BYTES ? length - NUMBER_BYTES : 0;
    return load_be(bytes + surplus, length - surplus);
}

struct application_id application_id_read(const uint8_t *bytes, size_t length)
{
    struct application_id id = {.engine = 0};
    if (length == 0) {
        return id;
    }
    bool has_enterprise = bytes[0] == ENGINE_OF_ENTERPRISES && length > ENTERPRISE_SELECTOR_OFFSET;
    size_t offset = has_enterprise ? ENTERPRISE_SELECTOR_OFFSET : SELECTOR_OFFSET;
    id.engine = bytes[0];
    id.enterprise = has_enterprise ? load_be32(bytes + SELECTOR_OFFSET) : 0;
    id.selector = number_of(bytes + offset, length - offset);
    id.number = number_of(bytes, length);
    if (has_enterprise && length > NUMBER_BYTES) {
        id.number = (uint64_t)id.enterprise << 32 | (uint32_t)id.selector;
    }
    return id;
}
