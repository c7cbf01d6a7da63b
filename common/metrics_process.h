/*
 * metrics_process.h -- what every process reports of itself: CPU, memory, descriptors, version.
 *
 * The names are those of Prometheus' own client libraries, so that common dashboards find them.
 */
#pragma once

#include "common/metrics.h"

/* A collector without context; metrics_new() registers it. */
void metrics_process_collect(void *context, struct metrics_page *page);
