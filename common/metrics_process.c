/* SPDX-License-Identifier: BSD-3-Clause -- process_* and goflow_build_info, from /proc/self. */
#include "common/metrics_process.h"

#include "common/clock.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

METRIC_FAMILY(BUILD_INFO, GAUGE, "goflow_build_info", "Always 1; the version is a label.");
METRIC_FAMILY(CPU_SECONDS, COUNTER, "process_cpu_seconds_total",
    "User and system CPU time spent, in seconds.");
METRIC_FAMILY(RESIDENT_BYTES, GAUGE, "process_resident_memory_bytes", "Memory in RAM, in bytes.");
METRIC_FAMILY(
    VIRTUAL_BYTES, GAUGE, "process_virtual_memory_bytes", "Address space in use, in bytes.");
METRIC_FAMILY(START_SECONDS, GAUGE, "process_start_time_seconds",
    "Start of the process, in seconds since 1970.");
METRIC_FAMILY(OPEN_FDS, GAUGE, "process_open_fds", "Open file descriptors.");
METRIC_FAMILY(MAX_FDS, GAUGE, "process_max_fds", "Limit of open file descriptors.");

static double seconds_of(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void collect_cpu(struct metrics_page *page)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        metrics_page_add(page, &CPU_SECONDS,
            seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime), "%s", "");
    }
}

/* proc(5): statm counts pages, the first number all of them, the second those in RAM. */
static void collect_memory(struct metrics_page *page)
{
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) {
        return;
    }
    unsigned long long all = 0;
    unsigned long long resident = 0;
    if (fscanf(file, "%llu %llu", &all, &resident) == 2) { /* NOLINT(cert-err34-c) */
        double page_bytes = (double)sysconf(_SC_PAGESIZE);
        metrics_page_add(page, &VIRTUAL_BYTES, (double)all * page_bytes, "%s", "");
        metrics_page_add(page, &RESIDENT_BYTES, (double)resident * page_bytes, "%s", "");
    }
    (void)fclose(file);
}

/* proc(5): field 22 of stat is the start in clock ticks after boot; the name may hold blanks. */
static void collect_start(struct metrics_page *page)
{
    FILE *file = fopen("/proc/self/stat", "re");
    if (file == NULL) {
        return;
    }
    unsigned long long ticks = 0;
    /* NOLINTNEXTLINE(cert-err34-c) */
    int found = fscanf(file,
        "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
        "%llu",
        &ticks);
    (void)fclose(file);
    struct timespec up;
    if (found == 1 && clock_gettime(CLOCK_BOOTTIME, &up) == 0) {
        double boot = (double)clock_wall_ns() / 1e9 - (double)up.tv_sec - (double)up.tv_nsec / 1e9;
        double start = boot + (double)ticks / (double)sysconf(_SC_CLK_TCK);
        metrics_page_add(page, &START_SECONDS, (double)(uint64_t)(start + 0.5), "%s", "");
    }
}

static void collect_descriptors(struct metrics_page *page)
{
    DIR *folder = opendir("/proc/self/fd");
    if (folder != NULL) {
        double count = -3; /* ".", ".." and the folder's own descriptor */
        while (readdir(folder) != NULL) {
            count++;
        }
        (void)closedir(folder);
        metrics_page_add(page, &OPEN_FDS, count, "%s", "");
    }
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        metrics_page_add(page, &MAX_FDS, (double)limit.rlim_cur, "%s", "");
    }
}

void metrics_process_collect(void *context, struct metrics_page *page)
{
    (void)context;
    metrics_page_add(page, &BUILD_INFO, 1, "version=\"%s\"", GOFLOW_VERSION);
    collect_cpu(page);
    collect_memory(page);
    collect_start(page);
    collect_descriptors(page);
}
