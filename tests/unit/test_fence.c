/* SPDX-License-Identifier: BSD-3-Clause -- the lease's end in the statement, on the real engine. */
/* Not under sanitizers, for the reason that test_engine.c gives. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include "common/clock.h"
#include "store/sink/fence.h"

#include <assert.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/goflow_fence_XXXXXX";
static struct sink_backend *backend;
static struct buffer error;

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(folder));
    struct sink_options options = {.path = folder};
    cr_assert_eq(sink_embedded_open(&backend, &options), ERR_OK,
        "the engine must be installed: deploy/fetch-engine");
}

static void tear_down(void)
{
    backend->class->close(backend);
    buffer_clear(&error);
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    assert(system(command) == 0);
}

TestSuite(fence, .init = set_up, .fini = tear_down, .timeout = 60);

static long ask(const char *sql)
{
    struct buffer answer = {0};
    cr_assert_eq(backend->class->query(backend, sql, "TabSeparated", &answer, &error), SINK_DONE,
        "%s", buffer_text(&error));
    long number = strtol(buffer_text(&answer), NULL, 10);
    buffer_clear(&answer);
    return number;
}

/* A block of two batches whose leases end so many milliseconds from now; the first may be removed.
 */
static struct fence_end fence_of_two(int64_t first_ms, int64_t second_ms, bool is_first_removed)
{
    struct block_batch batches[2] = {{.is_removed = is_first_removed}};
    struct block block = {.batches = batches, .batch_count = 2};
    struct fence fence = {0};
    struct fence_end end;
    uint64_t now_ns = clock_monotonic_ns();
    counter_set(&batches[0].lease_end_ns, now_ns + (uint64_t)(first_ms * (int64_t)NS_PER_MS));
    counter_set(&batches[1].lease_end_ns, now_ns + (uint64_t)(second_ms * (int64_t)NS_PER_MS));
    cr_assert_eq(fence_of(&fence, backend, &block, &end, &error), SINK_DONE);
    return end;
}

static struct fence_end fence_between(int64_t first_ms, int64_t second_ms)
{
    return fence_of_two(first_ms, second_ms, false);
}

/* One row, A = 7. */
static enum sink_outcome insert(const struct fence_end *end)
{
    static const char ROW[] = {1, 1, 1, 'A', 5, 'U', 'I', 'n', 't', '8', 7};
    struct buffer bytes = {0};
    buffer_append(&bytes, ROW, sizeof ROW);
    struct sink_native native = {.table = "`default`.`t`",
        .columns = "(`A`)",
        .structure = "`A` UInt8",
        .bytes = &bytes,
        .rows = 1,
        .fence = end};
    enum sink_outcome outcome = backend->class->insert(backend, &native, &error);
    buffer_clear(&bytes);
    return outcome;
}

Test(fence, lets_in_what_comes_in_time_and_nothing_that_comes_late)
{
    (void)ask("CREATE TABLE default.t (A UInt8) ENGINE = MergeTree ORDER BY A");
    struct fence_end in_time = fence_between(20000, 30000);
    cr_assert_eq(insert(&in_time), SINK_DONE, "%s", buffer_text(&error));
    cr_assert_eq(ask("SELECT sum(A) FROM default.t"), 7);

    struct fence_end late = fence_between(30000, -1);
    cr_assert_eq(insert(&late), SINK_LATE, "the shortest lease counts");
    cr_assert_not_null(strstr(buffer_text(&error), FENCE_LATE));
    cr_assert_eq(ask("SELECT count() FROM default.t"), 1);
}

Test(fence, ends_with_the_lease_in_the_databases_clock)
{
    long before_ms = ask("SELECT toUnixTimestamp64Milli(now64(3))");
    struct fence_end end = fence_between(5000, 6000);
    cr_assert_geq((long)end.server_ms, before_ms + 4000);
    cr_assert_leq((long)end.server_ms, ask("SELECT toUnixTimestamp64Milli(now64(3))") + 5000);
    cr_assert_gt(end.monotonic_ns, clock_monotonic_ns() + 4000 * NS_PER_MS);
}

/* Else one batch that lapsed would keep the whole block out for ever. */
Test(fence, a_batch_that_was_removed_does_not_count)
{
    (void)ask("CREATE TABLE default.t (A UInt8) ENGINE = MergeTree ORDER BY A");
    struct fence_end end = fence_of_two(-1, 30000, true);
    cr_assert_eq(insert(&end), SINK_DONE, "%s", buffer_text(&error));
    cr_assert_eq(ask("SELECT count() FROM default.t"), 1);
}

/* Three rows as long as a fence of whole seconds is open, which ends so many of them from now. */
static enum sink_outcome select_within(long left_s)
{
    const struct fence_end end = {.kind = FENCE_BEGIN,
        .server_ms = (uint64_t)(ask("SELECT toUnixTimestamp(now())") + left_s) * 1000};
    struct buffer sql = {0};
    struct buffer answer = {0};
    buffer_text_append(&sql, "SELECT count() FROM numbers(3)");
    fence_append(&sql, &end);
    enum sink_outcome outcome =
        backend->class->query(backend, buffer_text(&sql), "TabSeparated", &answer, &error);
    cr_assert_str_eq(buffer_text(&answer), outcome == SINK_DONE ? "3\n" : "");
    buffer_clear(&answer);
    buffer_clear(&sql);
    return outcome;
}

Test(fence, of_whole_seconds_fails_in_our_words_when_it_is_closed)
{
    cr_assert_eq(select_within(30), SINK_DONE, "%s", buffer_text(&error));
    cr_assert_not(fence_has_refused(buffer_text(&error)));
    cr_assert_neq(select_within(0), SINK_DONE);
    cr_assert(fence_has_refused(buffer_text(&error)), "%s", buffer_text(&error));
}
#endif
