/* SPDX-License-Identifier: BSD-3-Clause -- any fields as a template, then any bytes as records. */
#include "ingest/decode/extra_program.h"
#include "ingest/decode/template_program.h"
#include "ingest/decode/template_store.h"
#include "tests/fuzz/fuzz_target.h"

static void run_records(struct template *template, struct cursor records)
{
    static struct flow flow;
    static struct record_place places[TEMPLATE_MAX_FIELDS];
    cursor_skip(&records, PROGRAM_HEADROOM);
    while (cursor_left(&records) >= template->record_min_bytes) {
        const uint8_t *record = record_take(&records, template, places);
        if (record == NULL) {
            return;
        }
        if (template->is_variable) {
            template_program_place(template->program, places);
            if (template->extra != NULL) {
                extra_program_place(template->extra, places);
            }
        }
        struct record_facts facts = {0};
        flow_begin(&flow);
        template_program_run(template->program, record, &flow, &facts);
        if (template->extra != NULL) {
            (void)extra_program_run(template->extra, record, &flow);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct template_field fields[TEMPLATE_MAX_FIELDS];
    struct cursor input = cursor_of(bytes, size);
    uint16_t count = cursor_u8(&input);
    for (uint16_t i = 0; i < count; i++) {
        fields[i].pen = cursor_u8(&input) == 0 ? 0 : 29305;
        fields[i].id = cursor_be16(&input);
        fields[i].length = cursor_be16(&input);
    }
    const struct template_limits limits = {.max_per_exporter = 4, .max_shared_bytes = 1 << 20};
    struct template_budget budget = {0};
    struct template_store store;
    const struct extra_choice choice = {.takes_all = true};
    template_store_init(&store, &limits, &choice, &budget);
    const struct stream stream = {.number = 1, .family = 1};
    const struct template_definition definition = {.key = {.id = TEMPLATE_FIRST_ID, .version = 10},
        .stream = stream.number,
        .field_count = count,
        .fields = fields};
    if (template_store_put(&store, &definition, 1) == ERR_OK) {
        run_records(template_store_find(&store, &definition.key, &stream, 1), input);
    }
    template_store_clear(&store);
    return 0;
}
