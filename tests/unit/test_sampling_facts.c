/* SPDX-License-Identifier: BSD-3-Clause -- the rate in what one record says of sampling. */
#include "ingest/decode/sampling_facts.h"

#include <criterion/criterion.h>
#include <inttypes.h>

static uint64_t rate_of(uint32_t known, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    struct sampling_facts facts = {.known = known, .values = {a, b, c, d, e}};
    return sampling_facts_rate(&facts);
}

Test(sampling_facts, give_a_rate_or_none)
{
    cr_assert_eq(rate_of(0, 0, 0, 0, 0, 0), 0);
    cr_assert_eq(rate_of(0x01, 100, 0, 0, 0, 0), 100);
    cr_assert_eq(rate_of(0x06, 0, 1, 999, 0, 0), 1000);
    cr_assert_eq(rate_of(0x06, 0, 10, 990, 0, 0), 100);
    cr_assert_eq(rate_of(0x06, 0, 5, 0, 0, 0), 1, "every packet");
    cr_assert_eq(rate_of(0x02, 0, 512, 0, 0, 0), 512, "an interval alone is the rate");
    cr_assert_eq(rate_of(0x18, 0, 0, 0, 2, 256), 128);
    cr_assert_eq(rate_of(0x18, 0, 0, 0, 0, 256), 0, "no division by zero");
}

static uint64_t rate_by(uint64_t algorithm)
{
    struct sampling_facts facts = {.known = 0};
    sampling_facts_set(&facts, SAMPLING_RATE, 2);
    sampling_facts_set(&facts, SAMPLING_PACKET_INTERVAL, 1);
    sampling_facts_set(&facts, SAMPLING_PACKET_SPACE, 99);
    sampling_facts_set(&facts, SAMPLING_TIME_INTERVAL, 10);
    sampling_facts_set(&facts, SAMPLING_TIME_SPACE, 490);
    sampling_facts_set(&facts, SAMPLING_SIZE, 1);
    sampling_facts_set(&facts, SAMPLING_POPULATION, 256);
    sampling_facts_set(&facts, SAMPLING_PROBABILITY, UINT64_C(0x3f50624dd2f1a9fc));
    sampling_facts_set(&facts, SAMPLING_ALGORITHM, algorithm);
    return sampling_facts_rate(&facts);
}

Test(sampling_facts, the_algorithm_decides_which_parameters_count)
{
    cr_assert_eq(rate_by(1), 100);
    cr_assert_eq(rate_by(2), 50);
    cr_assert_eq(rate_by(3), 256);
    cr_assert_eq(rate_by(4), 1000);
    cr_assert_eq(rate_by(5), 2, "an algorithm without parameters leaves the older elements");
}

Test(sampling_facts, parameters_count_without_their_algorithm)
{
    struct sampling_facts facts = {.known = 0};
    sampling_facts_set(&facts, SAMPLING_ALGORITHM, 3);
    cr_assert_not(sampling_facts_have_rate(&facts));
    sampling_facts_set(&facts, SAMPLING_PACKET_INTERVAL, 64);
    cr_assert(sampling_facts_have_rate(&facts));
    cr_assert_eq(sampling_facts_rate(&facts), 64);
}

static uint64_t rate_of_probability(uint64_t bits)
{
    struct sampling_facts facts = {.known = 0};
    sampling_facts_set(&facts, SAMPLING_PROBABILITY, bits);
    return sampling_facts_rate(&facts);
}

Test(sampling_facts, probability_is_a_rate_in_either_precision)
{
    cr_assert_eq(rate_of_probability(UINT64_C(0x3f50624dd2f1a9fc)), 1000, "0.001 in 64 bits");
    cr_assert_eq(rate_of_probability(UINT64_C(0x3a83126f)), 1000, "0.001 in 32 bits");
    cr_assert_eq(rate_of_probability(UINT64_C(0x3ff0000000000000)), 1, "every packet");
    cr_assert_eq(rate_of_probability(UINT64_C(0x3f800000)), 1, "every packet");
}

Test(sampling_facts, what_is_no_probability_gives_no_rate)
{
    static const uint64_t BITS[] = {0, 1, UINT64_C(0x4000000000000000) /* 2 */,
        UINT64_C(0xbf50624dd2f1a9fc) /* below 0 */, UINT64_C(0x7ff8000000000000) /* no number */,
        UINT64_C(0x7ff0000000000000) /* endless */, UINT64_C(0x0010000000000000) /* tiny */,
        UINT64_C(0x40000000), UINT64_C(0x7fc00000), UINT64_MAX};
    for (size_t i = 0; i < sizeof BITS / sizeof BITS[0]; i++) {
        cr_assert_eq(rate_of_probability(BITS[i]), 0, "%#" PRIx64, BITS[i]);
    }
}
