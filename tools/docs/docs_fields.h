/*
 * docs_fields.h -- docs/fields.md, printed from the table of the flow record.
 */
#pragma once

#include <stdio.h>

void docs_print_fields(FILE *out);
