/* SPDX-License-Identifier: BSD-3-Clause -- settings from flags, environment and file. */
#include "common/options.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct settings {
    bool nf;
    uint64_t port;
    uint64_t window;
    uint64_t age;
    const char *address;
    const char *password;
    const char *transport;
    struct option_list bind;
};

#define MEMBER(member) .offset = offsetof(struct settings, member)

static const struct option OPTIONS[] = {
    {"nf", OPTION_BOOL, "true", MEMBER(nf), .help = "Takes NetFlow."},
    {"nf.port", OPTION_NUMBER, "2055", .max = 65535, MEMBER(port), .help = "UDP port."},
    {"nf.addr", OPTION_TEXT, NULL, MEMBER(address), .help = "Address."},
    {"window.bytes", OPTION_SIZE, "256MiB", .min = 4096, MEMBER(window), .help = "Memory."},
    {"age", OPTION_DURATION, "200ms", .min = 1, .max = 60000, MEMBER(age), .help = "Age."},
    {"password", OPTION_TEXT, NULL, MEMBER(password), .help = "Secret.", .is_secret = true},
    {"transport", OPTION_CHOICE, "zmq", .choices = "zmq|console", MEMBER(transport),
        .help = "Way."},
    {"bind", OPTION_LIST, "tcp://127.0.0.1:1", MEMBER(bind), .help = "Endpoints."},
};

static const struct option_program PROGRAM = {.name = "prog",
    .summary = "a test",
    .options = OPTIONS,
    .option_count = sizeof OPTIONS / sizeof OPTIONS[0]};

static enum option_action action;
static struct option_list *words_wanted;

/* Reads the words of `line`, which are cut at blanks. */
static enum err read_flags(struct options **options_p, struct settings *settings, const char *line)
{
    static char text[1024];
    static char *argv[32];
    (void)snprintf(text, sizeof text, "prog %s", line);
    int argc = 0;
    char *rest = NULL;
    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        argv[argc++] = word;
    }
    struct option_request request = {
        .program = &PROGRAM, .argc = argc, .argv = argv, .words = words_wanted};
    return options_read(options_p, settings, &action, &request);
}

static void check_refused(const char *line, const char *message)
{
    cr_redirect_stderr();
    struct settings settings;
    struct options *options = NULL;
    cr_assert_eq(read_flags(&options, &settings, line), ERR_INVALID, "%s", line);
    cr_assert_null(options);
    (void)fflush(stderr);
    cr_assert_stderr_eq_str(message);
}

static char *write_file(const char *content)
{
    static char path[] = "/tmp/goflow_options_XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    (void)close(fd);
    return path;
}

static void check_file_refused(const char *content, const char *reason)
{
    char *path = write_file(content);
    char line[128];
    char message[256];
    (void)snprintf(line, sizeof line, "-config=%s", path);
    (void)snprintf(message, sizeof message, "prog: %s:%s", path, reason);
    check_refused(line, message);
    (void)unlink(path);
}

Test(options, refuses_an_unknown_flag_and_says_which_was_meant)
{
    check_refused(
        "-nf.prt=1", "prog: command line: -nf.prt: no such setting; did you mean nf.port?\n");
}

Test(options, refuses_an_unknown_flag_unlike_any_other)
{
    check_refused("--zebra", "prog: command line: -zebra: no such setting; prog -h lists all\n");
}

Test(options, refuses_a_port_out_of_range)
{
    check_refused("-nf.port 65536",
        "prog: command line: -nf.port: '65536' is refused: must be a number from 0 to 65535\n");
}

Test(options, refuses_trailing_characters)
{
    check_refused("-nf.port=2055x",
        "prog: command line: -nf.port: '2055x' is refused: must be a number from 0 to 65535\n");
}

Test(options, refuses_a_number_beyond_64_bits)
{
    check_refused("-window.bytes=18446744073709551616",
        "prog: command line: -window.bytes: '18446744073709551616' is refused: must be a size like "
        "64MiB or 1GB of at least 4KiB\n");
}

Test(options, refuses_a_duration_without_unit)
{
    check_refused("-age=5", "prog: command line: -age: '5' is refused: must be a duration like "
                            "500ms, 5s, 10m, 18h, 7d or 2w from 1ms to 1m\n");
}

