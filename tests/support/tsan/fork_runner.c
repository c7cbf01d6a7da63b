/* SPDX-License-Identifier: BSD-3-Clause -- runs each registered test in a fork, prints TAP. */
#include "criterion/criterion.h"
#include "criterion/redirect.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TIMEOUT_S = 120,
    REDIRECTED_MAX = 65536
};

static struct test_case *first;
static struct test_case **last = &first;
static FILE *redirections[3];

void test_register(struct test_case *test)
{
    *last = test;
    last = &test->next;
}

void test_fail(const char *file, int line, const char *condition, const char *message, ...)
{
    (void)fprintf(stderr, "%s:%d: expected %s ", file, line, condition);
    va_list arguments;
    va_start(arguments, message);
    (void)vfprintf(stderr, message, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
    exit(1);
}

static void redirect(int descriptor, FILE *stream)
{
    redirections[descriptor] = tmpfile();
    (void)fflush(stream);
    if (redirections[descriptor] == NULL ||
        dup2(fileno(redirections[descriptor]), descriptor) < 0) {
        abort();
    }
}

void cr_redirect_stdout(void)
{
    redirect(STDOUT_FILENO, stdout);
}

void cr_redirect_stderr(void)
{
    redirect(STDERR_FILENO, stderr);
}

const char *test_redirected(int descriptor)
{
    static char text[REDIRECTED_MAX];
    (void)fflush(NULL);
    ssize_t size = pread(fileno(redirections[descriptor]), text, sizeof text - 1, 0);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

static struct test_options suite_options(const struct test_case *test)
{
    for (const struct test_case *suite = first; suite != NULL; suite = suite->next) {
        if (suite->name == NULL && strcmp(suite->suite, test->suite) == 0) {
            return suite->options;
        }
    }
    return (struct test_options){0};
}

/* A test's own options go before those of its suite. */
static struct test_options effective_options(const struct test_case *test)
{
    struct test_options options = suite_options(test);
    const struct test_options *own = &test->options;
    options.init = own->init != NULL ? own->init : options.init;
    options.fini = own->fini != NULL ? own->fini : options.fini;
    options.timeout = own->timeout != 0 ? own->timeout : options.timeout;
    options.signal = own->signal;
    options.exit_code = own->exit_code;
    options.timeout = options.timeout != 0 ? options.timeout : TIMEOUT_S;
    return options;
}

static _Noreturn void run_child(const struct test_case *test, const struct test_options *options)
{
    (void)alarm(options->timeout);
    if (options->init != NULL) {
        options->init();
    }
    test->run();
    if (options->fini != NULL) {
        options->fini();
    }
    exit(0); /* with the status of ThreadSanitizer when it has something to report */
}

static bool passes(const struct test_case *test)
{
    struct test_options options = effective_options(test);
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        run_child(test, &options);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return false;
    }
    if (options.signal != 0) {
        return WIFSIGNALED(status) && WTERMSIG(status) == options.signal;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == options.exit_code;
}

int main(void)
{
    bool is_failed = false;
    unsigned cases = 0;
    for (const struct test_case *test = first; test != NULL; test = test->next) {
        if (test->name != NULL) {
            bool is_passed = passes(test);
            is_failed = is_failed || !is_passed;
            cases++;
            (void)printf("%sok - %s::%s\n", is_passed ? "" : "not ", test->suite, test->name);
        }
    }
    (void)printf("1..%u\n", cases);
    return is_failed ? 1 : 0;
}
