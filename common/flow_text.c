/* SPDX-License-Identifier: BSD-3-Clause -- a flow as a line of JSON or of key=value pairs. */
#include "common/flow_text.h"

#include "common/json_string.h"

/* What differs between the two forms. */
struct style {
    const char *line_start;
    const char *line_end;
    const char *separator;  /* between fields */
    const char *key_quote;  /* around keys and around text */
    const char *assignment; /* between key and value */
    const char *list_start;
    const char *list_end;
};

static const struct style JSON = {.line_start = "{",
    .line_end = "}\n",
    .separator = ",",
    .key_quote = "\"",
    .assignment = ":",
    .list_start = "[",
    .list_end = "]"};

static const struct style TEXT = {.line_start = "",
    .line_end = "\n",
    .separator = " ",
    .key_quote = "",
    .assignment = "=",
    .list_start = "",
    .list_end = ""};

static char *put_number(char *out, uint64_t value)
{
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (count > 0) {
        *out++ = digits[--count];
    }
    return out;
}

static char *put_mac(char *out, uint64_t mac)
{
    static const char HEX[] = "0123456789abcdef";
    for (int shift = 40; shift >= 0; shift -= 8) {
        *out++ = HEX[mac >> (shift + 4) & 15];
        *out++ = HEX[mac >> shift & 15];
        *out++ = ':';
    }
    return out - 1;
}

static char *put_address(char *out, const struct address *address, const struct style *style)
{
    char text[ADDRESS_TEXT_SIZE];
    (void)address_format(address, text);
    out = stpcpy(out, style->key_quote);
    out = stpcpy(out, text);
    return stpcpy(out, style->key_quote);
}

static char *put_single(
    char *out, const struct flow_field_info *info, const void *member, const struct style *style)
{
    if (info->kind == FLOW_KIND_ADDRESS) {
        return put_address(out, member, style);
    }
    uint64_t value = *(const uint64_t *)member;
    if (info->unit != FLOW_UNIT_MAC) {
        return put_number(out, value);
    }
    out = stpcpy(out, style->key_quote);
    out = put_mac(out, value);
    return stpcpy(out, style->key_quote);
}

static char *put_list(
    char *out, const struct flow_field_info *info, const void *member, const struct style *style)
{
    const struct number_list *numbers = member;
    const struct address_list *addresses = member;
    bool is_numbers = info->kind == FLOW_KIND_NUMBER_LIST;
    uint32_t count = is_numbers ? numbers->count : addresses->count;
    out = stpcpy(out, style->list_start);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) {
            *out++ = ',';
        }
        out = is_numbers ? put_number(out, numbers->values[i])
                         : put_address(out, &addresses->values[i], style);
    }
    return stpcpy(out, style->list_end);
}

/* A pair for each entry; brackets take the place of the key's quotes. */
static char *put_pairs(char *out, const char *name, const struct text_map *map)
{
    const uint8_t *p = map->bytes;
    for (uint32_t i = 0; i < map->count; i++) {
        struct text_entry entry;
        p = text_entry_read(&entry, p);
        char *key = stpcpy(stpcpy(out, i > 0 ? TEXT.separator : ""), name);
        out = json_put_string(key, entry.key, entry.key_size);
        *key = '[';
        out[-1] = ']';
        out = stpcpy(out, TEXT.assignment);
        out = json_put_string(out, entry.value, entry.value_size);
    }
    return out;
}

static char *put_field(
    char *out, const struct flow *flow, enum flow_field field, const struct style *style)
{
    const struct flow_field_info *info = &FLOW_FIELDS[field];
    const void *member = (const uint8_t *)flow + info->offset;
    if (info->kind == FLOW_KIND_TEXT_MAP && style == &TEXT) {
        return put_pairs(out, info->name, member);
    }
    out = stpcpy(out, style->key_quote);
    out = stpcpy(out, info->name);
    out = stpcpy(out, style->key_quote);
    out = stpcpy(out, style->assignment);
    if (info->kind == FLOW_KIND_TEXT) {
        const struct flow_text *text = member;
        return json_put_string(out, text->bytes, text->size);
    }
    if (info->kind == FLOW_KIND_TEXT_MAP) {
        const struct text_map *map = member;
        return text_entries_put_json(out, map->bytes, map->size);
    }
    bool is_single = info->kind == FLOW_KIND_NUMBER || info->kind == FLOW_KIND_ADDRESS;
    return is_single ? put_single(out, info, member, style) : put_list(out, info, member, style);
}

static size_t print(const struct flow *flow, char *out, const struct style *style)
{
    char *p = stpcpy(out, style->line_start);
    const char *separator = "";
    for (size_t i = 0; i < FLOW_FIELD_COUNT; i++) {
        if (flow_has(flow, (enum flow_field)i)) {
            p = stpcpy(p, separator);
            p = put_field(p, flow, (enum flow_field)i, style);
            separator = style->separator;
        }
    }
    return (size_t)(stpcpy(p, style->line_end) - out);
}

size_t flow_print_json(const struct flow *flow, char *out)
{
    return print(flow, out, &JSON);
}

size_t flow_print_text(const struct flow *flow, char *out)
{
    return print(flow, out, &TEXT);
}
