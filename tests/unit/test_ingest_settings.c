/* SPDX-License-Identifier: BSD-3-Clause -- the flags of goflow-ingest. */
#include "ingest/ingest_settings.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

static struct ingest_settings settings;
static struct options *options;

static enum err read_flags(const char *first, const char *second)
{
    static char words[3][256];
    static char *argv[3];
    const char *const texts[3] = {"goflow-ingest", first, second};
    int argc = 0;
    for (int i = 0; i < 3 && texts[i] != NULL; i++) {
        (void)snprintf(words[i], sizeof words[i], "%s", texts[i]);
        argv[argc++] = words[i];
    }
    struct option_request request = {.program = &INGEST_PROGRAM,
        .argc = argc,
        .argv = argv,
        .validate = ingest_settings_validate};
    enum option_action action;
    return options_read(&options, &settings, &action, &request);
}

static void check_refused(const char *flag)
{
    cr_redirect_stderr();
    cr_assert_neq(read_flags(flag, NULL), ERR_OK, "%s", flag);
}

Test(ingest_settings, refuses_an_address_that_is_none)
{
    check_refused("-nf.addr=localhost");
}

Test(ingest_settings, refuses_a_port_out_of_range)
{
    check_refused("-nf.port=65536");
}

Test(ingest_settings, refuses_no_workers)
{
    check_refused("-workers=0");
}

Test(ingest_settings, refuses_a_transport_it_does_not_know)
{
    check_refused("-transport=kafka");
}

Test(ingest_settings, refuses_an_endpoint_that_is_none)
{
    check_refused("-zmq.bind=localhost:5557");
}

Test(ingest_settings, refuses_a_log_level_it_does_not_know)
{
    check_refused("-loglevel=loud");
}

Test(ingest_settings, refuses_a_path_without_a_slash)
{
    check_refused("-metrics.path=metrics");
}

Test(ingest_settings, has_the_ports_of_the_original)
{
    cr_assert_eq(read_flags(NULL, NULL), ERR_OK);
    cr_assert_eq(settings.nf.port, 2055);
    cr_assert_eq(settings.nfl.port, 2056);
    cr_assert_eq(settings.sflow.port, 6343);
    cr_assert(settings.nf.is_on && settings.nfl.is_on && settings.sflow.is_on);
    cr_assert_eq(settings.workers, 1);
    cr_assert_str_eq(settings.log_level, "warning");
    cr_assert_str_eq(settings.metrics_path, "/metrics");
    cr_assert_str_eq(settings.templates_path, "/templates");
    options_destroy(&options);
}

Test(ingest_settings, endpoints_of_other_hosts_need_keys)
{
    cr_assert_eq(read_flags("-zmq.bind=tcp://0.0.0.0:5557", NULL), ERR_INVALID);
    cr_assert_eq(read_flags("-zmq.connect=tcp://127.0.0.1.example:5557", NULL), ERR_INVALID);
    cr_assert_eq(read_flags("-zmq.connect=tcp://127.0.0.1:1;192.0.2.1:5557", NULL), ERR_INVALID);
    cr_assert_eq(read_flags("-tap.bind=tcp://*:5559", NULL), ERR_INVALID);
    cr_assert_eq(read_flags("-tap.bind=tcp://*:5559", "-transport=none"), ERR_OK);
    options_destroy(&options);
    cr_assert_eq(read_flags("-zmq.bind=tcp://0.0.0.0:5557", "-zmq.keys=/folder"), ERR_OK);
    options_destroy(&options);
}

Test(ingest_settings, binds_the_default_endpoint_only_when_none_is_given)
{
    cr_assert_eq(read_flags(NULL, NULL), ERR_OK);
    ingest_settings_complete(&settings);
    cr_assert_eq(settings.link.bind.count, 1);
    cr_assert_str_eq(settings.link.bind.values[0], "tcp://127.0.0.1:5557");
    options_destroy(&options);
    memset(&settings, 0, sizeof settings);
    cr_assert_eq(read_flags("-zmq.connect=tcp://192.0.2.1:5557#one", "-zmq.insecure"), ERR_OK);
    ingest_settings_complete(&settings);
    cr_assert_eq(settings.link.bind.count, 0);
    cr_assert_eq(settings.link.connect.count, 1);
    options_destroy(&options);
}
