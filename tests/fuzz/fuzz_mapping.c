/* SPDX-License-Identifier: BSD-3-Clause -- any text as a mapping, then what it says of elements. */
#include "common/mapping.h"
#include "ingest/decode/element_text.h"
#include "tests/fuzz/fuzz_target.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    VALUE_BYTES = 8
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, bytes, size);
    text[size] = '\0';
    struct mapping *mapping;
    struct mapping_fault fault;
    if (mapping_parse(&mapping, text, &fault) == ERR_OK) {
        for (size_t i = 0; i < mapping->count; i++) {
            char value[ELEMENT_TEXT_MAX(VALUE_BYTES)];
            const struct mapping_column *column = &mapping->columns[i];
            enum element_type type = element_type_of(column->pen, column->id);
            assert(mapping_find(mapping, column->pen, column->id) == column);
            (void)element_text_put(value, type, (const uint8_t *)column->name, VALUE_BYTES);
        }
        mapping_destroy(&mapping);
    }
    free(text);
    return 0;
}
