/*
 * criterion.h -- the part of Criterion that our unit tests use, for ThreadSanitizer builds.
 *
 * Criterion starts each test in a process that inherits memory at fixed addresses, which
 * ThreadSanitizer has taken. Here a test is a plain fork of a program without threads. Same
 * macros, same TAP lines; a failed assertion ends its test.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct test_options {
    void (*init)(void);
    void (*fini)(void);
    int signal;       /* that must end the test; 0: none */
    int exit_code;    /* that the test must end with */
    unsigned timeout; /* seconds; 0: as the suite */
    bool disabled;
    const char *description;
};

struct test_case {
    const char *suite;
    const char *name; /* NULL: options of the whole suite */
    void (*run)(void);
    struct test_options options;
    struct test_case *next;
};

/* Called before main; the case is borrowed. */
void test_register(struct test_case *test);
_Noreturn void test_fail(const char *file, int line, const char *condition, const char *message,
    ...) __attribute__((format(printf, 4, 5)));

#define TEST_REGISTER(id, suite_name, case_name, function, ...)                                    \
    static struct test_case id##_case = {                                                          \
        .suite = suite_name, .name = case_name, .run = function, .options = {__VA_ARGS__}};        \
    __attribute__((constructor)) static void id##_register(void)                                   \
    {                                                                                              \
        test_register(&id##_case);                                                                 \
    }

#define Test(suite, name, ...)                                                                     \
    static void suite##_##name##_run(void);                                                        \
    TEST_REGISTER(suite##_##name, #suite, #name, suite##_##name##_run, __VA_ARGS__)                \
    static void suite##_##name##_run(void)

#define TestSuite(suite, ...)                                                                      \
    TEST_REGISTER(suite##_suite, #suite, NULL, NULL, __VA_ARGS__)                                  \
    struct test_case

#define TEST_ASSERT(condition, text, ...)                                                          \
    ((condition) ? (void)0 : test_fail(__FILE__, __LINE__, text, "" __VA_ARGS__))

#define cr_assert(condition, ...)     TEST_ASSERT(condition, #condition, __VA_ARGS__)
#define cr_assert_not(condition, ...) TEST_ASSERT(!(condition), "not " #condition, __VA_ARGS__)
#define cr_assert_null(value, ...)    TEST_ASSERT((value) == NULL, #value " is NULL", __VA_ARGS__)
#define cr_assert_not_null(value, ...)                                                             \
    TEST_ASSERT((value) != NULL, #value " is not NULL", __VA_ARGS__)
#define cr_assert_eq(a, b, ...)  TEST_ASSERT((a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...) TEST_ASSERT((a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...)  TEST_ASSERT((a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...) TEST_ASSERT((a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...)  TEST_ASSERT((a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...) TEST_ASSERT((a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...)                                                                \
    TEST_ASSERT(strcmp((a), (b)) == 0, #a " is the text " #b, __VA_ARGS__)
#define cr_assert_str_neq(a, b, ...)                                                               \
    TEST_ASSERT(strcmp((a), (b)) != 0, #a " is not the text " #b, __VA_ARGS__)
#define cr_assert_arr_eq(a, b, size, ...)                                                          \
    TEST_ASSERT(memcmp((a), (b), (size)) == 0, #a " holds " #b, __VA_ARGS__)

/* Criterion goes on after a failed expectation; here it ends the test like an assertion. */
#define cr_expect          cr_assert
#define cr_expect_not      cr_assert_not
#define cr_expect_null     cr_assert_null
#define cr_expect_not_null cr_assert_not_null
#define cr_expect_eq       cr_assert_eq
#define cr_expect_neq      cr_assert_neq
#define cr_expect_lt       cr_assert_lt
#define cr_expect_leq      cr_assert_leq
#define cr_expect_gt       cr_assert_gt
#define cr_expect_geq      cr_assert_geq
#define cr_expect_str_eq   cr_assert_str_eq
#define cr_expect_str_neq  cr_assert_str_neq
#define cr_expect_arr_eq   cr_assert_arr_eq