Test(options, refuses_what_is_no_choice)
{
    check_refused("-transport=kafka",
        "prog: command line: -transport: 'kafka' is refused: must be zmq or console\n");
}

Test(options, refuses_a_flag_without_its_value)
{
    check_refused("-nf.port", "prog: command line: -nf.port: a value is missing\n");
}

Test(options, refuses_words)
{
    check_refused(
        "-nf false", "prog: command line: 'false' is no flag; a boolean is written -flag=false\n");
}

Test(options, refuses_a_bad_environment)
{
    (void)setenv("GOFLOW_NF_PORT", "", 1);
    check_refused("",
        "prog: environment: GOFLOW_NF_PORT: '' is refused: must be a number from 0 to "
        "65535\n");
}

Test(options, refuses_an_unknown_key_in_a_file)
{
    check_file_refused(
        "nf = true\n\nnf.pot = 1\n", "3: nf.pot: no such setting; did you mean nf.port?\n");
}

Test(options, refuses_a_file_line_without_equals_sign)
{
    check_file_refused("# fine\nnf.port 1\n", "2: not of the form key = value\n");
}

Test(options, refuses_open_quotes_in_a_file)
{
    check_file_refused("nf.addr = \"::1\n", "1: the quotes do not match\n");
}

Test(options, refuses_a_missing_file)
{
    cr_redirect_stderr();
    struct settings settings;
    struct options *options = NULL;
    cr_assert_eq(read_flags(&options, &settings, "-config=/no/such/file"), ERR_NOT_FOUND);
    (void)fflush(stderr);
    cr_assert_stderr_eq_str("prog: -config: /no/such/file: No such file or directory\n");
}

Test(options, starts_from_the_defaults)
{
    struct settings settings;
    struct options *options = NULL;
    cr_assert_eq(read_flags(&options, &settings, ""), ERR_OK);
    cr_assert_eq(action, OPTION_RUN);
    cr_assert(settings.nf);
    cr_assert_eq(settings.port, 2055);
    cr_assert_eq(settings.window, 256u << 20);
    cr_assert_eq(settings.age, 200);
    cr_assert_str_eq(settings.address, "");
    cr_assert_str_eq(settings.transport, "zmq");
    cr_assert_eq(settings.bind.count, 1);
    options_destroy(&options);
    cr_assert_null(options);
}

Test(options, takes_every_way_to_write_a_flag)
{
    struct settings settings;
    struct options *options = NULL;
    cr_assert_eq(read_flags(&options, &settings,
                     "-nf=false -nf.port 1 --nf.addr=a=b -age=1s500ms -window.bytes=8KB "
                     "-bind=a,b -bind c"),
        ERR_OK);
    cr_assert_not(settings.nf);
    cr_assert_eq(settings.port, 1);
    cr_assert_str_eq(settings.address, "a=b");
    cr_assert_eq(settings.age, 1500);
    cr_assert_eq(settings.window, 8000);
    cr_assert_eq(settings.bind.count, 3);
    cr_assert_str_eq(settings.bind.values[2], "c");
    options_destroy(&options);
}

Test(options, empties_a_list)
{
    struct settings settings;
    struct options *options = NULL;
    cr_assert_eq(read_flags(&options, &settings, "-bind="), ERR_OK);
    cr_assert_eq(settings.bind.count, 0);
    options_destroy(&options);
}

Test(options, hides_a_secret_of_the_command_line_from_ps)
{
    char password[] = "hunter2";
    char joined[] = "-password=hunter2";
    char name[] = "prog";
    char flag[] = "-password";
    char *argv[] = {name, joined, flag, password};
    struct settings settings;
    struct options *options = NULL;
    struct option_request request = {.program = &PROGRAM, .argc = 4, .argv = argv};
    cr_assert_eq(options_read(&options, &settings, &action, &request), ERR_OK);
    cr_assert_str_eq(settings.password, "hunter2");
    cr_assert_eq(strlen(password), 0);
    cr_assert_str_eq(joined, "-password=");
    options_destroy(&options);
}

