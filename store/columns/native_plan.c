/* SPDX-License-Identifier: BSD-3-Clause -- matches the fields of a flow to a table's columns. */
#include "store/columns/native_plan.h"

#include "store/columns/native_entry.h"
#include "store/columns/native_values.h"

#include <stdlib.h>
#include <string.h>

/* Columns of other names: mapped, the original's, and the two that say where a row came from. */
static enum err find_source(struct plan_column *column, const struct table_column *table_column)
{
    const char *name = table_column->name;
    if (table_column->is_mapped) {
        column->source = SOURCE_ENTRY;
        column->field = FLOW_EXTRA;
        return ERR_OK;
    }
    column->source = SOURCE_FIELD;
    if (strcmp(name, ROW_INGEST_ID) == 0) {
        column->source = SOURCE_INGEST_ID;
        return ERR_OK;
    }
    if (strcmp(name, ROW_SEQUENCE) == 0) {
        column->source = SOURCE_SEQUENCE;
        return ERR_OK;
    }
    return flow_field_find(&column->field, strcmp(name, "FlowType") == 0 ? "Type" : name);
}

static bool is_list(enum flow_field field)
{
    enum flow_kind kind = FLOW_FIELDS[field].kind;
    return kind == FLOW_KIND_NUMBER_LIST || kind == FLOW_KIND_ADDRESS_LIST;
}

static bool can_write(const struct plan_column *column)
{
    const struct native_type *type = &column->type;
    if (column->source == SOURCE_ENTRY) {
        return native_can_write_entry(type);
    }
    if (column->source != SOURCE_FIELD) {
        return type->kind == NATIVE_NUMBER && type->max == UINT64_MAX && !type->is_array &&
               !type->is_nullable;
    }
    const struct flow_field_info *info = &FLOW_FIELDS[column->field];
    return type->is_array == is_list(column->field) &&
           native_can_write(info->kind, info->unit, type);
}

/* ERR_UNSUPPORTED: left to the table's default, and said in `why`. */
static enum err plan_column(
    struct plan_column *column, const struct table_column *table_column, struct buffer *why)
{
    if (find_source(column, table_column) != ERR_OK) {
        return ERR_NOT_FOUND;
    }
    if (native_type_parse(&column->type, table_column->type) != ERR_OK || !can_write(column)) {
        buffer_format(why, "%s can't be written as %s. ", table_column->name, table_column->type);
        return ERR_UNSUPPORTED;
    }
    column->name = strdup(table_column->name);
    return column->name != NULL ? ERR_OK : ERR_MEMORY;
}

static void note_entry(struct native_plan *plan, const struct plan_column *column)
{
    if (column->source == SOURCE_ENTRY) {
        plan->keys.names[plan->keys.count++] = column->name;
    }
}

static enum err plan_columns(struct native_plan *plan, const struct table_column *columns,
    size_t column_count, struct buffer *why)
{
    for (size_t i = 0; i < column_count; i++) {
        struct plan_column *column = &plan->columns[plan->column_count];
        enum err err = plan_column(column, &columns[i], why);
        if (err == ERR_MEMORY) {
            return err;
        }
        if (err == ERR_OK) {
            note_entry(plan, column);
            plan->column_count++;
        }
    }
    if (plan->column_count == 0) {
        buffer_text_append(why, "The table has no column for any field of a flow.");
        return ERR_UNSUPPORTED;
    }
    return ERR_OK;
}

enum err native_plan_new(struct native_plan **plan_p, const struct table_column *columns,
    size_t column_count, struct buffer *why)
{
    *plan_p = NULL;
    struct native_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) {
        return ERR_MEMORY;
    }
    plan->columns = calloc(column_count + 1, sizeof *plan->columns);
    plan->keys.names = calloc(column_count + 1, sizeof *plan->keys.names);
    bool has_room = plan->columns != NULL && plan->keys.names != NULL;
    enum err err = has_room ? plan_columns(plan, columns, column_count, why) : ERR_MEMORY;
    if (err != ERR_OK) {
        native_plan_destroy(&plan);
        return err;
    }
    *plan_p = plan;
    return ERR_OK;
}

void native_plan_destroy(struct native_plan **plan_p)
{
    struct native_plan *plan = *plan_p;
    if (plan == NULL) {
        return;
    }
    for (size_t i = 0; i < plan->column_count; i++) {
        free(plan->columns[i].name);
    }
    free(plan->columns);
    free(plan->keys.names);
    free(plan);
    *plan_p = NULL;
}
