/* SPDX-License-Identifier: BSD-3-Clause -- which tables are behind a Distributed one. */
#include "store/sink/distributed.h"

#include <criterion/criterion.h>
#include <string.h>

static struct distributed distributed;
static const char *counts; /* shards and replicas of the cluster */
static struct buffer asked;
static struct buffer error;

static void finish(void)
{
    distributed_clear(&distributed);
    buffer_clear(&asked);
    buffer_clear(&error);
}

TestSuite(distributed, .fini = finish);

static enum sink_outcome query(struct sink_backend *backend, const char *sql, const char *format,
    struct buffer *result, struct buffer *why)
{
    (void)backend;
    (void)format;
    buffer_text_append(&asked, sql);
    buffer_text_append(counts != NULL ? result : why, counts != NULL ? counts : "no answer");
    return counts != NULL ? SINK_DONE : SINK_RETRY;
}

static enum sink_outcome read_engine(const char *created)
{
    static const struct sink_backend_class CLASS = {.query = query};
    struct sink_backend backend = {.class = &CLASS};
    return distributed_read(&distributed, created, &backend, &error);
}

static const char OLD[] = "CREATE TABLE default.netflow ( A UInt8) ENGINE = "
                          "Distributed(flows, default, local, rand())";
static const char NEW[] = "CREATE TABLE default.netflow\n(\n    `A` UInt8\n)\nENGINE = "
                          "Distributed('fl ows', 'my db', 'lo,cal', rand())\n";

Test(distributed, names_are_read_as_old_and_new_servers_write_them)
{
    cr_assert(distributed_parse(&distributed, OLD));
    cr_assert_str_eq(distributed.name.bytes, "`default`.`local`");
    cr_assert(distributed_parse(&distributed, NEW));
    cr_assert_str_eq(distributed.database.bytes, "my db");
    cr_assert_str_eq(distributed.title.bytes, "lo,cal");
    cr_assert_str_eq(distributed.name.bytes, "`my db`.`lo,cal`");
    cr_assert(distributed_parse(&distributed, "ENGINE = Distributed(a, b, c)"));
    cr_assert_str_eq(distributed.name.bytes, "`b`.`c`");
}

Test(distributed, other_engines_and_cut_texts_are_told_apart)
{
    cr_assert_not(distributed_parse(&distributed, ""));
    cr_assert_not(distributed_parse(&distributed, "ENGINE = MergeTree ORDER BY tuple()"));
    cr_assert_not(distributed.is_on);
    for (size_t size = sizeof "ENGINE = Distributed("; size < sizeof NEW; size++) {
        char text[sizeof NEW] = "";
        memcpy(text, NEW, size);
        (void)distributed_parse(&distributed, text);
    }
    cr_assert_not(distributed_parse(&distributed, "ENGINE = Log"));
    cr_assert_eq(read_engine("ENGINE = Log"), SINK_DONE);
    cr_assert_eq(asked.size, 0);
}

Test(distributed, only_shards_of_several_replicas_need_their_local_tables_asked)
{
    counts = "2\t4\n";
    cr_assert_eq(read_engine(NEW), SINK_DONE);
    cr_assert_not_null(strstr(buffer_text(&asked), "cluster = 'fl ows'"));
    cr_assert_eq(distributed.shards, 2);
    counts = "3\t3\n";
    cr_assert_eq(read_engine(NEW), SINK_DONE);
    cr_assert_eq(distributed.shards, 0);
    cr_assert(distributed.is_on);
}

Test(distributed, without_an_answer_the_table_is_not_ready)
{
    counts = NULL;
    cr_assert_eq(read_engine(OLD), SINK_RETRY);
}