Test(options, lets_flags_win_over_environment_over_file)
{
    char *path = write_file("nf.port = 1\nage = 3s # half\nnf.addr = \"x # \\\"y\"\nnf=0\n");
    char line[128];
    (void)snprintf(line, sizeof line, "-nf.port=9 -config=%s", path);
    (void)setenv("GOFLOW_NF_PORT", "5", 1);
    (void)setenv("GOFLOW_AGE", "4s", 1);
    (void)setenv("GOFLOW_OF_ANOTHER_PROGRAM", "1", 1);
    struct settings settings;
    struct options *options = NULL;
    cr_assert_eq(read_flags(&options, &settings, line), ERR_OK);
    cr_assert_eq(settings.port, 9);
    cr_assert_eq(settings.age, 4000);
    cr_assert_str_eq(settings.address, "x # \"y");
    cr_assert_not(settings.nf);
    options_destroy(&options);
    (void)unlink(path);
}

Test(options, gathers_words_where_they_are_wanted)
{
    struct option_list words = {0};
    words_wanted = &words;
    struct settings settings;
    struct options *options = NULL;
    cr_assert_eq(read_flags(&options, &settings, "a.pcap -nf.port=7 - -- -nf.port=8"), ERR_OK);
    cr_assert_eq(settings.port, 7);
    cr_assert_eq(words.count, 3);
    cr_assert_str_eq(words.values[0], "a.pcap");
    cr_assert_str_eq(words.values[1], "-");
    cr_assert_str_eq(words.values[2], "-nf.port=8");
    options_destroy(&options);
}

static const char PRINTED[] = "# prog 0.1.0: the settings in force\n"
                              "nf = true\n"
                              "nf.port = 2055\n"
                              "nf.addr = \"#1\"\n"
                              "window.bytes = 256MiB\n"
                              "age = 59s\n"
                              "# password is not shown\n"
                              "transport = zmq\n"
                              "bind = a,b\n";

Test(options, prints_the_settings_in_force)
{
    cr_redirect_stdout();
    struct settings settings;
    struct options *options = NULL;
    cr_assert_eq(
        read_flags(&options, &settings, "-print -bind=a,b -nf.addr=#1 -age=59s -password=hunter2"),
        ERR_OK);
    cr_assert_eq(action, OPTION_EXIT);
    options_destroy(&options);
    (void)fflush(stdout);
    cr_assert_stdout_eq_str(PRINTED);
}

Test(options, reads_printed_settings_back)
{
    char *path = write_file(PRINTED);
    char line[128];
    (void)snprintf(line, sizeof line, "-config %s", path);
    struct settings settings;
    struct options *options = NULL;
    cr_assert_eq(read_flags(&options, &settings, line), ERR_OK);
    cr_assert_str_eq(settings.address, "#1");
    cr_assert_eq(settings.age, 59000);
    cr_assert_eq(settings.bind.count, 2);
    cr_assert_str_eq(settings.bind.values[1], "b");
    options_destroy(&options);
    (void)unlink(path);
}

Test(options, says_ok_to_a_check)
{
    cr_redirect_stdout();
    struct settings settings;
    struct options *options = NULL;
    cr_assert_eq(read_flags(&options, &settings, "-check"), ERR_OK);
    cr_assert_eq(action, OPTION_EXIT);
    options_destroy(&options);
    (void)fflush(stdout);
    cr_assert_stdout_eq_str("ok\n");
}

Test(options, says_its_version)
{
    cr_redirect_stdout();
    struct settings settings;
    struct options *options = NULL;
    cr_assert_eq(read_flags(&options, &settings, "-v -unknown"), ERR_OK);
    cr_assert_eq(action, OPTION_EXIT);
    options_destroy(&options);
    (void)fflush(stdout);
    cr_assert_stdout_eq_str("prog 0.1.0\n");
}

Test(options, groups_its_help_by_prefix)
{
    FILE *file = tmpfile();
    options_help(&PROGRAM, file);
    char text[4096] = "";
    rewind(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[size] = '\0';
    cr_assert_not_null(strstr(text, "\nnf\n  -nf (default true)\n        Takes NetFlow.\n"
                                    "  -nf.port NUMBER (default 2055)\n        UDP port.\n"
                                    "  -nf.addr TEXT\n"));
    cr_assert_not_null(strstr(text, "\ngeneral\n  -window.bytes SIZE (default 256MiB)\n"));
    cr_assert_not_null(strstr(text, "  -transport zmq|console (default zmq)\n"));
}
